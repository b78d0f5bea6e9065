from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from werkzeug import Request, Response

from procurement_assets.lake import Lake
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.parts import BodyHead, Part, open_part, parts_folder
from procurement_assets_tests.sources.conftest import Host, etag_of, served

URL = "https://a.fr/../../etc/passwd?name=x.json"


def test_a_download_under_way_is_found_again(tmp_path: Path) -> None:
    with open_part(tmp_path, URL) as part:
        part.begin(BodyHead(validator='"v1"'))
        part.path.write_bytes(b"12345")
    with open_part(tmp_path, URL) as again:
        assert again.resume_headers() == {"Range": "bytes=5-", "If-Range": '"v1"'}


def test_file_names_are_hashes_and_never_remote_text(tmp_path: Path) -> None:
    with open_part(tmp_path, URL) as part:
        part.begin(BodyHead())
        names = sorted(p.name for p in tmp_path.iterdir())
    assert len(names) == 3
    assert all(re.fullmatch(r"[0-9a-f]{40}\.(part|json|lock)", n) for n in names)


def test_the_lock_goes_with_the_download(tmp_path: Path) -> None:
    with open_part(tmp_path, URL):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_downloads_of_one_address_at_once_do_not_mix(tmp_path: Path) -> None:
    with open_part(tmp_path, URL) as first:
        first.begin(BodyHead())
        with open_part(tmp_path, URL) as second:
            second.begin(BodyHead())
            second.path.write_bytes(b"mine")
            assert second.path != first.path
            assert first.size == 0
        assert not second.path.exists()
        assert first.path.exists()


@pytest.mark.parametrize("head", [None, b"{half", BodyHead(validator="")])
def test_without_knowing_what_the_bytes_are_nothing_is_resumed(tmp_path: Path, head: bytes | BodyHead | None) -> None:
    part = Part(tmp_path / "x.part")
    if isinstance(head, BodyHead):
        part.begin(head)
    elif head:
        part.head_path.write_bytes(head)
    part.path.write_bytes(b"12345")
    assert part.resume_headers() == {}


def test_parts_lie_in_a_local_lake(lake: Lake, tmp_path: Path) -> None:
    assert parts_folder(lake) == tmp_path / "lake" / "raw" / "parts"


def test_parts_of_a_bucket_lie_in_a_private_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = parts_folder(Lake("memory://bucket/lake"))
    assert folder.parent == tmp_path / f"procurement-assets-{os.getuid()}"
    assert folder.parent.stat().st_mode & 0o077 == 0
    assert folder != parts_folder(Lake("memory://bucket/other"))


_CHILD = """
import sys
from pathlib import Path
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.parts import open_part
with open_part(Path(sys.argv[1]), "https://a.fr/f.json") as part:
    HttpClient(mirror=sys.argv[2]).fetch("https://a.fr/f.json", part)
"""


def test_a_process_killed_in_the_middle_is_resumed_by_the_next(host: Host, tmp_path: Path) -> None:
    data = b"[" + b"1" * (512 * 1024) + b"]"
    release = threading.Event()

    def half_then_silence(_: Request) -> Response:
        def body() -> object:
            yield data[: 256 * 1024]
            release.wait(60)

        return Response(body(), 200, {"ETag": etag_of(data), "Content-Length": str(len(data))})  # type: ignore[arg-type]

    host.script("/a.fr/f.json", half_then_silence, served(data))
    folder = tmp_path / "parts"
    folder.mkdir()
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(folder), host.url])
    try:
        _wait_for(lambda: sum(p.stat().st_size for p in folder.glob("*.part")) >= 256 * 1024)
    finally:
        child.kill()
        child.wait()
        release.set()
    assert sorted(p.suffix for p in folder.iterdir()) == [".json", ".lock", ".part"]
    with open_part(folder, "https://a.fr/f.json") as part:
        HttpClient(mirror=host.url).fetch("https://a.fr/f.json", part)
        assert part.path.read_bytes() == data
        assert part.received == len(data) - 256 * 1024
    assert host.asked[-1].headers["Range"] == f"bytes={256 * 1024}-"


def _wait_for(condition: object) -> None:
    assert callable(condition)
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("the child process did not get its half")
