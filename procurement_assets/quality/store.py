"""What the rules found, kept in the lake: a rule is run once on a table, whoever asks for it first.

    quality/PUBLISHER/outcomes/TABLE.json

The checks ask rule by rule, or for some; the findings, the report and the Data Docs ask for all. An outcome is used
again only where the rule, the bytes of the table, those of the tables that its computed columns read, and the date of
the data are the same; otherwise the rule is run. A rule that could not be run is never kept: it is tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import polars as pl
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.catalogue import Catalogue
from procurement_assets.quality.derived import with_derived
from procurement_assets.quality.derived_registers import REGISTERS
from procurement_assets.quality.model import Rule
from procurement_assets.quality.outcome import Outcome
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import data_date_of, names_used, needs, result_of, run_outcomes
from procurement_assets.registers.store import read_register, register_path
from procurement_assets.schema import TABLES

VERSION = 4
"""Of the way rules are run: raised when a computed column or the reading of an outcome changes."""


class _Kept(msgspec.Struct):
    """The outcomes of a table's rules."""

    outcomes: dict[str, tuple[str, Outcome]] = {}
    """Rule id to (key, outcome)."""


class Checked:
    """The rules of a publisher's lake, each run once for the state that its tables are in."""

    def __init__(self, lake: Lake, publisher: str, optional: frozenset[str] = frozenset()) -> None:
        """`optional`: tables that may not be there; they then count as empty."""
        self.lake, self.publisher, self.optional = lake, publisher, optional
        self.data_date: date | None = data_date_of(lake.read_table("files", publisher, ["fichier_date"]))
        self._frames: dict[str, pl.DataFrame] = {}
        self._hashes: dict[str, str] = {}

    def frame(self, table: str) -> pl.DataFrame:
        """A table or a register, read once. Raises FileNotFoundError where a table is not there and not optional."""
        if table in REGISTERS and table not in self._frames:
            self._frames[table] = read_register(self.lake, table)
        if table not in self._frames:
            absent = table in self.optional and not self.lake.table(table, self.publisher).exists()
            made = TABLES[table].frame([]) if absent else self.lake.read_table(table, self.publisher)
            self._frames[table] = made
        return self._frames[table]

    def results(self, table: str, rules: Sequence[Rule]) -> list[RuleResult]:
        """The result of each rule on a table, in the order of the rules."""
        path = self._path(table)
        kept = _read(path)
        keys = {rule.id: self._key(table, rule) for rule in rules}
        known = {i: o for i, (key, o) in kept.outcomes.items() if keys.get(i) == key}
        missing = [rule for rule in rules if rule.id not in known]
        source = self._source(table, rules)
        made = run_outcomes(TABLES[table], source, missing)
        if made:
            kept.outcomes |= {i: (keys[i], o) for i, o in made.items() if not o.error}
            write_bytes(
                path, msgspec.json.encode(msgspec.structs.replace(kept, outcomes=dict(sorted(kept.outcomes.items()))))
            )
        known |= made
        absent = [n for n in needs(table, rules) if n in REGISTERS and self.frame(n).is_empty()]
        return [result_of(TABLES[table], source, rule, known[rule.id], absent) for rule in rules]

    def all_results(self, catalogue: Catalogue) -> list[RuleResult]:
        """The results of a whole catalogue, table after table."""
        return [result for table, rules in catalogue.tables.items() for result in self.results(table, rules)]

    def _source(self, table: str, rules: Sequence[Rule]) -> pl.DataFrame:
        related = {name: self.frame(name) for name in needs(table, rules)}
        return with_derived(self.frame(table), table, names_used(TABLES[table], rules), self.data_date, related)

    def _path(self, table: str) -> UPath:
        return self.lake / f"quality/{self.publisher}/outcomes/{table}.json"

    def _key(self, table: str, rule: Rule) -> str:
        tables = (table, *needs(table, [rule]))
        parts = [str(VERSION), str(self.data_date), *(f"{t}={self._hash(t)}" for t in tables)]
        return hashlib.sha256("\n".join(parts).encode() + msgspec.json.encode(rule)).hexdigest()

    def _hash(self, table: str) -> str:
        if table not in self._hashes:
            shared = table in REGISTERS
            path = register_path(self.lake, table) if shared else self.lake.table(table, self.publisher)
            data = path.read_bytes() if path.exists() else b""
            self._hashes[table] = hashlib.sha256(data).hexdigest()
        return self._hashes[table]


def _read(path: UPath) -> _Kept:
    """What is kept; a file of another shape is as good as none."""
    if not path.exists():
        return _Kept()
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except msgspec.DecodeError:
        return _Kept()


def kept_outcomes(lake: Lake, publisher: str, table: str) -> Mapping[str, Outcome]:
    """The outcomes that are kept of a table, whatever state they are of: for tests and curiosity."""
    path = lake / f"quality/{publisher}/outcomes/{table}.json"
    return {i: outcome for i, (_, outcome) in _read(path).outcomes.items()}
