"""Data Docs: what a page says, that it asks nothing of other hosts, and that the address a check gives opens it."""

from __future__ import annotations

import dataclasses
import http.client
import itertools
import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import html

from procurement_assets.docs_server import docs_port, docs_server
from procurement_assets.lake import Lake
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.datadocs import docs_folder, docs_url, write_data_docs
from procurement_assets.quality.datadocs_page import french_page
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE, frame, row


def _results(*amounts: float) -> list[RuleResult]:
    rows = [row("contracts", f"c{n}", n, {"montant": v, "objet": "<b>é</b>"}) for n, v in enumerate(amounts)]
    contracts = run_rules(
        TABLES["contracts"], frame("contracts", rows), load_catalogue().of("contracts"), data_date=DATA_DATE
    )
    acts = run_rules(
        TABLES["subcontracts"], frame("subcontracts", []), load_catalogue().of("subcontracts"), data_date=DATA_DATE
    )
    return [*contracts, *acts]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("docs"))
    counts = write_data_docs(made, "paris", _results(10.0, 10.0, 5e9), DATA_DATE)
    assert counts["contracts"] >= 2
    assert counts["subcontracts"] == 0
    return made


def _pages(lake: Lake) -> dict[str, bytes]:
    root = Path(str(docs_folder(lake)))
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_page_says_each_rule_what_it_expects_and_the_failing_values(lake: Lake) -> None:
    pages = _pages(lake)
    (name,) = [n for n in pages if n.startswith("paris/validations/contracts/")]
    text = pages[name].decode()
    assert "DECP-M-403. Le montant n&#39;est pas la valeur factice de 10 euros" in text or "DECP-M-403" in text
    for rule in load_catalogue().of("contracts"):
        assert rule.id in text, rule.id
    assert "au plus 3\u202f000\u202f000\u202f000" in text
    assert "5000000000" in text
    assert "{" + "montant" not in text


ENGLISH = re.compile(
    r"\b(the|of|values?|found|total|rows?|unexpected|expectations?|status|show|table of contents|home|overview|count|"
    r"evaluated|success\w*|failed|run|info|not|null|data asset|suite|observed|sampled|exception|column)\b",
    re.IGNORECASE,
)
FRENCH_TOO = ("Great Expectations", "data_quality", "Data Docs", "contract_versions", "info")


def _texts(page: bytes) -> list[str]:
    """The texts of a page, values of the data apart."""
    root = html.document_fromstring(page.decode())
    for element in root.xpath('//style | //td[contains(@id, "-content-2-cell-")]'):
        element.drop_tree()
    return [" ".join(t.split()) for t in root.itertext() if t.strip()]


def test_every_page_is_in_french(lake: Lake) -> None:
    """The rules' own texts are French and checked elsewhere; what the library says is what is looked for here."""
    for name, page in _pages(lake).items():
        for text in _texts(page):
            if text.startswith("DECP-"):
                continue
            for word in FRENCH_TOO:
                text = text.replace(word, "")
            assert not ENGLISH.search(text), (name, text)
        root = html.document_fromstring(page.decode())
        assert root.get("lang") == "fr"
        assert len(root.xpath("//title")) == 1
        assert root.xpath("//title")[0].text_content().strip()
        assert len(root.xpath("//h1")) == 1 or "http-equiv" in page.decode()


def test_a_page_says_how_to_read_it_and_names_columns_as_people_do(lake: Lake) -> None:
    (page,) = [p for n, p in _pages(lake).items() if n.startswith("paris/validations/contracts/")]
    texts = _texts(page)
    assert "Résultat des contrôles : Marchés" in texts
    assert any(t.startswith("Une ligne est une règle du catalogue") for t in texts)
    assert "Montant initial (montant)" in texts
    assert any(re.fullmatch(r"≈66,667 % en défaut", t) for t in texts)
    told = next(t for t in texts if t.startswith("DECP-M-403"))
    assert "Base légale : " in told
    assert "À faire : " in told
    suite = _texts(_pages(lake)["paris/expectations/contracts.html"])
    assert "Règles d'une table : Marchés" in suite
    assert any(t.startswith("DECP-M-403") for t in suite)


def test_a_page_can_be_read_without_seeing_it(lake: Lake) -> None:
    """No level of heading is skipped, headers say what they head, a sign has a name."""
    pages = {n: d for n, d in _pages(lake).items() if "/validations/" in n}
    for name, data in pages.items():
        root = html.document_fromstring(data.decode())
        levels = [int(h.tag[1]) for h in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1, name
        assert all(b <= a + 1 for a, b in itertools.pairwise(levels)), name
        assert root.xpath("count(//th[not(@scope)])") == 0, name
        signs = root.xpath('//td//i[contains(@class, "fa-")]/@aria-label')
        assert signs, name
        assert set(signs) <= {"respectée", "à regarder"}, name


def test_a_value_that_reads_like_a_word_of_the_library_stays_a_value() -> None:
    page = b"""<html><head></head><body><h4>Overview</h4>
      <table><tr><th>Count</th></tr><tr><td id="a-content-2-cell-1-1"><div>Count</div></td>
      <td id="a-content-2-cell-1-2"><div>12.5%</div></td></tr></table><p>12.5% unexpected</p></body></html>"""
    made = french_page(page, "Marchés", {}, "Ville").decode()
    assert ">Nombre</th>" in made
    assert "<div>Count</div>" in made
    assert "<div>12.5%</div>" in made
    assert "12,5 % en défaut" in made


def test_a_rule_that_could_not_be_run_says_so_in_french(tmp_path: Path) -> None:
    (first, *others) = _results(10.0)
    made = Lake(tmp_path)
    write_data_docs(made, "paris", [dataclasses.replace(first, error="colonne perdue"), *others], DATA_DATE)
    (page,) = [p for n, p in _pages(made).items() if n.startswith("paris/validations/contracts/")]
    texts = _texts(page)
    assert texts[texts.index("La règle n'a pas pu être exécutée :") + 1] == "colonne perdue"
    assert not any("exception" in t for t in texts if not t.startswith("DECP-"))


def test_a_page_asks_nothing_of_another_host(lake: Lake) -> None:
    for name, page in _pages(lake).items():
        text = page.decode()
        assert "http://" not in text, name
        assert "https://" not in text, name
        assert "<script" not in text, name


def test_same_results_same_bytes_and_pages_of_an_earlier_run_go(lake: Lake) -> None:
    before = _pages(lake)
    write_data_docs(lake, "paris", _results(10.0, 10.0, 5e9), DATA_DATE)
    assert _pages(lake) == before
    write_data_docs(lake, "paris", _results(20.0), date(2026, 2, 1))
    after = _pages(lake)
    assert not any("2026-01-08" in name for name in after)
    assert "2026-02-01" in after["paris/contracts.html"].decode()
    write_data_docs(lake, "paris", _results(10.0, 10.0, 5e9), DATA_DATE)
    assert _pages(lake) == before


@pytest.fixture
def server(lake: Lake) -> Iterator[int]:
    made = docs_server(lake, 0)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield int(made.server_address[1])
    made.shutdown()
    made.server_close()


def _get(port: int, path: str) -> tuple[int, bytes, dict[str, str]]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", path)
    answer = link.getresponse()
    return answer.status, answer.read(), dict(answer.getheaders())


def test_the_address_of_a_check_opens_its_page(lake: Lake, server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCUREMENT_DOCS_URL", f"http://127.0.0.1:{server}")
    url = docs_url("paris", "contracts")
    assert docs_port(url) == server
    path = url.removeprefix(f"http://127.0.0.1:{server}")
    status, body, headers = _get(server, path)
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    target = body.decode().split("url=")[1].split('"')[0]
    status, body, _ = _get(server, f"/paris/{target}")
    assert status == 200
    assert b"DECP-M-403" in body


def test_the_server_gives_pages_only(server: int, lake: Lake) -> None:
    (Path(str(lake.root)) / "secret.txt").write_text("x", encoding="utf-8")
    for path in ("/paris/validations/", "/../secret.txt", "/%2e%2e/secret.txt"):
        assert _get(server, path)[0] == 404, path
    assert _get(server, "/paris/index.html")[0] == 200


def test_the_address_of_the_server_names_the_publishers_and_no_other_folder(server: int, lake: Lake) -> None:
    (Path(str(docs_folder(lake))) / "sans_page").mkdir()
    status, body, headers = _get(server, "/")
    assert status == 200
    assert '<li><a href="paris/index.html">paris</a></li>' in body.decode()
    assert "sans_page" not in body.decode()
    assert "default-src 'none'" in headers["Content-Security-Policy"]
