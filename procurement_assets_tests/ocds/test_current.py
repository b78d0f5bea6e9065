"""Reading the current contracts by parts: their buyers, and their order."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_assets.decp.model import Contract
from procurement_assets.ocds import current
from procurement_assets.ocds.current import buyers, processes
from procurement_assets.schema import TABLES

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


def contract(buyer: str, number: str) -> Contract:
    return Contract(kind="marche", format="2022", uid=buyer + number, id=number, acheteur_id=buyer, objet='"id":"x"')


def table(path: Path, contracts: list[Contract], rows: int) -> pl.Series:
    """The table of some contracts, in row groups of so many rows; their uids."""
    lines = [(c.uid, msgspec.json.encode(c).decode()) for c in contracts]
    frame = pl.DataFrame(lines, schema={"uid": pl.String, "record": pl.String}, orient="row").sort("uid")
    frame.write_parquet(path, row_group_size=rows)
    return frame["uid"]


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=6, unique_by="".join))
def test_the_buyer_of_a_record_is_read_however_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("current") / "records.parquet"
    contracts = [contract(*pair) for pair in pairs]
    table(path, contracts, 4)
    expected = {c.uid: c.acheteur_id for c in contracts}
    assert dict(buyers(str(path)).iter_rows()) == expected
    assert dict(buyers(path.read_bytes()).iter_rows()) == expected


@pytest.mark.parametrize("part", [7, 8, 100])
def test_contracts_come_in_order_of_ocid_whatever_their_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(current, "PART", part)
    monkeypatch.setattr(current, "_AT_ONCE", 9)
    numbers = [f"{n:03d}" for n in range(60)]
    contracts = [contract("21750001600019", n) for n in numbers]
    path = tmp_path / "records.parquet"
    uids = table(path, contracts, 7)
    rows = [
        {
            "ocid": f"ocds-abc123-{int(c.id) * 37 % 60:03d}",
            "uid": c.uid,
            "premier_vu": f"2024-01-{int(c.id) % 28 + 1:02d}",
            "dernier_vu": "2024-02-01",
            "sources": [],
            "empreintes": [],
        }
        for c in contracts
        if c.id != "042"
    ]
    by_uid = {c.uid: c for c in contracts}
    expected = [(k["ocid"], k["ocid"], k["premier_vu"], by_uid[k["uid"]]) for k in sorted(rows, key=itemgetter("ocid"))]
    for records in (str(path), path.read_bytes()):
        made = processes(records, uids, TABLES["ocids"].frame(rows))
        assert [(ocid, p.ocid, p.first_seen, p.contract) for ocid, p in made] == expected
