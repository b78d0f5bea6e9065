"""Amounts that cannot be summed: placeholders and absurd values. They stay in the tables, and out of the sums."""

from __future__ import annotations

MAX_MARCHE = 3e9
MAX_CONCESSION = 15e9
"""Ceilings of the Ministry's management rules (DAJ, mail of 15/02/2023: research/decp.md §3.1), in euros."""


def suspect_amount(amount: float | None, *, concession: bool = False) -> str | None:
    """The rule that makes an amount suspect, or None.

    `montant.factice`: at most 1 euro, or exactly 10 (96 of Paris's contracts of 2024-2025: research/data.md §3).
    `montant.repete`: seven times the same digit or more (9999999, 999999999). `montant.suite`: starts with 1234567.
    `montant.absurde`: above the Ministry's ceilings.
    """
    if amount is None:
        return None
    if amount <= 1 or amount == 10:
        return "montant.factice"
    digits = str(int(amount)) if amount < 1e15 else ""
    if len(digits) >= 7 and len(set(digits)) == 1:
        return "montant.repete"
    if digits.startswith("1234567"):
        return "montant.suite"
    if amount > (MAX_CONCESSION if concession else MAX_MARCHE):
        return "montant.absurde"
    return None
