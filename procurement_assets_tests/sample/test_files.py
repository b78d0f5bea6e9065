"""The demo's files, damaged files and the command."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest

from procurement_assets.decp.raw import FileSummary, Quarantined, ReadRecord
from procurement_assets.decp.reader import read_file, read_path
from procurement_assets.publishers import Source, load_publishers
from procurement_assets.sample import DAMAGES, DEMO_PUBLISHERS, SampleFile, damaged, write_damaged, write_sample_files
from procurement_assets.sample.__main__ import main

Files = dict[str, list[SampleFile]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("demo")
    sources = load_publishers(DEMO_PUBLISHERS).sources_of("paris")
    return {s.id: write_sample_files(s, folder / s.id) for s in sources}


def records(file: SampleFile) -> list[ReadRecord]:
    return [item for item in read_path(file.path) if isinstance(item, ReadRecord)]


def test_the_demo_is_safe_and_quick() -> None:
    publishers = load_publishers(DEMO_PUBLISHERS)
    paris = publishers.publishers["paris"]
    assert paris.demo
    assert paris.ocid_prefix_is_placeholder
    assert publishers.enabled == ["paris"]
    sources = publishers.sources_of("paris")
    assert [s.rank for s in sources] == [1, 2, 9]
    assert [s.read for s in sources] == [True, True, False]
    assert sum(s.sample_records for s in sources if s.read) == 3000


def test_the_demo_has_every_layout(demo: Files) -> None:
    found = {r.layout for files in demo.values() for f in files if "liste" not in f.title for r in records(f)}
    assert found == {"v2-nested", "v2-flat", "xml-2", "v1-dotted", "v2-consolidated"}


def test_the_demo_shows_damaged_files(demo: Files) -> None:
    reasons = {
        item.reason for f in demo["demo-maximilien"] for item in read_path(f.path) if isinstance(item, Quarantined)
    }
    assert {"file.empty", "file.truncated"} <= reasons


def test_titles_are_distinct_and_dates_fixed(demo: Files) -> None:
    for files in demo.values():
        assert len({f.title for f in files}) == len(files)
        for f in files:
            assert f.published_at[:4] in {"2023", "2025", "2026"}
            assert f.path.name == f.title


def test_contracts_stand_in_two_yearly_files_with_later_events(demo: Files) -> None:
    first, second = (records(f) for f in demo["demo-maximilien"][:2])
    old = {(r.record.acheteur_id, r.record.id): r.record for r in first}
    both = [(old[key], r.record) for r in second if (key := (r.record.acheteur_id, r.record.id)) in old]
    grown = [(a, b) for a, b in both if len(b.modifications or ()) > len(a.modifications or ())]
    assert len(both) >= 10
    assert grown
    for r in first:
        for m in r.record.modifications or ():
            assert str(m.datePublicationDonneesModification) <= "2024-12-31"


def test_two_sources_tell_of_the_same_contracts(demo: Files) -> None:
    main_ids = {r.record.id for f in demo["demo-maximilien"][:2] for r in records(f)}
    other = {r.record.id for r in records(demo["demo-consolidation"][1])}
    assert len(main_ids & other) > 0.8 * len(other)


def test_streams_do_not_share_identifiers(demo: Files) -> None:
    nested = {r.record.id for f in demo["demo-maximilien"][:2] for r in records(f)}
    for file in demo["demo-maximilien"][2:4]:
        shared = nested & {r.record.id for r in records(file)}
        assert not shared - {None}


def test_the_portal_list_joins_decp_as_measured(demo: Files) -> None:
    rows = json.loads(demo["demo-liste-marches"][0].path.read_bytes())
    files = [f for source in ("demo-maximilien", "demo-consolidation") for f in demo[source][:4]]
    known: dict[str, ReadRecord] = {}
    for f in files:
        for r in records(f):
            known[str(r.record.id)] = known[f"{str(r.record.dateNotification)[:4]}{r.record.id}"] = r
    joined = [(row, known[row["numero_marche"]]) for row in rows if row["numero_marche"] in known]
    assert 1 - len(joined) / len(rows) == pytest.approx(0.29, abs=0.04)
    same = sum(row["montant_max"] == r.record.montant for row, r in joined)
    assert same / len(joined) == pytest.approx(0.822, abs=0.08)
    assert all(row["fournisseur_siret"] == "#" for row in rows if row["is_multiattributaire"])
    assert {row["nature"] for row in rows} == {"TRAVAUX", "SERVICES", "FOURNITURE"}


def test_files_are_the_same_when_written_again(demo: Files, tmp_path: Path) -> None:
    source = load_publishers(DEMO_PUBLISHERS).sources["demo-maximilien"]
    again = write_sample_files(source, tmp_path)
    assert [f.path.read_bytes() for f in again] == [f.path.read_bytes() for f in demo["demo-maximilien"]]


def test_a_plain_profile_is_one_file(tmp_path: Path) -> None:
    source = Source(id="x", name="x", kind="sample", rank=1, sample_profile="paris-2022-xml", sample_records=10)
    (file,) = write_sample_files(source, tmp_path / "new")
    assert file.title == "paris-2022-xml.xml"
    assert len(records(file)) == 10


@pytest.mark.parametrize("kind", DAMAGES)
def test_every_damage_is_told_by_the_reader(kind: str, tmp_path: Path) -> None:
    path = write_damaged(kind, tmp_path / "file")
    *items, summary = read_path(path)
    assert isinstance(summary, FileSummary)
    told = [n for i in items if isinstance(i, ReadRecord) for n in i.notes] + list(summary.notes)
    lost = [i for i in items if isinstance(i, Quarantined)]
    # A file in one of the encodings a declaration can name is no damage for JSON readers that detect it.
    assert told or lost or kind in ("latin1", "cp1252", "utf16", "gzip", "trailing-comma", "null-list")
    readable = sum(isinstance(i, ReadRecord) for i in items)
    if kind in ("bom", "nan", "control", "backslash", "trailing-comma", "trailing-data", "gzip", "utf16", "latin1"):
        assert readable == 20
    elif kind in ("empty", "html", "error-text"):
        assert readable == 0


def test_an_unknown_damage_names_the_kinds() -> None:
    with pytest.raises(KeyError, match="truncated"):
        damaged("melted")


def test_damages_also_fit_format_2019() -> None:
    *items, _ = read_file(io.BytesIO(damaged("bom", "national-v1", records=5)))
    assert sum(isinstance(i, ReadRecord) for i in items) == 5


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    out = tmp_path / "file.json"
    options = ["--profile", "paris-demo", "--records", "30", "--seed", "7", "--layout", "nested", "--clean"]
    assert main([*options, "--out", str(out)]) == 0
    document = msgspec.json.decode(out.read_bytes())
    assert len(document["marches"]["marche"]) + len(document["marches"]["contrat-concession"]) == 30


def test_the_command_refuses_a_layout_of_another_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--profile", "national-v1", "--layout", "nested"]) == 2
    assert "2022" in capsys.readouterr().err


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "national-2022" in capsys.readouterr().out
