"""Files that change shape: fields, formats, labels; steady files make no alert, and profiles are made once."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pytest

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.publishers import ContractList, Source
from procurement_assets.quality.watch.drift import drifts, predecessor
from procurement_assets.quality.watch.profiles import (
    Profile,
    keep_profiles,
    known_profiles,
    list_profiles,
    make_profiles,
)
from procurement_assets.schema import TABLES
from procurement_assets.sources.manifest import ManifestRow

Change = Callable[[dict[str, Any]], None]


def _record(draw: random.Random, n: int) -> dict[str, Any]:
    record = {
        "kind": "marche", "format": "2022", "id": f"S{n}", "nature": "Marché", "procedure": "Procédure adaptée",
        "objet": "Eau", "techniques": ["Accord-cadre"] if draw.random() < 0.4 else ["Sans objet"], "montant": 1000.0,
        "titulaires": [{"typeIdentifiant": "SIRET", "id": "80836899700041"}],
        "lieuExecution": {"code": "75", "typeCode": "Code département"},
    }  # fmt: skip
    if draw.random() < 0.5:
        record["ccag"] = "Travaux"
    return record


def _batch(title: str, day: str, seed: int, change: Change | None = None, **given: Any) -> pa.RecordBatch:
    """A file of 400 records, as `decp_records`."""
    draw, rows = random.Random(seed), []
    for n in range(400):
        record = _record(draw, n)
        if change:
            change(record)
        rows.append(
            {"source": "s", "file_sha256": f"{title}{day}".ljust(64, "0"), "fichier": title, "fichier_date": day,
             "position": n, "kind": "marche", "format": "2022", "layout": "v2-nested", "decode": "strict",
             "record": msgspec.json.encode(record).decode(), "content_sha256": "", "notes": []} | given
        )  # fmt: skip
    return pl.DataFrame(rows, schema=TABLES["decp_records"].schema).to_arrow().combine_chunks().to_batches()[0]


def _alerts(change: Change | None, **given: Any) -> pl.DataFrame:
    before, after = _batch("2024", "2025-01-08", 1), _batch("2025", "2026-01-08", 2, change, **given)
    profiles = make_profiles([before, after], frozenset())
    return drifts(profiles[1:], profiles)


def _found(change: Change | None, **given: Any) -> list[tuple[str, str, str]]:
    return _alerts(change, **given).select("signal", "detail", "severity").rows()


def _told(change: Change) -> tuple[str, str]:
    message, advice = _alerts(change).select("message", "advice").row(0)
    return str(message), str(advice)


@pytest.mark.parametrize("seed", range(20))
def test_a_steady_file_makes_no_alert(seed: int) -> None:
    profiles = make_profiles(
        [_batch("2024", "2025-01-08", seed), _batch("2025", "2026-01-08", seed + 100)], frozenset()
    )
    assert drifts(profiles, profiles).is_empty()


def test_a_field_that_disappears_is_found() -> None:
    def lose(record: dict[str, Any]) -> None:
        record["titulaires"][0].pop("id")

    assert _found(lose) == [("schema", "2025 : marche.titulaires.id", "critical")]


@pytest.mark.parametrize("empty", [None, "", []])
def test_a_field_that_is_there_and_empty_is_not_filled(empty: object) -> None:
    assert ("schema", "2025 : marche.procedure", "critical") in _found(lambda r: r.update(procedure=empty))


def test_a_field_that_appears_is_found() -> None:
    assert _found(lambda r: r.update(origineUE=0.5)) == [("schema", "2025 : marche.origineUE", "warning")]


def test_a_fill_rate_that_jumps_is_found() -> None:
    assert _found(lambda r: r.update(ccag="Travaux")) == [("schema", "2025 : marche.ccag", "warning")]


def test_another_format_is_said_once_and_not_field_by_field() -> None:
    found = _found(lambda r: r.update(nouveau=1, ccag="Travaux"), format="2019", layout="v1-dotted")
    assert found == [
        ("format", "2025 : disposition v1-dotted", "critical"),
        ("format", "2025 : format 2019", "critical"),
    ]


def test_a_file_that_needs_the_tolerant_reading_is_found() -> None:
    assert _found(None, decode="tolerant") == [("format", "2025 : lecture tolérante", "warning")]


def test_a_new_label_is_to_know_when_it_is_regulatory_and_to_correct_when_it_is_not() -> None:
    def label(text: str) -> Change:
        return lambda r: r.update(procedure=text) if r["id"] == "S7" else None

    assert _found(label("Dialogue compétitif")) == [("code_nouveau", "2025 : procedure = Dialogue compétitif", "info")]
    assert _found(label("Gré à gré")) == [("code_nouveau", "2025 : procedure = Gré à gré", "warning")]
    assert _found(label("PROCEDURE ADAPTEE")) == []
    known, unknown = (_told(label(text)) for text in ("Dialogue compétitif", "Gré à gré"))
    assert known[0].endswith("« Dialogue compétitif », libellé réglementaire jamais vu dans cette source (1 fois).")
    assert known[1] == "Vérifier que cet emploi nouveau est voulu ; rien à corriger s'il l'est."
    assert unknown[0].endswith("« Gré à gré », libellé inconnu de la réglementation dans cette source (1 fois).")
    assert unknown[1].startswith("Le signaler à la source")


def test_labels_of_lists_and_of_holders_are_read() -> None:
    profile = make_profiles([_batch("2024", "2025-01-08", 1)], frozenset())[0]
    assert sum(profile.codes["techniques"].values()) == 400
    assert profile.codes["titulaires.typeIdentifiant"] == {"SIRET": 400}
    assert profile.codes["lieuExecution.typeCode"] == {"Code département": 400}
    assert profile.records == {"marche": 400}
    assert "format" not in profile.fields["marche"]


def test_a_file_is_compared_with_its_last_version_before_any_other() -> None:
    def profile(title: str, day: str, source: str = "s") -> Profile:
        return Profile(source=source, fichier=title, fichier_date=day, sha256=f"{title}{day}")

    kept = [
        profile("2024", "2025-01-01"),
        profile("2025", "2025-02-01"),
        profile("2024", "2025-03-01"),
        profile("2025", "2025-04-01", "t"),
    ]
    now = profile("2025", "2025-06-01")
    assert predecessor(now, kept) == kept[1]
    assert predecessor(profile("2026", "2026-01-01"), kept) == kept[2]
    assert predecessor(kept[0], kept) is None


def test_profiles_are_made_once_and_never_rewritten(tmp_path: Path) -> None:
    lake, batches = Lake(tmp_path), [_batch("2024", "2025-01-08", 1), _batch("2025", "2026-01-08", 2)]
    made = make_profiles(batches, frozenset())
    assert make_profiles(list(reversed(batches)), frozenset()) == made
    keep_profiles(lake, "p", made)
    assert known_profiles(lake, "p") == made
    assert make_profiles(batches, frozenset(p.sha256 for p in made)) == []
    other = copy.deepcopy(made[0])
    other.tolerant = 99
    keep_profiles(lake, "p", [other])
    assert known_profiles(lake, "p") == made


def test_records_split_over_batches_are_one_profile() -> None:
    batch = _batch("2024", "2025-01-08", 1)
    assert make_profiles([batch.slice(0, 150), batch.slice(150)], frozenset()) == make_profiles([batch], frozenset())


def test_a_list_of_contracts_that_loses_a_column_is_found(tmp_path: Path) -> None:
    """The portal's list is replaced under its own name: the version before it is known by its profile."""
    lake = Lake(tmp_path)
    source = Source(id="l", name="l", kind="file", url="u", rank=9, read=False, contract_list=ContractList())

    def published(day: str, rows: list[dict[str, Any]]) -> ManifestRow:
        data = json.dumps(rows).encode()
        sha = hashlib.sha256(data).hexdigest()
        write_bytes(lake.raw(sha), data)
        return ManifestRow(
            source="l", resource_id="r", title="liste", url="u", status="kept", sha256=sha, published_at=day, read=False
        )

    full = [{"numero_marche": f"{n}", "fournisseur_siret": "80836899700041"} for n in range(100)]
    before = list_profiles(lake, [source], [published("2026-01-01", full)], frozenset())
    bare = [{"numero_marche": f"{n}", "fournisseur_siret": None, "ville": "Paris"} for n in range(110)]
    after = list_profiles(lake, [source], [published("2026-02-01", bare)], frozenset(p.sha256 for p in before))
    assert drifts(after, before + after).select("signal", "detail", "severity").rows() == [
        ("schema", "liste : liste.fournisseur_siret", "critical"),
        ("schema", "liste : liste.ville", "warning"),
    ]
    assert list_profiles(lake, [source], [published("2026-02-01", bare)], frozenset(p.sha256 for p in after)) == []


def test_a_list_of_contracts_that_was_emptied_has_no_profile(tmp_path: Path) -> None:
    """The check `listes_lisibles` tells it: the feeds of the other sources are watched all the same."""
    lake = Lake(tmp_path)
    source = Source(id="l", name="l", kind="file", url="u", rank=9, read=False, contract_list=ContractList())
    sha = hashlib.sha256(b"[]").hexdigest()
    write_bytes(lake.raw(sha), b"[]")
    row = ManifestRow(source="l", resource_id="r", title="liste", url="u", status="kept", sha256=sha, read=False)
    assert list_profiles(lake, [source], [row], frozenset()) == []
