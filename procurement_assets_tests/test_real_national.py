"""The three national platforms of 2019 and the daily files, through the mirror: nothing is lost, each is identified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from procurement_assets_tests.conftest import Mirror
from procurement_assets_tests.real import refresh, table


def test_the_national_files_of_2019_are_read_with_nothing_lost(
    start_mirror: Callable[..., Mirror], tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    done = refresh(lake, start_mirror(), "national-2019")
    assert done.returncode == 0, done.stdout + done.stderr
    ledger = table(lake, "ledger", "national-2019")
    by_source = dict(ledger.group_by("source").len().iter_rows())
    assert by_source == {"aife": 4530, "marches-publics-info": 4509, "pes": 1148, "pes-journalier": 233}
    assert table(lake, "files", "national-2019").height == 113
    outcomes = dict(ledger.group_by("outcome").len().iter_rows())
    assert outcomes["quarantined"] == 8
    kept = table(lake, "contracts", "national-2019").height + table(lake, "concessions", "national-2019").height
    assert outcomes["kept"] == kept
    assert set(table(lake, "quarantine", "national-2019")["reason"]) == {"record.no-buyer", "record.no-id"}
    assert_the_hard_cases_of_identity(ledger)


def assert_the_hard_cases_of_identity(ledger: pl.DataFrame) -> None:
    """Real records of each case: docs/decisions.md, "Identity"."""
    reasons = dict(ledger.group_by("reason").len().iter_rows())
    assert {k: v for k, v in reasons.items() if k.startswith("identity.")} == {
        "identity.lot": 18,
        "identity.sequence": 14,
        "identity.identical": 551,
        "identity.other-source": 6,
        "identity.content": 9,
        "identity.later-publication": 109,
    }
    # HAGUENAU, école Marxenhouse: 20191814501 is 20191814500 after its first modification.
    sequence = ledger.filter(pl.col("uid") == "2000678740001220191814500")
    assert sorted(sequence["outcome"]) == ["kept", "superseded"]
    # M18414GR00 and …01 differ by their last digits only, and are two contracts.
    assert ledger.filter(pl.col("uid").str.starts_with("244500468000402018M18414GR"))["uid"].n_unique() == 2
    # Fire engines of SDIS 31: one contract under an id of AIFE and another of the PES flow.
    engines = ledger.filter(pl.col("uid") == "2831000140002820181GFlrjaIV700")
    assert sorted(engines["source"]) == ["aife", "pes", "pes-journalier"]
    # The id that AIFE's test buyer gave to everything: lots, each with its own uid.
    lots = ledger.filter(
        pl.col("uid").str.starts_with("350847358859112018123456789100") & (pl.col("outcome") == "kept")
    )
    assert lots["uid"].n_unique() == lots.height == 5
