"""The ocid map: which process each contract is, whatever becomes of its uid and of its records."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procurement_assets.ocds import ocid_map
from procurement_assets.ocds.ocid_map import SEEN, PrefixChangedError, members, read_known
from procurement_assets.schema import TABLES


def seen(uid: str, *records: str) -> dict[str, Any]:
    """A contract of a snapshot."""
    return {
        "uid": f"B{uid}",
        "buyer": "B",
        "premier_vu": "2025-01-08",
        "sources": ["s"],
        "empreintes": list(records),
    }


NOTHING = TABLES["ocids"].frame([])


def update(known: pl.DataFrame, contracts: list[dict[str, Any]], prefix: str, data_date: str) -> pl.DataFrame:
    """The map after a snapshot of these contracts."""
    return ocid_map.update(known, pl.DataFrame(contracts, schema={**SEEN, "buyer": pl.String}), prefix, data_date)


def ocids(known: pl.DataFrame) -> dict[str, str]:
    return dict(known.select("uid", "ocid").iter_rows())


P = "ocds-abc123"


def test_an_ocid_is_kept_when_an_earlier_lot_takes_the_uid() -> None:
    first = update(NOTHING, [seen("1", "a")], P, "2025-01-08")
    then = update(first, [seen("1", "b"), seen("1~0a1b2c3d", "a")], P, "2026-01-08")
    found = ocids(then)
    assert found["B1~0a1b2c3d"] == f"{P}-B-1"
    assert found["B1"].startswith(f"{P}-B-1_7E")
    assert ocids(update(then, [seen("1", "b"), seen("1~0a1b2c3d", "a")], P, "2027-01-08")) == found


def test_an_ocid_is_kept_when_the_id_of_a_family_changes_or_its_records_are_rewritten() -> None:
    first = update(NOTHING, [seen("201", "a")], P, "2025-01-08")
    then = update(first, [seen("200", "a", "b")], P, "2026-01-08")
    assert ocids(then) == {"B200": f"{P}-B-201"}
    assert ocids(update(then, [seen("200", "c")], P, "2027-01-08")) == {"B200": f"{P}-B-201"}
    assert then["premier_vu"].to_list() == ["2025-01-08"]


def test_a_contract_that_is_gone_keeps_its_row_and_comes_back_to_its_ocid() -> None:
    first = update(NOTHING, [seen("1", "a"), seen("2", "b")], P, "2025-01-08")
    gone = update(first, [seen("1", "a")], P, "2026-01-08")
    assert gone.select("uid", "dernier_vu").rows() == [("B1", "2026-01-08"), ("B2", "2025-01-08")]
    assert ocids(update(gone, [seen("1", "a"), seen("2", "z")], P, "2027-01-08")) == ocids(first)


@settings(max_examples=150, deadline=None)
@example([{"3": {"a"}}, {"1": {"a"}, "3": {"a"}}, {"3": {"b"}}, {"1~x": {"a", "b"}, "3": {"a"}, "1": {"a"}}])
@example([{"1": {"a"}, "1~x": {"d"}, "2": {"b", "c"}}, {"1": set("abcd")}, {"1": {"d"}, "1~x": {"a", "b"}}])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["1", "1~x", "2", "3"]), st.sets(st.sampled_from("abcdef"), min_size=1), max_size=4
        ),
        max_size=4,
    )
)
def test_no_ocid_is_ever_lost_or_given_twice(snapshots: list[dict[str, set[str]]]) -> None:
    known = NOTHING
    for number, snapshot in enumerate(snapshots):
        free = set("abcdef")
        contracts_seen = []
        for uid, wanted in sorted(snapshot.items()):
            contracts_seen.append(seen(uid, *sorted(wanted & free)))
            free -= wanted
        after = update(known, contracts_seen, P, f"202{number}-01-08")
        assert set(known["ocid"]) <= set(after["ocid"])
        assert after["ocid"].n_unique() == after["uid"].n_unique() == after.height
        assert {s["uid"] for s in contracts_seen} <= set(after["uid"])
        again = update(after.reverse(), contracts_seen[::-1], P, f"202{number}-01-08")
        assert again.equals(after)
        known = after


def test_another_prefix_is_refused() -> None:
    known = update(NOTHING, [seen("1", "a")], P, "2025-01-08")
    assert read_known(known, P).equals(known)
    with pytest.raises(PrefixChangedError, match="un ocid est donné pour toujours"):
        read_known(known, "ocds-zzz999")


def test_the_map_of_a_lake_from_before_it_was_kept_is_made_again() -> None:
    before = pl.DataFrame({"uid": ["B1"], "ocid": [f"{P}-B-1"]})
    assert read_known(before, P).equals(NOTHING)


def test_a_contract_that_is_gone_keeps_only_the_records_and_the_uid_that_no_other_has() -> None:
    first = update(NOTHING, [seen("1", "a", "b"), seen("2", "c")], P, "2025-01-08")
    # The uid of the second contract and a record of the first are now those of a third, which has the others too.
    then = update(first, [seen("2", "a", "b")], P, "2026-01-08")
    rows = {row["ocid"]: row for row in then.to_dicts()}
    assert (rows[f"{P}-B-1"]["uid"], rows[f"{P}-B-1"]["empreintes"]) == ("B2", ["a", "b"])
    mark = hashlib.sha256(f"{P}-B-2".encode()).hexdigest()[:8]
    assert (rows[f"{P}-B-2"]["uid"], rows[f"{P}-B-2"]["empreintes"]) == (f"B2~{mark}", ["c"])
    last = update(then, [seen("2", "b"), seen("3", "c")], P, "2027-01-08")
    assert ocids(last) == {"B2": f"{P}-B-1", "B3": f"{P}-B-2"}


def test_an_ocid_goes_to_who_has_most_of_its_records_then_to_the_same_uid_then_to_the_smallest() -> None:
    first = update(NOTHING, [seen("5", "a", "b", "c", "d")], P, "2025-01-08")
    most = update(first, [seen("9", "a", "b"), seen("5", "c")], P, "2026-01-08")
    assert ocids(most)["B9"] == f"{P}-B-5"
    same = update(first, [seen("1", "a", "b"), seen("5", "c", "d")], P, "2026-01-08")
    assert ocids(same)["B5"] == f"{P}-B-5"
    smallest = update(first, [seen("8", "a", "b"), seen("7", "c", "d")], P, "2026-01-08")
    assert ocids(smallest)["B7"] == f"{P}-B-5"


def test_the_members_of_a_contract_come_from_the_records_that_were_used() -> None:
    rows = [("B1", "x", "f2", 1, "kept"), ("B1", "w", "f1", 7, "merged"), ("B1", "x", "f2", 2, "quarantined")]
    rows += [("B2", "x", "f2", 3, "superseded"), (None, "x", "f2", 4, "out_of_scope")]
    ledger = pl.DataFrame(rows, schema=["uid", "source", "file_sha256", "position", "outcome"], orient="row")
    digests = [("x", "f2", 1, "c" * 64), ("w", "f1", 7, "a" * 64), ("x", "f2", 2, "b" * 64), ("x", "f2", 3, "d" * 64)]
    records = pl.DataFrame(digests, schema=["source", "file_sha256", "position", "content_sha256"], orient="row")
    created = pl.DataFrame({"file_sha256": ["f1", "f2"], "premier_vu": ["2024-05-02", "2024-05-01"]})
    found = members(ledger.lazy(), records.lazy(), created).sort("uid")
    assert found.select(list(SEEN)).rows() == [
        ("B1", "2024-05-01", ["w", "x"], ["a" * 16, "c" * 16]),
        ("B2", "2024-05-01", ["x"], ["d" * 16]),
    ]
