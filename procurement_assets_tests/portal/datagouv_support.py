"""For the tests of the data.gouv.fr client: small packages, and a small engine that plans again after a fault."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from procurement_assets.portal.exports.described import describe
from procurement_assets.portal.publishing.datagouv import Datagouv
from procurement_assets.portal.publishing.http import AmbiguousError, PortalSession
from procurement_assets.portal.publishing.package import Package, PackageFile
from procurement_assets.portal.publishing.plan import Step, filled
from procurement_assets.portal.publishing.portal import TargetState
from procurement_assets.publisher_portal import DatagouvPortal
from procurement_assets.publishers import Publisher, load_publishers
from procurement_assets.settings import PACKAGE
from procurement_assets_tests.portal.running_udata import Udata

RELEASES = json.dumps(
    {"uri": "https://example.org/p", "version": "1.1", "releases": [{"ocid": "ocds-abcdef-1"}]}
).encode()
FILES = {
    "decp_marches.csv": b"uid;montant\nA;1\nB;2\n",
    "decp_marches.parquet": b"PAR1....PAR1",
    "procurement.duckdb": b"DUCK",
    "releases.jsonl.gz": gzip.compress(b"{}\n", mtime=0),
    "ocds/release_package_2024.json.gz": gzip.compress(RELEASES, mtime=0),
    "decp_2022.json": b'{"marches": {"marche": []}}',
    "decp_2019.xml": b"<marches/>",
    "politique_publication.html": b"<!doctype html><title>p</title>",
    "catalog.ttl": b"<https://example.org/> a <https://example.org/c> .",
}
ORDER = list(FILES)


def package(root: Path, files: dict[str, bytes]) -> Package:
    """A package of these files, frozen under `root`, in this order."""
    listed = []
    for name, data in files.items():
        sha256 = hashlib.sha256(data).hexdigest()
        frozen = root / sha256[:2] / sha256
        frozen.parent.mkdir(parents=True, exist_ok=True)
        frozen.write_bytes(data)
        rows = data.count(b"\n") - 1 if name.endswith(".csv") else None
        title = f"Titre de {name}"
        kind = describe(name)
        role = kind.role if kind else ""
        listed.append(PackageFile(name=name, bytes=len(data), sha256=sha256, rows=rows, title=title, role=role))
    manifest = hashlib.sha256(repr(listed).encode()).hexdigest()
    return Package(
        publisher="paris", data_date="2026-01-08", manifest_sha256=manifest, files=tuple(listed), store=str(root)
    )


def paris(api_url: str, organization: str = "ville-de-paris", **changes: object) -> Publisher:
    """The publisher of publishers.toml, its portal at another address. `changes`: of its descriptive metadata."""
    publisher = load_publishers(PACKAGE / "publishers.toml").publishers["paris"]
    assert publisher.portal is not None
    settings = DatagouvPortal(api_url=api_url, organization=organization, spatial_zones=("fr:departement:75",))
    portal = msgspec.structs.replace(publisher.portal, datagouv=settings, **changes)
    return msgspec.structs.replace(publisher, portal=portal)


def make(publisher: Publisher, key: str | None, **options: object) -> Datagouv:
    """A client that gives up soon."""
    quick = functools.partial(PortalSession, attempts=3, backoff=0.01)
    return Datagouv(publisher, key=key, session=quick, **options)  # type: ignore[arg-type]


def publish(client: Datagouv, wanted: Package, *, before: Callable[[int, Step], None] = lambda n, step: None) -> int:
    """Plan and execute until nothing is left to do; returns the number of calls. `before` is told each step."""
    bindings: dict[str, str] = {}
    calls = 0
    for _ in range(5):
        todo = client.plan(TargetState(target="datagouv", bindings=bindings), wanted)
        if not todo:
            return calls
        try:
            for step in todo:
                ready = filled(step, bindings)
                before(calls, ready)
                bindings |= client.execute(ready).bindings
                calls += 1
        except AmbiguousError:
            continue
    raise AssertionError("five plans were not enough")


def client(udata: Udata, key: str | None = None, **settings: str) -> Datagouv:
    """A client of a running udata, with the key of a member."""
    return make(paris(udata.api, **settings), key or udata.member)


def named(udata: Udata, dataset: str) -> Datagouv:
    """A client whose settings name the dataset."""
    who = paris(udata.api)
    assert who.portal is not None
    assert who.portal.datagouv is not None
    settings = msgspec.structs.replace(who.portal.datagouv, dataset=dataset)
    portal = msgspec.structs.replace(who.portal, datagouv=settings)
    return make(msgspec.structs.replace(who, portal=portal), udata.member)


def names(dataset: dict[str, Any]) -> list[str]:
    """Files that the resources of a dataset say they are, in their order; empty: none of ours."""
    return [r["extras"].get("procurement-assets:file", "") for r in dataset["resources"]]


def by_name(udata: Udata) -> dict[str, dict[str, Any]]:
    """The resources that anyone sees, by file."""
    (dataset,) = udata.public()
    return dict(zip(names(dataset), dataset["resources"], strict=True))
