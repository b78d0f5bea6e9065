"""Quality of the standard, the rules that are ours or that block, over all the compiled releases.

One pass over the lines. Results are made for asset checks: one per rule, what was evaluated, what fails, examples with
their ocid.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Literal, get_args

import msgspec

from procurement_assets.ocds import values
from procurement_assets.ocds.compile import header_of
from procurement_assets.ocds.extension.build import codelists
from procurement_assets.ocds.references import broken_references
from procurement_assets.ocds.standard_rules import RULES, Found, Json, Rule

EXAMPLES = 50

_decode = msgspec.json.Decoder().decode


class Example(msgspec.Struct, frozen=True):
    """A process that fails a rule, and what fails."""

    ocid: str
    value: str


class StandardResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one rule."""

    rule: str
    title: str
    severity: Literal["error", "warning"]
    source: str
    evaluated: int
    """Compiled releases with something to look at."""
    failing: int
    failing_ids: list[str]
    """Every ocid that fails."""
    examples: list[Example]

    @property
    def passed(self) -> bool:
        """Whether nothing fails."""
        return self.failing == 0


REFERENCES = Rule(
    "ocds.references", "Références entre sections", "error", "Pelican reference.*", lambda r: _references(r)
)
CLOSED = Rule("ocds.closed-codes", "Listes de codes fermées", "error", "OCDS, codelists", lambda r: _closed(r))
OPEN = Rule(
    "ocds.open-codes",
    "Listes de codes réglementaires (ouvertes)",
    "warning",
    "arrêtés du 22/12/2022",
    lambda r: _open(r),
)
AMENDED = Rule(
    "ocds.amended-release",
    "Publications citées par un avenant",
    "error",
    "OCDS, amendments",
    lambda r: _amended(r, None),
)


def check_standard(
    lines: Iterable[bytes], release_ids: frozenset[str] | None = None, more: Sequence[Rule] = ()
) -> list[StandardResult]:
    """Every rule on compiled releases given as JSON, one a line.

    `release_ids`: the ids of the published releases, to look up those that amendments name (`release_ids_of`).
    Without it, an amendment's ids are looked at for their ocid alone. `more`: rules beside ours, run in the same pass.
    """
    chosen = (*RULES, *more, REFERENCES, CLOSED, OPEN)
    tally = {r.id: _Tally(r) for r in (*chosen, AMENDED)}
    for line in lines:
        release = _decode(line)
        ocid = release["ocid"]
        for rule in chosen:
            tally[rule.id].take(ocid, rule.check(release))
        tally[AMENDED.id].take(ocid, _amended(release, release_ids))
    return [t.result() for t in tally.values()]


def release_ids_of(lines: Iterable[bytes]) -> frozenset[str]:
    """The ids of releases given as JSON."""
    return frozenset(header_of(line).id for line in lines)


class _Tally:
    """What a rule found so far."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.evaluated = 0
        self.failing: list[str] = []
        self.examples: list[Example] = []

    def take(self, ocid: str, found: Found) -> None:
        """The outcome for one compiled release."""
        if found is None:
            return
        self.evaluated += 1
        if found:
            self.failing.append(ocid)
            if len(self.examples) < EXAMPLES:
                self.examples.append(Example(ocid, " ; ".join(found)))

    def result(self) -> StandardResult:
        """The result, after the last release."""
        rule = self.rule
        return StandardResult(
            rule=rule.id,
            title=rule.title,
            severity=rule.severity,
            source=rule.source,
            evaluated=self.evaluated,
            failing=len(self.failing),
            failing_ids=self.failing,
            examples=self.examples,
        )


def _references(release: Json) -> Found:
    return [f"{b.path} : {b.message}" for b in broken_references(release)]


def _amended(release: Json, known: frozenset[str] | None) -> Found:
    """`releaseID` and `amendsReleaseID` are releases of this process."""
    named = [
        a[key]
        for section in ("awards", "contracts")
        for o in release.get(section, ())
        for a in o.get("amendments", ())
        for key in ("releaseID", "amendsReleaseID")
        if key in a
    ]
    if not named:
        return None
    own = f"{release['ocid']}-"
    return [i for i in dict.fromkeys(named) if not i.startswith(own) or (known is not None and i not in known)]


_CLOSED_LISTS: dict[str, frozenset[str]] = {
    "tender/procurementMethod": frozenset(get_args(values.Method)),
    "tender/mainProcurementCategory": frozenset(get_args(values.Category)),
    "tender/status": frozenset({"planning", "planned", "active", "cancelled", "unsuccessful", "complete", "withdrawn"}),
    "awards/status": frozenset({"pending", "active", "cancelled", "unsuccessful"}),
    "contracts/status": frozenset({"pending", "active", "cancelled", "terminated"}),
    "contracts/value/currency": frozenset({"EUR"}),
    "awards/value/currency": frozenset({"EUR"}),
}

_OPEN_LISTS = {
    "tender/decp/nature": "decpNature.csv",
    "tender/decp/techniques": "decpTechnique.csv",
    "tender/decp/modalitesExecution": "decpModaliteExecution.csv",
    "tender/decp/considerationsSociales": "decpConsiderationSociale.csv",
    "tender/decp/considerationsEnvironnementales": "decpConsiderationEnvironnementale.csv",
    "tender/decp/ccag": "decpCcag.csv",
    "tender/decp/formePrix": "decpFormePrix.csv",
    "tender/decp/typesPrix": "decpTypePrix.csv",
    "awards/decp/typeGroupementOperateurs": "decpTypeGroupement.csv",
}


def _closed(release: Json) -> Found:
    return _outside(release, _CLOSED_LISTS)


def _open(release: Json) -> Found:
    return _outside(release, _known())


@cache
def _known() -> dict[str, frozenset[str]]:
    """The labels of the regulatory lists, from the extension's own code lists."""
    texts = codelists()
    return {path: frozenset(_codes(texts[name])) for path, name in _OPEN_LISTS.items()}


def _codes(text: str) -> list[str]:
    return [row["Code"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def _outside(release: Json, lists: dict[str, frozenset[str]]) -> Found:
    held = [(path, value) for path in lists for value in _at(release, path.split("/"))]
    return [f"{path} : {value}" for path, value in held if value not in lists[path]] if held else None


def _at(node: Any, path: list[str]) -> Iterator[str]:
    if isinstance(node, list):
        for entry in node:
            yield from _at(entry, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from _at(node[path[0]], path[1:])
