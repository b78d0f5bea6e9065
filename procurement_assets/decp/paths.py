"""A field of a normalised contract by its path: `montant`, `titulaires[0].id`, `modifications[1].titulaires[0].id`.

Ranks start at 0 and are those of the normalised contract (modifications in order of their dates). Contracts are never
changed in place: `put` gives a new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from procurement_assets.decp.model import Contract, Lieu, Operateur

_STEP = re.compile(r"([A-Za-z_]+)(?:\[(\d{1,4})\])?\Z")
_MADE = {"lieuExecution": Lieu, "sousTraitant": Operateur}
"""Objects that are made where a contract has none."""


class NoSuchFieldError(LookupError):
    """The path leads nowhere in this contract."""


@lru_cache(maxsize=4_096)
def steps(path: str) -> tuple[tuple[str, int | None], ...]:
    """The steps of a path. Raises `NoSuchFieldError` where it is not one."""
    found = []
    for part in path.split("."):
        m = _STEP.match(part)
        if m is None:
            raise NoSuchFieldError(path)
        found.append((m.group(1), int(m.group(2)) if m.group(2) else None))
    return tuple(found)


def pattern(path: str) -> str:
    """The path without its ranks: `titulaires[].id`."""
    return re.sub(r"\[\d{1,4}\]", "[]", path)


def get(contract: Contract, path: str) -> Any:
    """The value at a path; None where it, or the object that would hold it, is empty.

    The rank just after the last holder is a holder to add: empty. Raises `NoSuchFieldError` for any other rank that
    does not exist.
    """
    current: Any = contract
    for name, rank in steps(path):
        if current is None:
            return None
        if not isinstance(current, msgspec.Struct) or name not in current.__struct_fields__:
            raise NoSuchFieldError(path)
        current = getattr(current, name)
        if rank is not None:
            items = current if isinstance(current, list) else []
            if rank > len(items) or (rank == len(items) and path != f"titulaires[{rank}].id"):
                raise NoSuchFieldError(path)
            current = items[rank] if rank < len(items) else None
    return current


def put(contract: Contract, path: str, value: Any) -> Contract:
    """The contract with another value at a path. Raises `NoSuchFieldError`."""
    get(contract, path)
    changed: Contract = _put(contract, steps(path), value)
    return changed


def _put(holder: Any, rest: Sequence[tuple[str, int | None]], value: Any) -> Any:
    (name, rank), *after = rest
    current = getattr(holder, name)
    if rank is None:
        new = _put(current if current is not None else _MADE[name](), after, value) if after else value
        return msgspec.structs.replace(holder, **{name: new})
    items = list(current or [])
    if rank == len(items):
        items.append(Operateur(typeIdentifiant="SIRET"))
    items[rank] = _put(items[rank], after, value)
    return msgspec.structs.replace(holder, **{name: items})
