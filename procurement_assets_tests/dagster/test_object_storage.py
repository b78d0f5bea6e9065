"""The whole graph on object storage: the lake at `s3://…`, served by moto on the loopback address."""

from __future__ import annotations

import dagster as dg
import polars as pl
import pytest

from procurement_assets.definitions import defs
from procurement_assets.lake import Lake


def test_the_graph_runs_on_object_storage(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    monkeypatch.setenv("PROCUREMENT_LAKE", f"{bucket}/decp")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs().resolve_job_def("refresh")
        result = job.execute_in_process(instance=instance, partition_key="paris", run_config=quiet)
    assert result.success
    lake = Lake(f"{bucket}/decp")
    contracts = lake.read_table("contracts", "paris")
    with (lake.exports("paris") / "decp_marches.parquet").open("rb") as handle:
        assert pl.read_parquet(handle).height == contracts.height > 2000
