"""The same contract from one snapshot to the next, when its uid changes with its content; and what links to it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from procurement_assets.decp.model import Contract
from procurement_assets.decp.parse import build_records
from procurement_assets.decp.tables import COLUMNS_READ, build_tables
from procurement_assets.lake import Lake, write_bytes
from procurement_assets.ocds.frameworks import united
from procurement_assets.ocds.inverse import decp_of
from procurement_assets.ocds.produce import Made, read_snapshot, write_releases
from procurement_assets.ocds.succession import successors
from procurement_assets.parquet import read_rows
from procurement_assets.publishers import Source
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets_tests.ocds.support import (
    COMPANY_A,
    COMPANY_B,
    PARIS,
    PUBLISHER,
    company,
    marche,
    modified,
    released,
    tree,
)
from procurement_assets_tests.ocds.test_snapshot_chain import changed, lines, snapshot

OLD, NEXT = "2019M00100", "2019M00101"


def lot(number: str, mark: str, title: str, amount: float, siret: str, **fields: Any) -> Contract:
    """A lot, with the uid that `decp.identity` gives it."""
    uid = PARIS + number + (f"~{mark}" if mark else "")
    return marche(id=number, uid=uid, objet=title, montant=amount, titulaires=[company(siret)], **fields)


def of_2019(number: str, modifications: int = 0, **fields: Any) -> Contract:
    made = [
        modified(id=None, dateNotificationModification=f"2024-1{n}-18", montant=float(n)) for n in range(modifications)
    ]
    return marche(id=number, format="2019", **({"modifications": made} | fields))


def test_a_lot_whose_amount_is_corrected_goes_on_its_process(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    one, two = lot("X", "", "Lot un", 1.0, COMPANY_A), lot("X", "0a1b2c3d", "Lot deux", 2.0, COMPANY_B)
    snapshot(lake, [one, two], "2025-01-08")
    then = changed(two, uid=f"{PARIS}X~99999999", montant=2.5)
    made = snapshot(lake, [one, then], "2026-01-08")
    assert (made.processes, made.new, made.corrections, made.vanished) == (2, 1, 1, 0)
    assert decp_of([line for line in lines(lake) if b"-X_7E0a1b2c3d-" in line]) == then


def test_lots_that_are_all_rewritten_are_told_apart_by_what_they_say(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(
        lake,
        [lot("X", "", "Lot un", 1.0, COMPANY_A), lot("X", "0a1b2c3d", "Lot deux", 2.0, COMPANY_B)],
        "2025-01-08",
    )
    # The second lot is now the first published: it has the plain uid.
    one, two = lot("X", "11111111", "Lot un", 1.5, COMPANY_A), lot("X", "", "Lot deux", 2.5, COMPANY_B)
    made = snapshot(lake, [two, one], "2026-01-08")
    assert (made.processes, made.corrections, made.vanished) == (2, 2, 0)
    assert dict(lake.read_table("ocids", "paris").select("uid", "ocid").iter_rows()) == {
        one.uid: f"ocds-abc123-{PARIS}-X",
        two.uid: f"ocds-abc123-{PARIS}-X_7E0a1b2c3d",
    }


def test_an_id_that_counts_modifications_goes_on_the_process_of_the_one_it_replaces(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [of_2019(OLD)], "2024-06-08")
    made = snapshot(lake, [of_2019(NEXT, 1)], "2024-11-08")
    assert (made.processes, made.vanished) == (1, 0)
    assert made.by_tag == {"contractAmendment": 1, "tenderUpdate": 1}
    made = snapshot(lake, [of_2019("2019M00102", 2)], "2024-12-08")
    assert (made.processes, made.vanished, made.by_tag["contractAmendment"]) == (1, 0, 1)
    assert decp_of(lines(lake)) == of_2019("2019M00102", 2)


@pytest.mark.parametrize(
    "other",
    [
        of_2019(NEXT, montant=1.5),  # a number that counts no modification
        of_2019(NEXT, 1, objet="Fournitures"),
        of_2019(NEXT, 1, titulaires=[company(COMPANY_B)]),
        of_2019("2019M00201", 1),
        changed(of_2019(NEXT, 1), format="2022"),
        of_2019(NEXT, 1, acheteur_id="22750005500012"),
    ],
)
def test_another_contract_gets_a_process_of_its_own(other: Contract, tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [of_2019(OLD)], "2024-06-08")
    made = snapshot(lake, [other], "2024-11-08")
    assert (made.processes, made.vanished) == (2, 1)


def test_a_process_goes_to_the_contract_that_agrees_most_in_any_order() -> None:
    before = {"o1": lot("X", "", "Lot un", 1.0, COMPANY_A), "o2": lot("X", "0a1b2c3d", "Lot deux", 2.0, COMPANY_B)}
    half, whole = lot("X", "22222222", "Lot un", 9.0, COMPANY_A), lot("X", "33333333", "Lot un", 1.0, COMPANY_A)
    for current in ([half, whole], [whole, half]):
        assert successors(before, current) == {whole.uid: "o1"}


def test_a_source_that_gives_other_ids_to_its_contracts_changes_no_process(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    of_2024 = [marche(id=f"T{n}", objet=f"Travaux {n}", modifications=[modified(montant=1.0)]) for n in range(3)]
    snapshot(lake, of_2024, "2025-01-08")
    renamed = [changed(c, id=f"2024-{c.id}", uid=f"{PARIS}2024-{c.id}") for c in of_2024]
    made = snapshot(lake, renamed[::-1], "2025-02-08")
    assert (made.processes, made.vanished, made.by_tag) == (3, 0, {"tenderUpdate": 3})
    for contract in renamed:
        mine = [line for line in lines(lake) if f"-{contract.id[5:]}-".encode() in line]
        assert decp_of(mine) == contract
    assert snapshot(lake, renamed, "2025-03-08").new == 0
    assert snapshot(lake, of_2024, "2025-04-08").by_tag == {"tenderUpdate": 3}


@pytest.mark.parametrize(
    "others",
    [
        [marche(id="2", objet="Autre chose")],
        [marche(id="2"), marche(id="3")],  # repeated orders: which of them it was cannot be known
        [marche(id="2", montant=575001.0)],
    ],
)
def test_another_id_is_another_contract_unless_all_else_is_the_same(others: list[Contract], tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [marche(id="1")], "2025-01-08")
    made = snapshot(lake, others, "2025-02-08")
    assert (made.processes, made.vanished) == (1 + len(others), 1)


def test_a_repeated_order_that_goes_is_not_the_one_that_comes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [marche(id="1"), marche(id="2")], "2025-01-08")
    made = snapshot(lake, [marche(id="1"), marche(id="3")], "2025-02-08")
    assert (made.processes, made.vanished) == (3, 1)


def test_a_contract_that_says_next_to_nothing_is_not_known_by_what_it_says(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [marche(id="1", objet=None)], "2025-01-08")
    assert snapshot(lake, [marche(id="2", objet=None)], "2025-02-08").processes == 2


def tables(lake: Lake, files: dict[str, list[dict[str, Any]]], data_date: str) -> Made:
    """Publish a snapshot of files of format 2022, one a source, through the reader and the rules of identity."""
    rows = []
    for source, records in files.items():
        data = json.dumps({"marches": {"marche": records}}).encode()
        digest = hashlib.sha256(data).hexdigest()
        write_bytes(lake.raw(digest), data)
        rows.append(
            ManifestRow(
                source=source,
                resource_id=source,
                title=source,
                url="",
                status="kept",
                sha256=digest,
                published_at=data_date,
            )
        )
    build_records(lake, "paris", rows)
    sources = [Source(id=s, name=s, kind="file", rank=n) for n, s in enumerate(files)]
    records, quarantine = (lake.table(name, "paris") for name in ("decp_records", "quarantine"))
    with (
        records.open("rb") as read,
        quarantine.open("rb") as out,
        build_tables(read_rows(read, list(COLUMNS_READ)), read_rows(out), PUBLISHER, sources) as built,
    ):
        for table in built.tables.values():
            table.save(lake, "paris")
    return write_releases(lake, PUBLISHER, read_snapshot(lake, "paris"))


def record(number: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "acheteur": {"id": PARIS},
        "objet": f"Marché {number}",
        "dateNotification": "2024-05-15",
        "datePublicationDonnees": "2024-05-25",
        "montant": 1000.0,
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": COMPANY_A}}],
    } | fields


def test_a_call_off_is_linked_to_the_process_that_its_framework_was_united_into(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    framework = {"objet": "Ascenseurs", "montant": 123456.78}
    given = [record("AC-1", **framework), record("MS1", idAccordCadre="AC-1")]
    tables(lake, {"a": [record("AC1", **framework)], "b": given}, "2025-01-08")
    found = {r["tender"]["id"]: r for r in map(json.loads, lines(lake))}
    assert set(found) == {"AC1", "MS1"}
    assert found["MS1"]["relatedProcesses"][0]["identifier"] == found["AC1"]["ocid"]
    read = decp_of([msgspec.json.encode(found["MS1"])])
    assert read.idAccordCadre == "AC-1"


def test_a_call_off_is_linked_to_the_ocid_kept_when_the_id_of_its_framework_changed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    snapshot(lake, [of_2019(OLD)], "2024-06-08")
    call_off = marche(id="MS1", idAccordCadre=NEXT)
    snapshot(lake, [of_2019(NEXT, 1), call_off], "2024-11-08")
    found = [line for line in lines(lake) if b"-MS1-" in line]
    assert json.loads(found[0])["relatedProcesses"][0]["identifier"] == f"ocds-abc123-{PARIS}-{OLD}"
    assert decp_of(found) == call_off


def test_a_contract_is_never_linked_to_itself() -> None:
    contract = marche(id="1", idAccordCadre="AC-1")
    own = f"ocds-abc123-{PARIS}-1"
    only = tree(released(contract, links={f"{PARIS}AC-1": own})[0])
    assert "relatedProcesses" not in only
    assert only["tender"]["decp"]["idAccordCadre"] == "AC-1"


def test_an_id_that_is_in_two_contracts_leads_to_one_of_them_in_any_order() -> None:
    raw = {"kind": "marche", "format": "2022", "id": "AC", "acheteur_id": PARIS}
    key = {"source": "s", "file_sha256": "f"}
    records = [key | {"position": n, "record": json.dumps(raw)} for n in range(2)]
    told = [{"reason": "identity.content", "outcome": "merged"} | key | {"position": n} for n in range(2)]
    for uids in (("1", "2"), ("2", "1")):
        ledger = [row | {"uid": uid} for row, uid in zip(told, uids, strict=True)]
        assert united(pl.LazyFrame(ledger), pl.LazyFrame(records)) == {f"{PARIS}AC": "2"}
