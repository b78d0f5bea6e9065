"""When nothing may be sent, and when a person must decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing.depot import Depot
from procurement_assets.portal.publishing.engine import RefusedError, publish
from procurement_assets.portal.publishing.http import PortalError
from procurement_assets.portal.publishing.journal import read_state
from procurement_assets.portal.publishing.portal import Publication
from procurement_assets.portal.publishing.safety import Checks, Thresholds, changes
from procurement_assets.portal.publishing.tabular import Measures
from procurement_assets.publishers import Publisher, Source
from procurement_assets_tests.publishing.support import job, lake_at, publisher, rows, write_exports

pytestmark = pytest.mark.usefixtures("small_table")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with exports of 100 contracts."""
    found = lake_at(tmp_path)
    write_exports(found, rows(100))
    return found


def _publish(lake: Lake, folder: Path, who: Publisher | None = None, **changes: Any) -> None:
    who = who or publisher()
    publish(job(lake, who, **changes), Depot(who, folder))


SAMPLE = Source(id="s", name="S", kind="sample", rank=1, sample_profile="x")


@pytest.mark.parametrize(
    ("who", "changes", "expected"),
    [
        ({"demo": True}, {}, "produites pour la démonstration"),
        ({}, {"sources": (SAMPLE,)}, "produites pour la démonstration"),
        ({"ocid_prefix_is_placeholder": True}, {}, "préfixe OCDS « ocds-a1b2c3 » est provisoire"),
        ({"license": " "}, {}, "aucune licence"),
        (
            {},
            {"checks": Checks(blocking=("contracts, decp_c_001",))},
            "contrôles bloquants en échec ou sans résultat : contracts",
        ),
    ],
)
def test_what_may_never_be_published_is_refused_whatever_the_settings(
    lake: Lake, tmp_path: Path, who: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    accept = ("ville:2026-01-20",)
    with pytest.raises(RefusedError, match=expected):
        _publish(lake, tmp_path / "depot", publisher(**who), accept=accept, **changes)
    assert not (tmp_path / "depot").exists()


def test_exports_made_of_generated_data_are_refused_by_their_manifest(lake: Lake, tmp_path: Path) -> None:
    path = Path(str(lake.exports("ville") / "manifest.json"))
    path.write_text(path.read_text().replace('{"publisher"', '{"demo": true, "publisher"'))
    with pytest.raises(RefusedError, match="démonstration"):
        _publish(lake, tmp_path / "depot")


def test_exports_made_without_a_licence_are_refused_by_their_manifest(lake: Lake, tmp_path: Path) -> None:
    path = Path(str(lake.exports("ville"))) / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"license": " "}))
    with pytest.raises(RefusedError, match="les exports ont été faits sans licence"):
        _publish(lake, tmp_path / "depot")
    path.write_text(json.dumps(manifest | {"license": "https://exemple.fr/licence"}))
    _publish(lake, tmp_path / "depot")


def test_a_loss_of_rows_beyond_the_threshold_asks_for_a_person(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    write_exports(lake, rows(99))
    _publish(lake, tmp_path / "depot")  # one in a hundred: below the threshold
    manifest = write_exports(lake, rows(90))
    with pytest.raises(RefusedError, match=r"90 lignes, contre 99 à la dernière publication \(-9,1 %, seuil -2 %\)"):
        _publish(lake, tmp_path / "depot")
    assert len((tmp_path / "depot/courant/decp_marches.csv").read_text().split("ocds-a1b2c3-M")) == 100
    with pytest.raises(RefusedError, match=f"PROCUREMENT_ACCEPT_DROP=ville:{manifest[:12]}"):
        _publish(lake, tmp_path / "depot", accept=("ville:2026-01-20", f"autre:{manifest}"))
    _publish(lake, tmp_path / "depot", accept=(f"ville:{manifest[:12]}",))
    state = read_state(lake, "ville", "depot")
    assert state.last is not None
    assert state.last.rows["decp_marches.csv"] == 90


def test_what_was_accepted_once_is_not_accepted_for_the_next(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    first = write_exports(lake, rows(50), data_date="2026-01-21")
    _publish(lake, tmp_path / "depot", accept=(f"ville:{first}",))
    write_exports(lake, rows(20), data_date="2026-01-22")
    with pytest.raises(RefusedError, match="20 lignes, contre 50"):
        _publish(lake, tmp_path / "depot", accept=(f"ville:{first}",))


def test_an_agreement_serves_once_even_for_the_same_publication(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    _publish(lake, folder)
    agreed = write_exports(lake, rows(50))
    accept = (f"ville:{agreed[:12]}",)
    _publish(lake, folder, accept=accept)
    _publish(lake, folder, accept=accept)  # nothing new, nothing to accept
    back = write_exports(lake, rows(100))
    _publish(lake, folder, accept=(*accept, f"ville:{back}"))
    assert write_exports(lake, rows(50)) == agreed  # the very same bytes come back
    with pytest.raises(RefusedError, match=f"PROCUREMENT_ACCEPT_DROP=ville:{agreed[:12]}:2"):
        _publish(lake, folder, accept=accept)
    _publish(lake, folder, accept=(f"ville:{agreed[:12]}:2",))


def test_an_agreement_stands_until_the_publication_that_it_is_for_comes_to_its_end(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    _publish(lake, folder)
    agreed = write_exports(lake, rows(50))
    (folder / "versions" / agreed[:12]).write_text("au milieu")  # the disk refuses: the folder cannot be made
    with pytest.raises(PortalError):
        _publish(lake, folder, accept=(f"ville:{agreed[:12]}",))
    (folder / "versions" / agreed[:12]).unlink()
    _publish(lake, folder, accept=(f"ville:{agreed[:12]}",))


def test_a_change_of_sum_beyond_the_threshold_asks_for_a_person(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    contracts = rows(100)
    contracts[3]["montant"] = 1e9
    write_exports(lake, contracts)
    with pytest.raises(RefusedError, match=r"somme de montant : .* €, contre 94 "):
        _publish(lake, tmp_path / "depot")


def test_an_amount_marked_as_suspect_changes_no_sum(lake: Lake, tmp_path: Path) -> None:
    _publish(lake, tmp_path / "depot")
    contracts = rows(100)
    contracts[9]["montant"] = 1e12  # marked: each tenth is
    write_exports(lake, contracts)
    _publish(lake, tmp_path / "depot")


def test_exports_without_a_row_are_refused(tmp_path: Path) -> None:
    lake = lake_at(tmp_path)
    write_exports(lake, rows(0))
    with pytest.raises(RefusedError, match="aucune ligne à publier"):
        _publish(lake, tmp_path / "depot")


def test_a_table_whose_columns_are_not_described_is_not_sent(lake: Lake, tmp_path: Path) -> None:
    import hashlib
    import json

    folder = Path(str(lake.exports("ville")))
    data = b"uid,secret\n1,2\n"
    (folder / "decp_marches.csv").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="les colonnes ne sont pas celles de la description"):
        _publish(lake, tmp_path / "depot")


@pytest.mark.parametrize(("percent", "before", "now"), [(2.0, 100, 98), (58.0, 100, 42), (0.1, 3000, 2997), (0, 7, 7)])
def test_a_change_of_just_the_threshold_needs_nobody_and_one_more_does(percent: float, before: int, now: int) -> None:
    file, limits = "decp_marches.csv", Thresholds(row_drop=percent, sum_change=percent)
    last = Publication(
        manifest_sha256="0", data_date="2026-01-01", at="", files={}, rows={file: before}, sums={f"{file}:m": -before}
    )
    assert changes(Measures(rows={file: now}, sums={f"{file}:m": -now}), last, limits) == []
    beyond = changes(Measures(rows={file: now - 1}, sums={f"{file}:m": -now + 1}), last, limits)
    assert [line.partition(" :")[0] for line in beyond] == [file, f"{file}, somme de m"]
