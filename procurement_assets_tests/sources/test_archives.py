"""Archives of a source: each file for itself, whatever the archive tries."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from procurement_assets.decp.parse import build_records
from procurement_assets.lake import Lake
from procurement_assets.sources import archives
from procurement_assets.sources.archives import Member, members_of
from procurement_assets.sources.manifest import ManifestRow, read_manifest, write_manifest
from procurement_assets.sources.parts import parts_folder
from procurement_assets.sources.store import store_file
from procurement_assets_tests.sources.conftest import LATER, Refresher, file_path, served, sha256

BUYER = "21750001600019"
LIMIT = 100 << 20


def marches(*ids: str) -> bytes:
    records = ",".join(f'{{"id":"{i}","acheteur":{{"id":"{BUYER}"}},"objet":"x"}}' for i in ids)
    return f'{{"marches":[{records}]}}'.encode()


def zipped(files: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def held(lake: Lake, data: bytes) -> str:
    """Put bytes in the store, as a download does; their sha256."""
    path = parts_folder(lake) / "incoming"
    path.write_bytes(data)
    return store_file(lake, path)[0]


def opened(lake: Lake, data: bytes, limit: int = LIMIT) -> list[Member]:
    return members_of(lake, held(lake, data), limit)


def told(members: list[Member]) -> dict[str, tuple[str, str]]:
    return {m.name: (m.status, m.reason) for m in members}


# What an archive holds


def test_each_file_is_kept_by_its_content_in_the_order_of_names(lake: Lake) -> None:
    a, b = marches("1"), b"<marches/>"
    found = opened(lake, zipped({"b.xml": b, "2024/a.json": a}))
    assert found == [Member("2024/a.json", "kept", sha256(a), len(a)), Member("b.xml", "kept", sha256(b), len(b))]
    assert lake.raw(sha256(a)).read_bytes() == a
    assert not list((lake / "raw" / "parts").iterdir())


def test_the_order_of_the_archive_changes_nothing(lake: Lake) -> None:
    files = [("b.json", marches("1")), ("a.json", marches("2")), ("c.json", marches("3"))]
    assert opened(lake, zipped(files)) == opened(lake, zipped(files[::-1]))


def test_a_file_that_is_no_archive_has_no_members(lake: Lake) -> None:
    assert opened(lake, marches("1")) == []
    assert not (lake / "raw" / "archives").exists()


def test_an_archive_is_opened_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped({"a.json": marches("1")})
    first = opened(lake, data)
    monkeypatch.setattr(archives, "_unpacked", lambda *_: pytest.fail("opened again"))
    assert opened(lake, data) == first


def test_an_archive_is_opened_again_where_a_file_of_it_was_lost(lake: Lake) -> None:
    data = zipped({"a.json": marches("1")})
    (member,) = opened(lake, data)
    lake.raw(member.sha256).unlink()
    assert opened(lake, data) == [member]
    assert lake.raw(member.sha256).read_bytes() == marches("1")


def test_files_that_are_no_data_are_left_out_and_say_why(lake: Lake) -> None:
    files = dict.fromkeys(("notice.pdf", "a.CSV", "__MACOSX/._a.json", ".DS_Store", "x.tar.gz"), b"x")
    assert told(opened(lake, zipped(files))) == {
        "notice.pdf": ("ignored", "format « pdf » : seuls JSON et XML sont lus"),
        "a.CSV": ("ignored", "format « csv » : seuls JSON et XML sont lus"),
        "x.tar.gz": ("ignored", "format « tar » : seuls JSON et XML sont lus"),
        "__MACOSX/._a.json": ("ignored", "fichier technique de l'archive"),
        ".DS_Store": ("ignored", "fichier technique de l'archive"),
    }


def test_folders_are_no_files(lake: Lake) -> None:
    assert [m.name for m in opened(lake, zipped([("d/", b""), ("d/a.json", b"{}")]))] == ["d/a.json"]


# What an archive may try


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd.json", "etc/passwd.json"),
        ("/abs/a.json", "abs/a.json"),
        ("C:\\dossier\\a.json", "C_/dossier/a.json"),
        ("a/./b/../c.json", "a/b/c.json"),
        ("<script>x\n.json", "_script_x_.json"),
        ("marchés d'été 2024.json", "marchés d'été 2024.json"),
        ("n" * 300 + ".json", "n" * 195 + ".json"),
    ],
)
def test_the_name_of_a_file_is_only_a_label(lake: Lake, tmp_path: Path, name: str, label: str) -> None:
    (member,) = opened(lake, zipped({name: marches("1")}))
    assert (member.name, member.status) == (label, "kept")
    written = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert {n for n in written if not n.removesuffix(".json").isalnum()} == set(), written


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_files_of_the_same_name_are_each_there(lake: Lake) -> None:
    found = opened(lake, zipped([("a.json", marches("1")), ("a.json", marches("2")), ("../a.json", marches("3"))]))
    assert [(m.name, m.sha256) for m in found] == [
        ("a.json", sha256(marches("1"))),
        ("(2) a.json", sha256(marches("2"))),
        ("(3) a.json", sha256(marches("3"))),
    ]


def test_an_archive_inside_an_archive_stays_closed(lake: Lake) -> None:
    inner = zipped({"a.json": marches("1")})
    closed = ("refused", "archive dans une archive : elle n'est pas ouverte")
    found = opened(lake, zipped({"inner.zip": inner, "disguised.json": inner}))
    assert told(found) == {"inner.zip": closed, "disguised.json": closed}


def test_a_bomb_is_refused_without_being_expanded(lake: Lake) -> None:
    bomb = zipped({"bomb.json": b" " * (archives.RATIO_COUNTS_FROM + 1), "a.json": marches("1")})
    assert told(opened(lake, bomb)) == {
        "a.json": ("kept", ""),
        "bomb.json": ("refused", "taux de compression de plus de 200 : tenu pour un piège"),
    }


def test_the_files_of_an_archive_share_the_size_allowed(lake: Lake) -> None:
    data = zipped({name: b"{}" + name.encode() * 50 for name in ("a.json", "b.json", "c.json")})
    assert [m.status for m in opened(lake, data, limit=700)] == ["kept", "kept", "refused"]
    assert [m.status for m in opened(lake, data, limit=1_000)] == ["kept", "kept", "kept"], "the limit was raised"


def test_an_encrypted_file_is_refused(lake: Lake) -> None:
    data = bytearray(zipped({"a.json": marches("1")}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert told(opened(lake, bytes(data))) == {"a.json": ("refused", "fichier chiffré dans l'archive")}


def test_another_compression_is_refused(lake: Lake) -> None:
    found = opened(lake, zipped({"a.json": marches("1")}, zipfile.ZIP_LZMA))
    assert told(found) == {"a.json": ("refused", "compression non prise en charge (méthode 14)")}


def test_a_damaged_file_is_refused_and_the_next_is_read(lake: Lake) -> None:
    data = bytearray(zipped({"a.json": marches("1"), "b.json": marches("2")}, zipfile.ZIP_STORED))
    data[data.index(b"21750001600019")] ^= 1
    assert told(opened(lake, bytes(data))) == {
        "a.json": ("refused", "fichier endommagé dans l'archive"),
        "b.json": ("kept", ""),
    }


def test_a_file_that_is_longer_than_it_says_is_refused(lake: Lake) -> None:
    data = bytearray(zipped({"a.json": marches("1", "2", "3")}))
    at = data.index(b"PK\x01\x02") + 24  # its size, in the directory of the archive
    data[at : at + 4] = (10).to_bytes(4, "little")
    assert told(opened(lake, bytes(data))) == {"a.json": ("refused", "fichier endommagé dans l'archive")}


def test_an_archive_of_too_many_files_is_not_opened(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    assert opened(lake, zipped({f"{n}.json": b"{}" for n in range(3)})) == []


@pytest.mark.parametrize("cut", range(1, 200))
def test_a_cut_archive_never_raises(lake: Lake, cut: int) -> None:
    assert opened(lake, zipped({"a.json": marches("1")})[:-cut]) in (
        [],
        [Member("a.json", "refused", reason="fichier endommagé dans l'archive")],
    )


@pytest.mark.parametrize("at", range(260))
def test_an_archive_with_a_wrong_byte_never_raises(lake: Lake, at: int) -> None:
    data = bytearray(zipped({"a.json": marches("1")}))
    data[at % len(data)] ^= 0xFF
    for member in opened(lake, bytes(data)):
        assert member.status in ("kept", "refused", "ignored")


# In the manifest


def served_archive(refresh: Refresher, data: bytes) -> None:
    refresh.serve("decp.zip", data, announced=None, format="zip")


def test_the_files_of_an_archive_have_rows_of_their_own(refresh: Refresher) -> None:
    served_archive(refresh, zipped({"a.json": marches("1"), "b.csv": b"x"}))
    archive, a, b = refresh()
    assert [(r.title, r.status, r.is_archive, r.is_member) for r in (archive, a, b)] == [
        ("decp.zip", "kept", True, False),
        ("decp.zip/a.json", "kept", False, True),
        ("decp.zip/b.csv", "ignored", False, True),
    ]
    assert (a.resource_id, a.published_at, a.bytes) == ("id-decp.zip/a.json", archive.published_at, len(marches("1")))
    assert refresh.bytes_of(a) == marches("1")


def test_an_unchanged_archive_is_not_downloaded_again(refresh: Refresher) -> None:
    served_archive(refresh, zipped({"a.json": marches("1")}))
    refresh()
    received = refresh.client.bytes_received
    rows = refresh(LATER)
    assert [(r.title, r.status) for r in rows] == [("decp.zip", "unchanged"), ("decp.zip/a.json", "unchanged")]
    assert refresh.client.bytes_received - received < 2_000, "the listing, and a 304"
    assert [r.fetched_at for r in rows] == [rows[0].fetched_at] * 2


def test_a_file_that_its_archive_no_longer_holds_is_gone_and_its_bytes_stay(refresh: Refresher) -> None:
    served_archive(refresh, zipped({"a.json": marches("1"), "b.json": marches("2")}))
    refresh()
    refresh.host.script(file_path("decp.zip"), served(zipped({"a.json": marches("1")})))
    for _ in range(2):
        archive, a, b = refresh(LATER)
        assert (a.title, a.status) == ("decp.zip/a.json", archive.status)
        assert (b.title, b.status, b.reason) == ("decp.zip/b.json", "gone", "le fichier n'est plus dans son archive")
        assert refresh.bytes_of(b) == marches("2")


def test_an_archive_that_is_gone_keeps_its_files(refresh: Refresher) -> None:
    served_archive(refresh, zipped({"a.json": marches("1")}))
    refresh()
    refresh.serve("other.json", marches("2"))
    found = {r.title: r.status for r in refresh(LATER)}
    assert found == {"other.json": "kept", "decp.zip": "gone", "decp.zip/a.json": "gone"}


def test_a_file_that_takes_the_place_of_an_archive_takes_that_of_its_files(refresh: Refresher) -> None:
    served_archive(refresh, zipped({"a.json": marches("1")}))
    refresh()
    refresh.host.script(file_path("decp.zip"), served(marches("1", "2")))
    (row,) = refresh(LATER)
    assert (row.status, row.archive) == ("kept", "")
    assert refresh.bytes_of(row) == marches("1", "2")


# Up to the records


def read_through(refresh: Refresher, rows: list[ManifestRow]) -> tuple[pl.DataFrame, pl.DataFrame]:
    write_manifest(refresh.lake, "p", rows)
    build_records(refresh.lake, "p", read_manifest(refresh.lake, "p"))
    return refresh.lake.read_table("decp_records", "p"), refresh.lake.read_table("quarantine", "p")


def test_the_files_of_an_archive_are_read_as_any_file(refresh: Refresher) -> None:
    encrypted = bytearray(zipped({"a.json": marches("1", "2"), "b.json": b"<html>", "c.json": marches("3")}))
    encrypted[encrypted.rindex(b"PK\x01\x02") + 8] |= 1
    served_archive(refresh, bytes(encrypted))
    records, quarantine = read_through(refresh, refresh())
    assert records["fichier"].to_list() == ["decp.zip/a.json"] * 2
    assert quarantine.select("fichier", "reason", "detail").sort("fichier").rows() == [
        ("decp.zip/b.json", "file.html", ""),
        ("decp.zip/c.json", "file.refused", "fichier chiffré dans l'archive"),
    ]


@pytest.mark.parametrize("data", [zipped({}), zipped({"a.json": marches("1")})[:60]])
def test_an_archive_that_gives_nothing_is_in_quarantine_with_its_first_bytes(refresh: Refresher, data: bytes) -> None:
    served_archive(refresh, data)
    records, quarantine = read_through(refresh, refresh())
    assert records.height == 0
    assert quarantine.select("fichier", "reason", "raw").rows() == [("decp.zip", "file.archive", data)]
