"""A whole publisher: its manifest, and the mirror of the real sources with and without faults."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from werkzeug import Response

from procurement_assets.lake import Lake
from procurement_assets.publishers import Publisher, Publishers, Source, load_publishers
from procurement_assets.settings import PACKAGE, Settings
from procurement_assets.sources.errors import SourceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.manifest import ManifestRow, read_manifest
from procurement_assets.sources.snapshots import refresh_publisher
from procurement_assets.storage_errors import StorageError
from procurement_assets_tests.conftest import Mirror
from procurement_assets_tests.sources.conftest import LATER, NOW, Host, served, sha256
from procurement_assets_tests.test_storage_errors import file_size_limit

V1, V2 = b'{"marches": []}', b'{"marches": [{}]}'


@pytest.fixture
def two() -> Publishers:
    """A publisher with two sources of one address each."""
    sources = {i: Source(id=i, name=i, kind="file", rank=1, url=f"https://{i}.fr/f.json") for i in ("a", "b")}
    publisher = Publisher(
        id="ville",
        name="Ville",
        siren="217500016",
        uri="https://ville.fr",
        ocid_prefix="ocds-xxxxxx",
        license="l",
        publication_policy="p",
        sources=("b", "a"),
    )
    return Publishers(publishers={"ville": publisher}, sources=sources)


def test_the_manifest_is_written_and_returned(host: Host, lake: Lake, client: HttpClient, two: Publishers) -> None:
    host.script("/a.fr/f.json", served(V1))
    host.script("/b.fr/f.json", served(V2))
    settings = Settings(lake=str(lake.root))
    rows = refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW, http=client)
    assert [(r.source, r.status, r.sha256) for r in rows] == [("a", "kept", sha256(V1)), ("b", "kept", sha256(V2))]
    assert read_manifest(lake, "ville") == rows
    again = refresh_publisher(two, "ville", lake=lake, settings=settings, now=LATER, http=client)
    assert [r.status for r in again] == ["unchanged", "unchanged"]


def test_the_client_is_made_from_the_settings(host: Host, lake: Lake, two: Publishers) -> None:
    host.script("/a.fr/f.json", served(V1))
    host.script("/b.fr/f.json", served(V2))
    settings = Settings(lake=str(lake.root), mirror=host.url)
    assert len(refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW)) == 2


def test_offline_the_files_held_are_used_as_they_are_and_a_source_never_held_is_told(
    host: Host, lake: Lake, client: HttpClient, two: Publishers
) -> None:
    settings = Settings(lake=str(lake.root), offline=True)
    with pytest.raises(SourceUnavailable, match="PROCUREMENT_OFFLINE"):
        refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW)
    host.script("/a.fr/f.json", served(V1))
    host.script("/b.fr/f.json", served(V2))
    rows = refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW, http=client)
    asked = len(host.asked)
    assert refresh_publisher(two, "ville", lake=lake, settings=settings, now=LATER) == rows
    assert len(host.asked) == asked


def test_a_source_that_fails_leaves_its_rows_and_those_of_the_others(
    host: Host, lake: Lake, client: HttpClient, two: Publishers
) -> None:
    settings = Settings(lake=str(lake.root))
    host.script("/a.fr/f.json", Response("", 503))
    host.script("/b.fr/f.json", served(V1))
    with pytest.raises(SourceUnavailable, match="source 'a'"):
        refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW, http=client)
    assert [(r.source, r.status) for r in read_manifest(lake, "ville")] == [("b", "kept")]
    host.script("/b.fr/f.json", served(V2))
    with pytest.raises(SourceUnavailable, match="source 'a'"):
        refresh_publisher(two, "ville", lake=lake, settings=settings, now=LATER, http=client)
    assert [(r.source, r.sha256) for r in read_manifest(lake, "ville")] == [("b", sha256(V2))]


def test_a_disk_that_refuses_a_download_is_told_and_the_manifest_stays(
    host: Host, lake: Lake, client: HttpClient, two: Publishers
) -> None:
    host.script("/a.fr/f.json", served(V1))
    host.script("/b.fr/f.json", served(V2))
    settings = Settings(lake=str(lake.root))
    before = refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW, http=client)
    host.script("/b.fr/f.json", served(b" " * 100_000))
    with file_size_limit(50_000), pytest.raises(StorageError) as caught:
        refresh_publisher(two, "ville", lake=lake, settings=settings, now=LATER, http=client)
    assert str(caught.value).startswith(f"{lake / 'raw'} : un fichier ne peut pas être aussi gros ici. ")
    assert read_manifest(lake, "ville") == before


def test_every_source_that_fails_is_named(host: Host, lake: Lake, client: HttpClient, two: Publishers) -> None:
    for path in ("/a.fr/f.json", "/b.fr/f.json"):
        host.script(path, Response("", 503))
    with pytest.raises(SourceUnavailable, match=r"(?s)source 'a'.*source 'b'"):
        refresh_publisher(two, "ville", lake=lake, settings=Settings(lake="x"), now=NOW, http=client)


def test_rows_of_a_source_removed_from_the_settings_are_dropped(
    host: Host, lake: Lake, client: HttpClient, two: Publishers
) -> None:
    host.script("/a.fr/f.json", served(V1))
    host.script("/b.fr/f.json", served(V2))
    settings = Settings(lake=str(lake.root))
    refresh_publisher(two, "ville", lake=lake, settings=settings, now=NOW, http=client)
    fewer = msgspec.structs.replace(two.publishers["ville"], sources=("a",))
    alone = Publishers(publishers={"ville": fewer}, sources=two.sources)
    rows = refresh_publisher(alone, "ville", lake=lake, settings=settings, now=LATER, http=client)
    assert [r.source for r in rows] == ["a"]


# The mirror of the real sources

PUBLISHERS = ("paris", "national-2019")


def refresh_all(lake: Lake, mirror: Mirror, waits: list[float]) -> dict[str, list[ManifestRow]]:
    """Both publishers, each with the client of the default settings (but for the sleeping)."""
    settings = Settings(lake=str(lake.root), mirror=mirror.address)
    publishers = load_publishers(PACKAGE / "publishers.toml")
    return {
        p: refresh_publisher(
            publishers,
            p,
            lake=lake,
            settings=settings,
            now=NOW,
            http=HttpClient.from_settings(settings, sleep=waits.append),
        )
        for p in PUBLISHERS
    }


def stored(rows: dict[str, list[ManifestRow]]) -> set[tuple[str, str]]:
    return {(r.resource_id, r.sha256) for found in rows.values() for r in found}


Rows = dict[str, list[ManifestRow]]


@pytest.fixture(scope="module")
def sound(start_mirror: Callable[..., Mirror], tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Mirror, Rows]:
    """A first refresh of both publishers from a mirror without faults: lake, mirror (still up) and rows."""
    mirror, waits = start_mirror(), list[float]()
    lake = Lake(tmp_path_factory.mktemp("sound") / "lake")
    rows = refresh_all(lake, mirror, waits)
    assert waits == []
    return lake, mirror, rows


def test_a_second_refresh_of_the_real_sources_downloads_nothing(
    sound: tuple[Lake, Mirror, Rows], waits: list[float]
) -> None:
    lake, mirror, first = sound
    assert Counter(r.source for r in first["paris"]) == {
        "maximilien": 2,
        "minef-consolide": 1,
        "paris-liste-marches": 1,
    }
    assert Counter(r.source for r in first["national-2019"]) == {
        "aife": 1,
        "marches-publics-info": 1,
        "pes": 1,
        "pes-journalier": 110,
    }
    assert {r.status for rows in first.values() for r in rows} == {"kept"}
    asked = len(mirror.requests())
    second = refresh_all(lake, mirror, waits)
    assert {r.status for rows in second.values() for r in rows} == {"unchanged"}
    assert [line["status"] for line in mirror.requests()[asked:]] == [304] * 8
    assert stored(second) == stored(first)


@pytest.mark.parametrize("seed", [1, 7])
def test_a_mirror_with_faults_gives_the_same_bytes(
    sound: tuple[Lake, Mirror, Rows],
    start_mirror: Callable[..., Mirror],
    tmp_path: Path,
    waits: list[float],
    seed: int,
) -> None:
    faulty = start_mirror("--faults", "0.3", "--seed", str(seed))
    rows = refresh_all(Lake(tmp_path / "faulty"), faulty, waits)
    assert stored(rows) == stored(sound[2])
    assert {r.status for found in rows.values() for r in found} == {"kept"}
    assert {line["fault"] for line in faulty.requests()} == {None, "503", "429", "cut", "closed", "html200"}
    assert len(waits) > 50


def test_an_overlay_changes_one_file_only(
    sound: tuple[Lake, Mirror, Rows], start_mirror: Callable[..., Mirror], tmp_path: Path, waits: list[float]
) -> None:
    lake = Lake(shutil.copytree(str(sound[0].root), tmp_path / "lake"))
    dataset = tmp_path / "overlay" / "opendata.paris.fr" / "api" / "explore" / "v2.1" / "catalog" / "datasets"
    export = dataset / "liste-des-marches-de-la-collectivite-parisienne" / "exports" / "json.json"
    export.parent.mkdir(parents=True)
    export.write_bytes(b"[]")
    changed = refresh_all(lake, start_mirror("--overlay", str(tmp_path / "overlay")), waits)
    assert [r.source for rows in changed.values() for r in rows if r.status == "kept"] == ["paris-liste-marches"]
