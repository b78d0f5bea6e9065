"""How good the match rules are: those that go by facts, on the pairs that the numbers prove, the numbers hidden."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from procurement_assets.quality.reconciliation.pairing import PAIR, RULES, match


@dataclass(frozen=True, eq=False)
class Measure:
    """What the fallback rules find without numbers."""

    truth: int
    """Pairs that the numbers prove."""
    found: int
    """Pairs found by facts among the contracts of the truth."""
    right: int
    """Of these, those that the numbers confirm."""
    orphans: int
    """Contracts whose row was taken away (every second one): any match of theirs is wrong."""
    false_alarms: int
    """Orphans that were matched all the same."""
    rules: pl.DataFrame
    """regle, trouves, justes, precision: by rule, in the order they are tried."""

    @property
    def precision(self) -> float:
        """Right among found."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Right among the truth."""
        return self.right / self.truth if self.truth else 0.0


def measure_rules(contracts: pl.DataFrame, rows: pl.DataFrame) -> Measure:
    """Measure the rules that go by facts. `contracts`, `rows`: as `match` takes them.

    Precision and recall: the numbers are hidden from all, every true partner is there. False alarms: the true partner
    of every second contract (by uid) is taken away, which is where a rule that guesses would be caught.
    """
    by_number = tuple(r for r in RULES if r.by_number)
    by_facts = tuple(r for r in RULES if not r.by_number)
    truth = match(contracts, rows, by_number).pairs.select("uid", "liste", vraie="ligne")
    # A contract without a proven partner has no truth: it may still take another's row, so it stays in the contest.
    found = match(contracts, rows, by_facts).pairs
    judged = found.join(truth, on=["uid", "liste"]).with_columns(juste=pl.col("ligne") == pl.col("vraie"))
    orphans = truth.sort("uid", "liste")[::2]
    left = rows.join(orphans, left_on=["liste", "ligne"], right_on=["liste", "vraie"], how="anti")
    again = match(contracts, left, by_facts).pairs.join(orphans, on=["uid", "liste"], how="semi")
    order = pl.DataFrame({"regle": [r.id for r in by_facts]})
    rules = judged.group_by("regle").agg(trouves=pl.len().cast(pl.Int64), justes=pl.col("juste").sum().cast(pl.Int64))
    return Measure(
        truth=truth.height,
        found=judged.height,
        right=int(judged["juste"].sum()),
        orphans=orphans.height,
        false_alarms=again.select(PAIR).height,
        rules=order.join(rules, on="regle", how="left")
        .with_columns(pl.col("trouves", "justes").fill_null(0))
        .with_columns(precision=pl.when(pl.col("trouves") > 0).then(pl.col("justes") / pl.col("trouves"))),
    )
