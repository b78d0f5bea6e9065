"""What a publisher says of its files on portals: read from the TOML file, refused with one line where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from procurement_assets.ocds.extension import build
from procurement_assets.publisher_portal import Portal, portal_faults
from procurement_assets.publishers import PublishersError, load_publishers
from procurement_assets.settings import PACKAGE

FILES = (PACKAGE / "publishers.toml", PACKAGE / "sample" / "publishers.toml")


def portal(**changes: object) -> Portal:
    known: dict[str, object] = {"files_url": "https://example.org/f/", "title": "Titre", "description": "Texte"}
    return Portal(**(known | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_paris_says_where_its_files_are_and_under_which_licence(path: Path) -> None:
    publisher = load_publishers(path).publishers["paris"]
    about = publisher.about
    assert about.files_url.endswith("/commande-publique/")
    assert about.license_url == publisher.license
    assert about.opendatasoft is not None
    assert about.opendatasoft.dataset_id == "decp-paris"
    assert about.datagouv is not None
    assert about.datagouv.license == "lov2"


def test_the_demo_never_names_a_real_portal() -> None:
    about = load_publishers(FILES[1]).publishers["paris"].about
    assert about.opendatasoft is not None
    assert about.datagouv is not None
    for address in (about.files_url, about.datagouv.api_url, f"https://{about.opendatasoft.domain}/"):
        assert address.startswith("https://demo.example.org/")


def test_a_publisher_without_a_portal_has_metadata_from_its_name_and_address() -> None:
    about = load_publishers(FILES[0]).publishers["national-2019"].about
    assert about.files_url == "https://www.data.gouv.fr/"
    assert "Plateformes nationales, 2019" in about.title
    assert portal_faults(about) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files_url": "https://example.org/f"}, "terminée par /"),
        ({"files_url": "/f/"}, "adresse http(s)"),
        ({"title": " "}, "title est vide"),
        ({"contact_email": "nobody"}, "contact_email 'nobody'"),
        ({"frequency": "SOMETIMES"}, "frequency 'SOMETIMES'"),
        ({"theme": ("XXXX",)}, "theme 'XXXX'"),
        ({"spatial": ("Paris",)}, "spatial 'Paris'"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_expected(changes: dict[str, object], said: str) -> None:
    faults = portal_faults(portal(**changes))
    assert len(faults) == 1
    assert said in faults[0]


def test_a_wrong_portal_stops_the_load_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "publishers.toml"
    path.write_text(FILES[0].read_text().replace('frequency = "DAILY"', 'frequency = "OFTEN"'))
    with pytest.raises(PublishersError, match="publieur 'paris' : portal : frequency 'OFTEN'") as caught:
        load_publishers(path)
    assert "\n" not in str(caught.value)


def test_two_publishers_do_not_publish_in_one_place(tmp_path: Path) -> None:
    text = FILES[0].read_text()
    start, end = text.index("[publisher.portal]"), text.index("[publisher.portal.datagouv]")
    other = text.index("[[publisher]]", end)
    path = tmp_path / "publishers.toml"
    path.write_text(text + "\n" + text[start : min(end, other)])
    with pytest.raises(PublishersError, match=r"publié deux fois au même endroit : files_url .* : paris, ") as caught:
        load_publishers(path)
    for place in ("jeu decp-paris de opendata.paris.fr", "jeu decp-paris-concessions de opendata.paris.fr"):
        assert place in str(caught.value)


def test_one_dataset_for_marches_and_concessions_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "publishers.toml"
    path.write_text(FILES[0].read_text().replace('"decp-paris-concessions"', '"decp-paris"'))
    with pytest.raises(PublishersError, match=r"jeu decp-paris de opendata\.paris\.fr : paris, paris"):
        load_publishers(path)


def test_a_key_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "publishers.toml"
    path.write_text(FILES[0].read_text().replace('domain = "opendata', 'apikey = "x"\ndomain = "opendata'))
    with pytest.raises(PublishersError, match="apikey"):
        load_publishers(path)


def test_the_ocds_files_name_the_address_that_the_catalogue_gives() -> None:
    """The extension and the packages are served where the other files are."""
    publisher = load_publishers(FILES[0]).publishers["paris"]
    assert build.url(publisher).startswith(f"{publisher.about.files_url}ocds/extensions/ocds_fr_decp/")
