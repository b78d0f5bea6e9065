"""One run of the job `registers` in this process: `python -m procurement_assets registers`, and around a first refresh
for the registers that were never asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from procurement_assets.in_process import execute, opened_instance
from procurement_assets.lake import Lake
from procurement_assets.registers.model import Register
from procurement_assets.registers.refresh import NOBODY
from procurement_assets.registers.store import missing, read_state, unknown
from procurement_assets.settings import Settings

ASK = "python -m procurement_assets registers"


def run_registers(settings: Settings, home: Path) -> int:
    """Ask for every register and say what has become of each: 0 when all are up to date, 1 otherwise."""
    from procurement_assets.assets.registers import REGISTERS

    print(f"Registres, lac {settings.lake}" + (f", miroir {settings.mirror}" if settings.mirror else ""))
    _execute([r.table for r in REGISTERS.values()], trying=False)
    good = _tell(Lake(settings.lake), list(REGISTERS))
    print(f"Dagster : {home}")
    return 0 if good else 1


def try_missing(publisher: str, settings: Settings, *, of_tables: bool = False) -> None:
    """Around a refresh: ask, shortly, for the registers that are not in place and were never asked for.

    Whatever comes of it, the refresh goes on: a rule that needs an absent register says that it does not apply.
    `of_tables`: after the refresh, for those that are asked for what the tables name (SIRENE).
    """
    from procurement_assets.assets.partitions import PUBLISHERS
    from procurement_assets.assets.registers import REGISTERS

    if publisher not in PUBLISHERS.publishers:
        return
    lake = Lake(settings.lake)
    asked_now = [r for r in REGISTERS.values() if (r.kind == "sirene" and not r.is_sample) == of_tables]
    absent = [r for r in asked_now if missing(lake, [r.table])]
    never = [r for r in absent if r.is_sample or (not settings.offline and _never_asked(lake, r))]
    if never:
        with _quietly():
            _execute([r.table for r in never], trying=True)
        _tell(lake, [r.id for r in never])
    if told := [r.id for r in absent if r not in never]:
        why = "PROCUREMENT_OFFLINE" if settings.offline else f"déjà demandés en vain ; de nouveau : {ASK}"
        print(f"Registres absents : {', '.join(told)} ({why}). Les règles qui les lisent ne s'appliquent pas.")


@contextmanager
def _quietly() -> Iterator[None]:
    """Each attempt is not told: what became of each register is, in one line."""
    logger = logging.getLogger("procurement_assets")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _never_asked(lake: Lake, register: Register) -> bool:
    """No address was asked for it yet: SIRENE is not while the tables name nobody."""
    state = read_state(lake, register)
    return state is None or state.raison == NOBODY


def _execute(tables: list[str], *, trying: bool) -> None:
    import dagster as dg

    from procurement_assets.assets.registers import ATTEMPT, STATES, TRYING
    from procurement_assets.definitions import defs

    with opened_instance() as instance:
        # What happens to each register is told by the caller, in French; the rest is in the UI.
        execute(
            defs().resolve_job_def("registers"),
            instance,
            asset_selection=[dg.AssetKey(t) for t in (*tables, STATES)],
            tags={ATTEMPT: TRYING} if trying else {},
        )


def _tell(lake: Lake, register_ids: list[str]) -> bool:
    """One line per register; whether all are up to date."""
    from procurement_assets.assets.registers import REGISTERS

    states = [read_state(lake, REGISTERS[i]) or unknown(REGISTERS[i]) for i in register_ids]
    for state in states:
        why = f" : {state.raison}" if state.raison else ""
        print(f"  {state.etat:7} {state.registre}, {state.lignes} lignes{why}")
    return all(state.etat == "à jour" for state in states)
