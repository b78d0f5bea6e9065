"""What changed between two publications: the log, and the Atom feed made from it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import polars as pl
import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.exports import changes
from procurement_assets.portal.exports.feed import ATOM, LIMIT, last_publication, latest_events, write_feed
from procurement_assets.portal.exports.history import read_changes
from procurement_assets.portal.exports.spec import About
from procurement_assets.portal.exports.tables import write_table_exports
from procurement_assets_tests.portal.exports.conftest import BUYER, CONTRACTS, contract, fill


def publish(lake: Lake, contracts: list[dict[str, Any]], day: str) -> About:
    about = fill(lake, contracts, day)
    write_table_exports(lake, about)
    write_feed(lake, about)
    return about


def changes_of(lake: Lake) -> pl.DataFrame:
    """The whole log."""
    return pl.concat(read_changes(lake, "paris"))


def log(lake: Lake, day: str) -> list[tuple[Any, ...]]:
    found = changes_of(lake)
    columns = ("uid", "evenement", "numero", "champ", "ancienne_valeur", "nouvelle_valeur")
    return [
        (r["uid"].removeprefix(BUYER), *(r[c] for c in columns[1:]))
        for r in found.filter(found["date"] == date.fromisoformat(day)).to_dicts()
    ]


def test_the_first_publication_says_that_each_contract_is_new(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    events = [(uid, event, number) for uid, event, number, *_ in log(lake, "2026-01-08")]
    assert events == [(n, "nouveau", 1) for n in ("2024A1", "2024A2", "2024A3", "C1")]


def test_a_change_says_from_what_to_what(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    changed = CONTRACTS[0] | {"objet": "Fourniture de papier", "montant_actuel": 2000.0, "techniques": ["Concours"]}
    publish(lake, [changed, *CONTRACTS[1:]], "2026-01-09")
    assert log(lake, "2026-01-09") == [
        ("2024A1", "modifié", 2, "objet", "Fourniture 2024A1", "Fourniture de papier"),
        ("2024A1", "modifié", 2, "techniques", "Accord-cadre | Sans objet", "Concours"),
        ("2024A1", "modifié", 2, "montant_actuel", "1234.5", "2000.0"),
    ]


def test_where_a_contract_was_found_is_not_a_change(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    found_again = CONTRACTS[0] | {"sources": ["maximilien", "minef-consolide"]}
    publish(lake, [found_again, *CONTRACTS[1:]], "2026-01-09")
    assert log(lake, "2026-01-09") == []


def test_a_contract_that_disappears_and_comes_back_is_told_twice(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    publish(lake, CONTRACTS[1:], "2026-01-09")
    publish(lake, CONTRACTS, "2026-01-10")
    assert log(lake, "2026-01-09") == [("2024A1", "disparu", 2, None, None, None)]
    assert log(lake, "2026-01-10") == [("2024A1", "revenu", 3, None, None, None)]


def test_publishing_the_same_again_adds_nothing(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    publish(lake, CONTRACTS, "2026-01-09")
    assert len(list((Path(str(lake.root)) / "exports_history" / "paris").iterdir())) == 1
    assert log(lake, "2026-01-09") == []


def test_a_run_killed_while_it_writes_leaves_no_half_history(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: changes.Recorder) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(changes.Recorder, "end", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(lake, CONTRACTS, "2026-01-08")
    assert changes_of(lake).height == 0
    publish(lake, CONTRACTS, "2026-01-08")
    assert len(log(lake, "2026-01-08")) == 4


def test_the_order_of_batches_does_not_matter(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lake(tmp_path / "other")
    edited = [c | {"objet": f"Autre {c['id']}"} for c in CONTRACTS]
    for each in (lake, other):
        publish(each, CONTRACTS, "2026-01-08")
        publish(each, edited, "2026-01-09")
        monkeypatch.setattr(changes, "BATCH", 1)
    assert changes_of(lake).equals(changes_of(other))
    assert len(log(lake, "2026-01-09")) == 3


def test_a_new_column_is_not_a_change_of_each_contract(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "APART", frozenset({"source", "sources", "nature"}))
    publish(lake, CONTRACTS, "2026-01-08")
    monkeypatch.setattr(changes, "APART", frozenset({"source", "sources"}))
    publish(lake, CONTRACTS, "2026-01-09")
    assert log(lake, "2026-01-09") == []
    publish(lake, [CONTRACTS[0] | {"nature": "Marché de partenariat"}, *CONTRACTS[1:]], "2026-01-10")
    assert log(lake, "2026-01-10") == [("2024A1", "modifié", 3, "nature", "Marché", "Marché de partenariat")]


def feed_of(lake: Lake) -> tuple[ElementTree.Element, Any]:
    data = (Path(str(lake.exports("paris"))) / "changements.atom").read_bytes()
    return ElementTree.fromstring(data), feedparser.parse(data)


def test_the_feed_is_valid_atom(folder: Path) -> None:
    data = (folder / "changements.atom").read_bytes()
    root, parsed = ElementTree.fromstring(data), feedparser.parse(data)
    assert not parsed.bozo
    assert parsed.version == "atom10"
    entries = root.findall(f"{{{ATOM}}}entry")
    assert len(entries) == 4
    for node in (root, *entries):
        for name in ("id", "title", "updated"):
            assert len(node.findall(f"{{{ATOM}}}{name}")) == 1
            assert (node.findtext(f"{{{ATOM}}}{name}") or "").strip()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", node.findtext(f"{{{ATOM}}}updated") or "")
        links = node.findall(f"{{{ATOM}}}link")
        assert all(link.get("href", "").startswith("https://") for link in links)
        assert [link.get("rel") for link in links].count("alternate") == 1
    ids = [e.findtext(f"{{{ATOM}}}id") for e in entries]
    assert len(set(ids)) == len(ids)
    assert f"tag:opendata.paris.fr,2026:commande-publique:m:{BUYER}2024A1:1" in ids
    assert root.find(f"{{{ATOM}}}author/{{{ATOM}}}name") is not None


def test_an_entry_says_in_french_what_changed(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    later = {"montant_actuel": 2000.0, "marcheInnovant": True, "date_derniere_modification": date(2025, 12, 1)}
    publish(lake, [CONTRACTS[0] | later, *CONTRACTS[1:]], "2026-01-09")
    _, parsed = feed_of(lake)
    entry = parsed.entries[0]
    assert entry.title == "Marché modifié : Fourniture 2024A1"
    assert entry.updated == "2026-01-09T00:00:00+01:00"
    assert entry.summary == "Ce qui change : montant actuel, marché innovant, dernière modification."
    assert "Montant actuel : 1\u202f234,50 → 2\u202f000,00" in entry.content[0].value
    assert "Marché innovant : non → oui" in entry.content[0].value
    assert "Dernière modification : (vide) → 1er décembre 2025" in entry.content[0].value
    assert [e.id.rsplit(":", 1)[1] for e in parsed.entries] == ["2", "1", "1", "1", "1"]


def test_ids_of_the_feed_never_change(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    before = {e.id for e in feed_of(lake)[1].entries}
    publish(lake, [*CONTRACTS, contract("2024A9")], "2026-01-09")
    after = [e.id for e in feed_of(lake)[1].entries]
    assert before < set(after)
    assert after[0].endswith("2024A9:1")


def test_an_entry_once_given_out_never_changes(lake: Lake) -> None:
    first, *others = CONTRACTS
    shown: dict[str, Any] = {}
    for day, contracts in (
        ("2026-01-08", CONTRACTS),
        ("2026-01-09", [first | {"objet": "Autre objet", "montant_actuel": 2000.0}, *others]),
        ("2026-01-09", [first | {"objet": "Encore un autre"}, *others]),
        ("2026-01-10", others),
        ("2026-01-11", CONTRACTS),
    ):
        publish(lake, contracts, day)
        told = {e.id: (e.title, e.updated, e.summary, e.content[0].value, e.tags) for e in feed_of(lake)[1].entries}
        assert told | shown == told, day
        shown = told
    titles = [title for id_, (title, *_) in shown.items() if ":m:" in id_ and "2024A1" in id_]
    assert titles == [
        "Marché revenu dans les sources : Fourniture 2024A1",
        "Marché disparu des sources : Encore un autre",
        "Marché modifié : Encore un autre",
        "Marché modifié : Autre objet",
        "Nouveau marché : Fourniture 2024A1",
    ]


def test_the_feed_never_goes_back_in_time(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    publish(lake, [CONTRACTS[0] | {"objet": "Autre"}, *CONTRACTS[1:]], "2026-01-05")
    assert feed_of(lake)[1].feed.updated == "2026-01-08T00:00:00+01:00"


def test_a_feed_is_cut_to_its_last_events(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    publish(lake, [contract(f"2024B{i:03d}") for i in range(LIMIT)], "2026-01-09")
    assert len(feed_of(lake)[1].entries) == LIMIT
    assert [e.event for e in latest_events(lake, "paris", 3)] == ["nouveau"] * 3


def test_markup_in_a_text_stays_text(lake: Lake) -> None:
    publish(lake, [contract("2024A1", objet='<script>alert("x")</script> & co')], "2026-01-08")
    root, parsed = feed_of(lake)
    titles = [e.findtext(f"{{{ATOM}}}title") for e in root.findall(f"{{{ATOM}}}entry")]
    assert titles[1] == 'Nouveau marché : <script>alert("x")</script> & co'
    assert all("<script" not in e.content[0].value for e in parsed.entries)


def test_the_last_publication_is_told_by_its_events_and_its_first_rows(lake: Lake) -> None:
    publish(lake, CONTRACTS, "2026-01-08")
    changed = CONTRACTS[0] | {"objet": "Autre", "montant_actuel": 2000.0}
    publish(lake, [changed, CONTRACTS[1], contract("2024A9")], "2026-01-09")
    rows, events = last_publication(lake, "paris", 3)
    assert events == {"modifié": 1, "nouveau": 1, "disparu": 1}
    assert [(r["uid"].removeprefix(BUYER), r["rang"]) for r in rows.to_dicts()] == [
        ("2024A1", 1),
        ("2024A1", 2),
        ("2024A3", 0),
    ]


def test_the_last_publication_of_a_publisher_without_marche(lake: Lake) -> None:
    publish(lake, [], "2026-01-08")
    rows, events = last_publication(lake, "paris", 3)
    assert [r["type_contrat"] for r in rows.to_dicts()] == ["concession"]
    assert events == {"nouveau": 1}
