"""The cases that run in a process of their own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from procurement_assets.ocds.schema import Schema, load_schema
from procurement_assets.publishers import Publisher
from procurement_assets.sources.errors import ReferenceUnavailable

PUBLISHER = Publisher(
    id="bench",
    name="Benchmark",
    siren="217500016",
    uri="https://example.org",
    ocid_prefix="ocds-abc123",
    license="https://www.etalab.gouv.fr/licence-ouverte-open-licence",
    publication_policy="https://example.org/policy",
    sources=(),
)


def schema_of(options: argparse.Namespace) -> Schema:
    """The official schema from the mirror, else our profile's."""

    def fetch(url: str, sha256: str) -> bytes:
        path = Path(options.mirror) / url.removeprefix("https://")
        if not path.is_file():
            raise ReferenceUnavailable(f"{path} is not there ({sha256})")
        return path.read_bytes()

    return load_schema(fetch)


def _lines(handle: BinaryIO) -> Iterator[bytes]:
    for line in handle:
        yield line.rstrip(b"\n")


def read_case(folder: Path, _: argparse.Namespace) -> None:
    """DECP file to normalised contracts, one JSON line each."""
    from procurement_assets.decp.clean import clean, refusal
    from procurement_assets.decp.raw import ReadRecord
    from procurement_assets.decp.reader import read_file

    encode = msgspec.json.Encoder().encode
    seen: dict[str, int] = {}
    with (folder / "contracts.json").open("rb") as handle, (folder / "normalised.jsonl").open("wb") as out:
        for item in read_file(handle):
            if not isinstance(item, ReadRecord) or refusal(item.record) is not None:
                continue
            contract = clean(item.record).contract
            # Which records are one contract is another stage (decp.identity): here each has a uid of its own.
            seen[contract.uid] = number = seen.get(contract.uid, 0) + 1
            if number > 1:
                contract.uid += f"~{number}"
            out.write(encode(contract) + b"\n")


def map_case(folder: Path, _: argparse.Namespace) -> None:
    """Normalised contracts to releases in order of ocid, as `ocds.produce` does: the records sorted, then one pass."""
    from procurement_assets.decp.model import Contract
    from procurement_assets.ocds.mapping import releases
    from procurement_assets.ocds.mapping.identity import ocid_of

    class Named(msgspec.Struct):
        uid: str
        acheteur_id: str

    name = msgspec.json.Decoder(Named).decode
    decode, encode = msgspec.json.Decoder(Contract).decode, msgspec.json.Encoder().encode
    with (folder / "normalised.jsonl").open("rb") as handle:
        records = []
        for line in handle:
            named = name(line)
            number = named.uid.removeprefix(named.acheteur_id) or named.uid
            records.append((ocid_of(PUBLISHER.ocid_prefix, named.acheteur_id, number), line))
    records.sort()
    count = 0
    with (folder / "releases.jsonl").open("wb", buffering=1 << 20) as out:
        for ocid, line in records:
            made = releases(decode(line), PUBLISHER, fallback_date="2024-01-01", ocid=ocid)
            out.writelines(encode(r) + b"\n" for r in made)
            count += len(made)
    (folder / "counts.json").write_text(json.dumps([len(records), count]))


def compile_case(folder: Path, options: argparse.Namespace) -> None:
    """Releases to compiled releases, as a stream."""
    from procurement_assets.ocds.compile import Compiler, by_ocid

    compiler = Compiler(schema_of(options))
    with (folder / "releases.jsonl").open("rb") as handle, (folder / "compiled.jsonl").open("wb") as out:
        out.writelines(line + b"\n" for line in compiler.compiled(by_ocid(_lines(handle))))


def validate_case(folder: Path, options: argparse.Namespace) -> None:
    """Every release: JSON Schema with formats, references, order; all must be valid."""
    from procurement_assets.ocds.validate import validate

    with (folder / "releases.jsonl").open("rb") as handle:
        report = validate(_lines(handle), schema_of(options), workers=1, ordered=True)
    if not report.ok:
        raise SystemExit(f"{report.invalid} invalid releases: {report.problems[:3]}")


def jsonschema_case(folder: Path, options: argparse.Namespace) -> None:
    """The first releases, with the peer."""
    from jsonschema import Draft4Validator, FormatChecker  # type: ignore[import-untyped]

    validator = Draft4Validator(schema_of(options).release, format_checker=FormatChecker())
    with (folder / "releases.jsonl").open("rb") as handle:
        for line in islice(handle, options.sample):
            if next(validator.iter_errors(json.loads(line)), None) is not None:
                raise SystemExit(f"jsonschema refuses {line[:200]!r}")


def jsonschema_load_case(folder: Path, options: argparse.Namespace) -> None:
    """What the peer costs before the first release: taken off before scaling, then added once."""
    jsonschema_case(folder, argparse.Namespace(**{**vars(options), "sample": 0}))


CASES: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "read": read_case,
    "map": map_case,
    "compile": compile_case,
    "validate": validate_case,
    "jsonschema": jsonschema_case,
    "jsonschema-load": jsonschema_load_case,
}
