"""The publication policy: every section OCP asks for, made from the configuration, safe, the same every time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from lxml import html

from procurement_assets.lake import Lake
from procurement_assets.ocds.extension.build import GAZETTEERS
from procurement_assets.ocds.mapping.identity import SCHEMES
from procurement_assets.ocds.pins import load_pins
from procurement_assets.portal.policy import NAME, french_day, render_policy, write_policy
from procurement_assets.publishers import Source, load_publishers
from procurement_assets_tests.ocds.support import PUBLISHER

REAL = load_publishers(Path(__file__).resolve().parents[2] / "procurement_assets" / "publishers.toml")
PARIS = REAL.publishers["paris"]
SECTIONS = [
    "Périmètre",
    "Un contrat, un processus",
    "Listes de codes propres",
    "Fréquence",
    "Provenance",
    "Formats et accès",
    "Différences entre formats",
    "Extensions",
    "Licence",
    "Contact",
    "Évolutions prévues",
]


def _page(**options: str) -> html.HtmlElement:
    return html.fromstring(render_policy(PARIS, REAL.sources_of("paris"), "2025-06-30T08:00:00+02:00", **options))


def test_the_page_has_the_sections_of_the_guidance_and_a_summary() -> None:
    page = _page()
    titles = [h.text_content() for h in page.xpath("//main//h2")]
    assert titles == ["Préfixe provisoire : ne pas diffuser", *SECTIONS]
    assert [a.text_content() for a in page.xpath("//nav//a")] == SECTIONS
    ids = set(page.xpath("//@id"))
    assert all(h.lstrip("#") in ids for h in page.xpath("//nav//a/@href"))
    assert page.xpath("string(//header//time/@datetime)") == "2025-06-30"


def test_what_the_configuration_says_is_in_the_page() -> None:
    text = _page(contact="donnees@example.org").text_content()
    for siren in PARIS.buyer_sirens:
        assert siren in text
    for body in PARIS.other_bodies.values():
        assert body in text
    for source in REAL.sources_of("paris"):
        assert source.name in text
    assert "10 Mo" in text
    assert "250\u202f000 contrats" in text
    assert "donnees@example.org" in text
    assert "data@open-contracting.org" in text


def test_every_code_of_our_own_and_every_extension_is_listed() -> None:
    page = _page()
    text = page.text_content()
    for code in (*GAZETTEERS, *SCHEMES.values(), "FR-DECP-SIRET", "FR-DECP-INCONNU"):
        assert code in text
    links = set(page.xpath("//section[@aria-labelledby='extensions']//a/@href"))
    assert links == {
        *load_pins().extension_urls,
        "https://opendata.paris.fr/commande-publique/ocds/extensions/ocds_fr_decp/1.0/extension.json",
    }


def test_a_registered_prefix_has_no_warning() -> None:
    registered = msgspec.structs.replace(PARIS, ocid_prefix="ocds-abc123", ocid_prefix_is_placeholder=False)
    page = html.fromstring(render_policy(registered, REAL.sources_of("paris"), "2025-06-30"))
    assert not page.xpath("//*[@class='warning']")


def test_the_page_needs_nothing_else_and_is_accessible() -> None:
    page = _page()
    assert page.get("lang") == "fr"
    assert not page.xpath("//script | //link | //img | //iframe")
    assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
    assert page.xpath("//a[@class='skip']/@href") == ["#contenu"]
    for table in page.xpath("//table"):
        assert table.xpath("caption")
        assert table.xpath("thead//th/@scope") == ["col"] * len(table.xpath("thead//th"))
        assert len(table.xpath("tbody/tr")) == len(table.xpath("tbody/tr/th[@scope='row']")) > 0
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_data_is_escaped() -> None:
    source = Source(id="x", name="<script>alert(1)</script>", kind="file", rank=1, url="https://example.org/x")
    text = render_policy(msgspec.structs.replace(PUBLISHER, name="A & B <i>"), [source], "2025-06-30")
    assert "<script>" not in text
    assert "A &amp; B &lt;i&gt;" in text


def test_it_is_written_among_the_exports_with_the_same_bytes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = write_policy(lake, PARIS, REAL.sources_of("paris"), "2025-06-30")
    assert path == lake.exports("paris") / NAME
    first = path.read_bytes()
    write_policy(lake, PARIS, list(reversed(REAL.sources_of("paris"))), "2025-06-30")
    assert path.read_bytes() == first


@pytest.mark.parametrize(("day", "text"), [("2025-06-30", "30 juin 2025"), ("2024-08-01T00:00:00Z", "1er août 2024")])
def test_french_days(day: str, text: str) -> None:
    assert french_day(day) == text
