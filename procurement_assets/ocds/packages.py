"""Release and record packages, and the JSON Lines files, written as streams with the same bytes every time.

`publishedDate` and `uri` are inputs (no clock in the data); a `.gz` has no name and no date in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Annotated, Any

import msgspec
from isal import igzip
from msgspec import Meta

from procurement_assets.ocds.extension import build
from procurement_assets.ocds.pins import load_pins
from procurement_assets.publishers import Publisher

GZIP_LEVEL = 2
"""isal's: a ninth of gzip-6's time, a quarter larger (research/perf.md §2g)."""

_encode = msgspec.json.Encoder().encode


class PackagePublisher(msgspec.Struct, omit_defaults=True, kw_only=True):
    """`publisher` of a package."""

    name: str
    scheme: str | None = None
    uid: str | None = None
    uri: str | None = None


class Package(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What a release package and a record package say about themselves (OCDS reference, packages)."""

    uri: Annotated[str, Meta(min_length=1)]
    version: str
    extensions: list[str]
    publishedDate: str
    publisher: PackagePublisher
    license: str | None = None
    publicationPolicy: str | None = None


def package(publisher: Publisher, *, uri: str, published_date: str) -> Package:
    """The metadata of a package. `published_date`: a date-time with an offset, of the data and not of the clock."""
    return Package(
        uri=uri,
        version="1.1",
        extensions=extensions(publisher),
        publishedDate=published_date,
        publisher=PackagePublisher(name=publisher.name, scheme="FR-RCS", uid=publisher.siren, uri=publisher.uri),
        license=publisher.license or None,
        publicationPolicy=publisher.publication_policy or None,
    )


def extensions(publisher: Publisher) -> list[str]:
    """Addresses of the declared extensions: the registered ones, pinned by commit, and the local one."""
    return [*load_pins().extension_urls, build.url(publisher)]


def unpublishable(publisher: Publisher) -> str | None:
    """Why nothing of this publisher may be published as OCDS yet, or None.

    A prefix is registered at data@open-contracting.org; libcoveocds checks only its form, so a made-up one would pass.
    """
    if publisher.ocid_prefix_is_placeholder:
        return (
            f"the ocid prefix {publisher.ocid_prefix!r} of publisher {publisher.id!r} is a placeholder: ask for one at "
            "data@open-contracting.org, then set ocid_prefix and ocid_prefix_is_placeholder in publishers.toml"
        )
    return None


def write_release_package(handle: IO[bytes], releases: Iterable[bytes], about: Package) -> int:
    """Write a release package; return the number of releases."""
    return _write_package(handle, "releases", releases, about)


def write_record_package(handle: IO[bytes], records: Iterable[bytes], about: Package) -> int:
    """Write a record package; return the number of records."""
    return _write_package(handle, "records", records, about)


def _write_package(handle: IO[bytes], name: str, entries: Iterable[bytes], about: Package) -> int:
    """One entry per line, so that a person and a diff can read it."""
    handle.write(_encode(about)[:-1] + b',"%b":[' % name.encode())
    count = 0
    for count, entry in enumerate(entries, start=1):
        handle.write(b"\n" if count == 1 else b",\n")
        handle.write(entry)
    handle.write(b"\n]}\n")
    return count


def write_lines(handle: IO[bytes], lines: Iterable[bytes]) -> int:
    """Write JSON Lines; return the number of lines."""
    count = 0
    for line in lines:
        handle.write(line + b"\n")
        count += 1
    return count


@contextmanager
def gzipped(handle: IO[bytes]) -> Iterator[IO[bytes]]:
    """A handle that compresses into another one."""
    opened: Any = igzip.IGzipFile
    stream = opened(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=handle, mtime=0)
    with stream:
        yield stream


def read_lines(handle: IO[bytes]) -> Iterator[bytes]:
    """The lines of a compressed JSON Lines file, without their ends."""
    opened: Any = igzip.IGzipFile
    stream = opened(mode="rb", fileobj=handle)
    with stream:
        for line in stream:
            yield line.rstrip(b"\n")
