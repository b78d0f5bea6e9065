"""An asset materialised alone, from the UI, in a lake that lacks what it reads, names the asset to run first."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from procurement_assets.automation import step_cause
from procurement_assets.definitions import defs


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty lake."""
    return tmp_path_factory.mktemp("lac")


@pytest.fixture(scope="module")
def definitions(lake: Path) -> dg.Definitions:
    """The project's definitions, on that lake."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_LAKE", str(lake))
        return defs()


@pytest.mark.parametrize(
    ("asset", "told"),
    [
        ("decp_records", "matérialiser d'abord l'actif 'raw_snapshots'"),
        ("contracts", "matérialiser d'abord l'actif qui fait la table 'decp_records'"),
        ("ocds_compiled_releases", "matérialiser d'abord l'actif 'ocds_releases'"),
        ("findings", "matérialiser d'abord l'actif qui fait la table"),
        ("decp_exports", "matérialiser d'abord l'actif qui fait la table"),
    ],
)
def test_an_asset_run_alone_says_what_is_missing(
    definitions: dg.Definitions, lake: Path, asset: str, told: str
) -> None:
    graph = definitions.resolve_asset_graph()
    keys = {k for k in graph.get(dg.AssetKey(asset)).execution_set_entity_keys if isinstance(k, dg.AssetKey)}
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
    result = job.execute_in_process(partition_key="paris", raise_on_error=False)
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert told in step_cause(failure)
    assert str(lake) in step_cause(failure)
    assert "No such file" not in step_cause(failure)


def test_no_step_starts_again_when_it_is_stopped(definitions: dg.Definitions) -> None:
    """Dagster gives a step with a retry policy another try after an interruption."""
    policies = {node.name: node.definition.retry_policy for node in definitions.resolve_job_def("refresh").graph.nodes}
    assert "raw_snapshots" in policies
    assert {name for name, policy in policies.items() if policy} == set()
