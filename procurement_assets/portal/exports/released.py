"""The fields that were released, by file: a later version may add some, never remove, rename or retype one.

`released_fields.json` holds them. A test compares it with the description of today: a field that is gone or that has
another type fails; a new one needs a line in `CHANGELOG.md` that names it as `table.field`. At a release:

    python -m procurement_assets.portal.exports.released
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from procurement_assets.portal.exports.spec import EXPORTS

FILE = Path(__file__).with_name("released_fields.json")
Fields = dict[str, dict[str, str]]
"""Table to field to type, in order."""


def current_fields() -> Fields:
    """The fields that the description gives today."""
    return {e.name: {c.name: c.type for c in e.table.columns} for e in EXPORTS}


def released_fields() -> Fields:
    """The fields of the last release."""
    return msgspec.json.decode(FILE.read_bytes(), type=Fields)


def broken(released: Fields, current: Fields) -> list[str]:
    """The released fields that are gone or of another type, one French line each."""
    faults = []
    for table, fields in released.items():
        if table not in current:
            faults.append(f"{table} : la table n'est plus donnée")
            continue
        for field, kind in fields.items():
            now = current[table].get(field)
            if now is None:
                faults.append(f"{table}.{field} : le champ n'est plus donné")
            elif now != kind:
                faults.append(f"{table}.{field} : le type {kind} est devenu {now}")
    return faults


def added(released: Fields, current: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The fields that the last release did not have, as `table.field`."""
    return [f"{t}.{f}" for t, fields in current.items() for f in fields if f not in released.get(t, {})]


def main() -> int:
    """Write the fields of today as released. Refuses to drop one."""
    current = current_fields()
    if FILE.exists() and (faults := broken(released_fields(), current)):
        print("\n".join(faults))
        return 1
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(current), indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
