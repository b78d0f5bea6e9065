"""What Great Expectations says of one rule, read into figures; a rule that could not run told from one that failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from procurement_assets.quality.model import Rule


@dataclass(frozen=True)
class Outcome:
    """The figures of one rule on some rows."""

    in_scope: int = 0
    evaluated: int = 0
    failing: int = 0
    rows: list[int] = field(default_factory=list)
    """Row numbers of the failing rows."""
    observed: str = ""
    error: str = ""

    def plus(self, other: Outcome) -> Outcome:
        """The figures of two slices together; an error in one is an error of the whole."""
        return Outcome(
            in_scope=self.in_scope + other.in_scope,
            evaluated=self.evaluated + other.evaluated,
            failing=self.failing + other.failing,
            rows=self.rows + other.rows,
            observed=other.observed or self.observed,
            error=self.error or other.error,
        )


def read_outcome(rule: Rule, result: Any, in_scope: int) -> Outcome:
    """The outcome of one validation result (COMPLETE) on `in_scope` rows."""
    error = _error(result.exception_info)
    if error:
        return Outcome(in_scope=in_scope, error=error)
    found = result.result
    if rule.type.kind == "figure":
        return Outcome(
            in_scope=in_scope, evaluated=1, failing=int(not result.success), observed=str(found.get("observed_value"))
        )
    rows = [int(row) for row in found.get("unexpected_index_list") or []]
    failing = int(found["unexpected_count"])
    if len(rows) != failing:
        return Outcome(in_scope=in_scope, error=f"{failing} lignes en défaut annoncées, {len(rows)} désignées")
    missing = 0 if "null" in rule.expectation_name else int(found.get("missing_count") or 0)
    return Outcome(in_scope=in_scope, evaluated=int(found["element_count"]) - missing, failing=failing, rows=rows)


def _error(info: Any) -> str:
    """Why the expectation raised; empty when it ran. One report for all, or one by metric."""
    if not info:
        return ""
    parts = [info] if "raised_exception" in info else [v for v in info.values() if isinstance(v, dict)]
    raised = [str(p.get("exception_message")) for p in parts if p.get("raised_exception")]
    return " ".join(" ; ".join(dict.fromkeys(raised)).split())
