"""The whole graph on object storage: the lake at `s3://…`, served by moto on the loopback address."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import dagster as dg
import polars as pl
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from procurement_assets.definitions import defs
from procurement_assets.lake import Lake


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of an S3 server of our own; fsspec would otherwise give back the connection to another test's server."""
    S3FileSystem.clear_instance_cache()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    boto3.client("s3").create_bucket(Bucket="ville", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    yield "s3://ville/decp"
    server.stop()
    S3FileSystem.clear_instance_cache()


def test_the_graph_runs_on_object_storage(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCUREMENT_OFFLINE", "1")
    monkeypatch.setenv("PROCUREMENT_LAKE", bucket)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs().resolve_job_def("refresh")
        result = job.execute_in_process(instance=instance, partition_key="paris", run_config=quiet)
    assert result.success
    lake = Lake(bucket)
    contracts = lake.read_table("contracts", "paris")
    with (lake.exports("paris") / "decp_marches.parquet").open("rb") as handle:
        assert pl.read_parquet(handle).height == contracts.height > 2000
