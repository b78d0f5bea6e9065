"""Files and datasets that are no longer there, or that the settings leave out: gone, ignored, and back."""

from __future__ import annotations

import msgspec
import pytest
from werkzeug import Response

from procurement_assets.sources.errors import SourceUnavailable
from procurement_assets_tests.sources.conftest import (
    LATER,
    LISTING,
    Refresher,
    file_path,
    resource,
    served,
    sha256,
)

V1 = b'{"marches": [{"id": "1"}]}'
V2 = b'{"marches": [{"id": "1"}, {"id": "2"}]}'
HTML = Response("<html><body>Internal server error</body></html>", 200, {"Content-Type": "text/html"})


# Gone and ignored


def test_a_file_no_longer_listed_is_gone_and_its_bytes_stay(refresh: Refresher) -> None:
    refresh.host.listing([resource("a.json"), resource("b.json")])
    refresh.host.script(file_path("a.json"), served(V1))
    refresh.host.script(file_path("b.json"), served(V2))
    refresh()
    refresh.host.listing([resource("a.json")])
    for _ in range(2):
        a, b = refresh(LATER)
        assert (a.status, b.status, b.reason) == (
            "unchanged",
            "gone",
            "le fichier n'est plus dans la liste de la source",
        )
        assert refresh.bytes_of(b) == V2


def test_a_file_that_comes_back_is_no_longer_gone(refresh: Refresher) -> None:
    both = [resource("a.json", V1), resource("b.json", V2)]
    refresh.host.script(file_path("a.json"), served(V1))
    refresh.host.script(file_path("b.json"), served(V2))
    for listed in (both, both[:1], both):
        refresh.host.listing(listed)
        refresh()
    assert [(r.status, r.reason) for r in refresh.rows] == [("unchanged", ""), ("unchanged", "")]


def test_a_file_never_held_that_disappears_leaves_no_row(refresh: Refresher) -> None:
    refresh.host.listing([resource("a.json"), resource("b.json")])
    refresh.host.script(file_path("a.json"), served(V1))
    refresh()
    refresh.host.listing([resource("a.json")])
    assert [r.title for r in refresh(LATER)] == ["a.json"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_dataset_that_is_unpublished_is_gone_and_its_bytes_stay(refresh: Refresher, status: int) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.host.script(LISTING, Response("", status))
    row = refresh.one(LATER)
    assert (row.status, refresh.bytes_of(row)) == ("gone", V1)
    assert row.reason == f"la source n'est plus publiée : l'adresse répond {status} : le fichier n'y est plus"


def test_a_dataset_that_never_was_is_an_error(refresh: Refresher) -> None:
    refresh.host.script(LISTING, Response("", 404))
    with pytest.raises(SourceUnavailable, match=r"l'adresse répond 404.*Vérifier l'adresse dans publishers\.toml"):
        refresh()


def test_what_the_settings_leave_out_is_ignored_with_the_reason_and_never_asked(refresh: Refresher) -> None:
    refresh.host.listing([resource("doc.pdf", format="pdf")])
    row = refresh.one()
    assert (row.status, row.sha256, row.reason) == ("ignored", "", "format « pdf » : seuls JSON et XML sont lus")
    assert refresh.host.paths() == [LISTING]


def test_a_file_that_the_settings_no_longer_ask_for_is_ignored(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.source = msgspec.structs.replace(refresh.source, titles=("b.json",))
    assert refresh.one(LATER).status == "ignored"


def test_a_file_neither_listed_nor_asked_for_leaves_no_row(refresh: Refresher) -> None:
    refresh.serve("a.json", V1)
    refresh()
    refresh.source = msgspec.structs.replace(refresh.source, titles=("b.json",))
    refresh.serve("b.json", V2)
    assert [(r.title, r.status) for r in refresh(LATER)] == [("b.json", "kept")]


def test_a_file_renamed_or_retyped_by_the_platform_does_not_lose_its_bytes(refresh: Refresher) -> None:
    refresh.source = msgspec.structs.replace(refresh.source, titles=("a.json",))
    refresh.serve("a.json", V1)
    refresh()
    refresh.host.listing([{**resource("a.json"), "title": "Données 2024"}])
    row = refresh.one(LATER)
    assert (row.status, row.title, row.sha256) == ("gone", "a.json", sha256(V1))
    refresh.host.listing([resource("a.json", type="documentation")])
    assert refresh.one(LATER).status == "gone"
