"""The OCDS files that hold everything: releases, compiled releases, records; each process passes once.

    exports/PUBLISHER/releases.jsonl.gz, compiled_releases.jsonl.gz, record_package.json

The compiled releases are those of the lake, made from the same releases: they are not made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import msgspec

from procurement_assets.lake import Lake, replacing
from procurement_assets.ocds.compile import by_ocid, header_of
from procurement_assets.ocds.packages import gzipped, package, write_lines, write_record_package
from procurement_assets.ocds.produce import COMPILED, RELEASES, date_time, lines_of
from procurement_assets.publishers import Publisher

_encode = msgspec.json.Encoder().encode


class OutdatedError(ValueError):
    """The compiled releases of the lake are not those of its releases; the message says what to do."""


class Whole(msgspec.Struct, frozen=True):
    """All that is published of a process."""

    ocid: str
    releases: list[bytes]
    """As JSON, oldest first."""
    compiled: bytes

    @property
    def record(self) -> bytes:
        """Its record, as `StateCompiler.record` writes it."""
        return b'{"ocid":%b,"releases":[%b],"compiledRelease":%b}' % (
            _encode(self.ocid),
            b",".join(self.releases),
            self.compiled,
        )


def whole_processes(lake: Lake, publisher: str) -> Iterator[Whole]:
    """Every process, in the order of ocid. Raises `OutdatedError`."""
    with lines_of(lake, publisher, RELEASES) as releases, lines_of(lake, publisher, COMPILED) as compiled:
        for group, state in zip_longest(by_ocid(releases), compiled):
            if group is None or state is None:
                raise _outdated("n'ont pas le même nombre de processus")
            last = header_of(group[-1])
            # The id of a compiled release is that of its process and of the last release that it is made from.
            if not state.startswith(b'{"tag":["compiled"],"id":' + _encode(f"{last.ocid}-{last.date}")):
                raise _outdated(f"diffèrent au processus {last.ocid}")
            yield Whole(last.ocid, group, state)


def _outdated(how: str) -> OutdatedError:
    return OutdatedError(
        f"{RELEASES} et {COMPILED} {how} : matérialiser de nouveau ocds_compiled_releases, puis relancer"
    )


def write_ocds_exports(lake: Lake, publisher: Publisher, data_date: str) -> dict[str, int]:
    """Write what is given out; returns the number of entries of each file.

    `data_date`: the date of the data (`publishedDate` of the package), never that of the clock.
    """
    folder = lake.exports(publisher.id)
    uri = f"{publisher.about.files_url}record_package.json"
    about = package(publisher, uri=uri, published_date=date_time(data_date))
    count = 0
    with (
        replacing(folder / f"{RELEASES}.gz") as first,
        gzipped(first) as releases,
        replacing(folder / f"{COMPILED}.gz") as second,
        gzipped(second) as compiled,
        replacing(folder / "record_package.json") as handle,
    ):

        def records() -> Iterator[bytes]:
            """The records, the lines of the two other files being written on the way."""
            nonlocal count
            for process in whole_processes(lake, publisher.id):
                count += write_lines(releases, process.releases)
                write_lines(compiled, [process.compiled])
                yield process.record

        processes = write_record_package(handle, records(), about)
    return {f"{RELEASES}.gz": count, f"{COMPILED}.gz": processes, "record_package.json": processes}
