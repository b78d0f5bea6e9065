"""Validation of releases and compiled releases, all of them: JSON Schema, references, order.

`jsonschema-rs` with formats on (it agrees with `jsonschema` and its format checker, 55 times faster: research/perf.md
§2e). It does not scale with threads, so `workers` are processes, started after the first `ALONE` lines. The report
says which schema was used, and why when it was not the official one.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import Any, Literal

import jsonschema_rs
import msgspec

from procurement_assets.ocds.compile import header_of, place_of
from procurement_assets.ocds.references import broken_references
from procurement_assets.ocds.schema import Schema

BATCH = 2_000
ALONE = 50_000
"""Lines that one process checks before others are started: starting them takes a second or two."""

MAX_PROBLEMS = 1_000

_decode = msgspec.json.Decoder().decode


class Problem(msgspec.Struct, frozen=True):
    """Something wrong in one release."""

    rule: str
    """`schema.KEYWORD`, a rule of `ocds.references`, `release.order` or `release.json`."""
    ocid: str
    release_id: str
    path: str
    """Where in the release: `awards/0/suppliers/1`."""
    message: str


class Report(msgspec.Struct, frozen=True):
    """The result of a validation."""

    source: Literal["official", "profile"]
    skipped_reason: str | None
    """Why the check against the official schema was skipped."""
    checked: int
    invalid: int
    problems: list[Problem]
    """The first `MAX_PROBLEMS`, in the order of the releases."""
    by_rule: dict[str, int]
    """All the problems, counted."""

    @property
    def ok(self) -> bool:
        """Whether every release is valid."""
        return self.invalid == 0


class Validator:
    """Checks one release at a time."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._json_schema = jsonschema_rs.Draft4Validator(schema.release, validate_formats=True)

    def problems(self, line: bytes) -> list[Problem]:
        """What is wrong in a release given as JSON."""
        try:
            release = _decode(line)
        except msgspec.DecodeError as error:
            return [Problem("release.json", "", "", "", f"not JSON: {error}")]
        if not self._json_schema.is_valid(release):
            return list(self._schema_problems(release))
        broken = broken_references(release)
        return [Problem(b.rule, release["ocid"], release["id"], b.path, b.message) for b in broken]

    def _schema_problems(self, release: Any) -> Iterator[Problem]:
        named = release if isinstance(release, dict) else {}
        for error in self._json_schema.iter_errors(release):
            yield Problem(
                rule=f"schema.{error.kind.name}",
                ocid=str(named.get("ocid", "")),
                release_id=str(named.get("id", "")),
                path="/".join(map(str, error.instance_path)),
                message=_plain(error),
            )


class _Batch(msgspec.Struct):
    """Lines to check, and the line before them."""

    before: bytes | None
    text: bytes
    """The lines as one text: a process is sent it in half the time of a list."""


class _Result(msgspec.Struct):
    """What a batch gave."""

    checked: int = 0
    invalid: int = 0
    problems: list[Problem] = []
    by_rule: dict[str, int] = {}

    def add(self, other: _Result) -> None:
        """Take in the result of the next batch."""
        self.checked += other.checked
        self.invalid += other.invalid
        self.problems += other.problems[: MAX_PROBLEMS - len(self.problems)]
        for rule, count in other.by_rule.items():
            self.by_rule[rule] = self.by_rule.get(rule, 0) + count


def validate(lines: Iterable[bytes], schema: Schema, *, workers: int = 1, ordered: bool = True) -> Report:
    """Check every line, a release as JSON. `ordered`: also that ocid, then date, strictly increase."""
    total = _Result()
    batches = _batches(lines)
    validator = Validator(schema)
    for batch in batches if workers == 1 else islice(batches, ALONE // BATCH):
        total.add(_check(batch, validator, ordered))
    following = next(batches, None)
    if following is not None:
        for result in _in_processes(chain([following], batches), schema, workers, ordered):
            total.add(result)
    return Report(
        source=schema.source,
        skipped_reason=schema.skipped_reason,
        checked=total.checked,
        invalid=total.invalid,
        problems=total.problems,
        by_rule=dict(sorted(total.by_rule.items())),
    )


def _batches(lines: Iterable[bytes]) -> Iterator[_Batch]:
    before = None
    stream = iter(lines)
    while batch := list(islice(stream, BATCH)):
        yield _Batch(before, b"\n".join(batch))
        before = batch[-1]


def _check(batch: _Batch, validator: Validator, ordered: bool) -> _Result:
    lines = batch.text.split(b"\n")
    result = _Result(checked=len(lines))
    before = batch.before
    place = None if before is None else _place(before)
    for line in lines:
        found = validator.problems(line)
        if ordered:
            last, place = place, _place(line)
            if before is not None and last is not None and place is not None and place <= last:
                found.append(_out_of_order(before, line))
            before = line
        if found:
            result.invalid += 1
            result.problems += found
            for problem in found:
                result.by_rule[problem.rule] = result.by_rule.get(problem.rule, 0) + 1
    return result


def _place(line: bytes) -> tuple[str, str] | None:
    """The ocid and date; None for what is not JSON or has none, which is told as another problem."""
    try:
        return place_of(line)
    except msgspec.MsgspecError:
        return None


def _out_of_order(before: bytes, line: bytes) -> Problem:
    first, second = header_of(before), header_of(line)
    message = f"comes after {first.id} of {first.date}: ocid, then date, must strictly increase"
    return Problem("release.order", second.ocid, second.id, "date", message)


_worker: Validator | None = None


def _start(schema: Schema) -> None:
    global _worker  # one validator per process: building it costs more than a batch
    _worker = Validator(schema)


def _work(batch: _Batch, ordered: bool) -> _Result:
    if _worker is None:
        raise RuntimeError("the worker process has not started")
    return _check(batch, _worker, ordered)


def _in_processes(batches: Iterator[_Batch], schema: Schema, workers: int, ordered: bool) -> Iterator[_Result]:
    """Results in order, with a few batches in flight: memory does not grow with the number of lines.

    Processes are spawned: a fork of a process that runs Polars' or Dagster's threads can hang.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(schema,)) as pool:
        waiting: deque[Future[_Result]] = deque()
        for batch in batches:
            waiting.append(pool.submit(_work, batch, ordered))
            if len(waiting) >= 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _plain(error: jsonschema_rs.ValidationError) -> str:
    """The message of an error, in words a person who knows no JSON Schema understands."""
    words = {
        "required": "a required field is missing",
        "type": "a value of the wrong type",
        "enum": "a code that is in no declared code list",
        "format": "a date or an address that cannot be read",
        "pattern": "a value that is not written as expected",
        "additionalProperties": "a field that nothing declares",
        "minItems": "an empty list",
        "minLength": "an empty text",
        "minProperties": "an empty object",
        "uniqueItems": "the same entry twice",
    }
    said = error.message if len(error.message) <= 300 else f"{error.message[:300]}…"
    known = words.get(error.kind.name)
    return f"{known}: {said}" if known else said
