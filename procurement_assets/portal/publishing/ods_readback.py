"""What the public sees of a dataset, through Explore v2.1, compared with what was sent: rows, sums, keys, cells."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import polars as pl

from procurement_assets.portal.publishing.answer import as_object, object_at
from procurement_assets.portal.publishing.http import KeyRefusedError, PortalSession, RejectedError
from procurement_assets.portal.publishing.ods_wanted import WantedDataset, field_name
from procurement_assets.portal.publishing.portal import Difference
from procurement_assets.portal.publishing.tabular import (
    LIST_SEPARATOR,
    differing_rows,
    hash_of_rows,
    normalised,
    read_csv,
)

_LONGEST = 100
"""Characters shown of what the portal tells."""
_MISSING = "rien : le portail ne montre pas ce jeu"


def read_back(session: PortalSession, wanted: WantedDataset, *, full: bool = False) -> list[Difference]:
    """What differs. `session` without a key reads what the public reads. Raises `http.PortalError`."""
    try:
        return list(_differences(session, wanted, full))
    except RejectedError as error:
        if error.status != 404:
            raise
    except KeyRefusedError:
        if session.keyed:
            raise
    return [Difference(where=wanted.slug, what="jeu de données", expected="publié", found=_MISSING)]


def _differences(session: PortalSession, wanted: WantedDataset, full: bool) -> Iterator[Difference]:
    root = f"/catalog/datasets/{wanted.slug}"
    money = wanted.data.money
    select = ",".join(["count(*) as n", *(f"sum({field_name(m)}) as s{i}" for i, m in enumerate(money))])
    answer = object_at(session, f"{root}/records", {"select": select, "limit": 1})
    results = answer.get("results")
    found = as_object(session, root, results[0]) if isinstance(results, list) and results else {}
    rows = _number(found.get("n"))
    if rows != wanted.data.rows:
        yield _differ(wanted, "nombre de lignes", wanted.data.rows, _shown(found.get("n")))
    for i, column in enumerate(money):
        sent, read = wanted.data.sum_cents(column), _number(found.get(f"s{i}"))
        cents = None if read is None else round(read * 100)
        # The portal sums floats: a cent, or a millionth of a millionth, is its rounding.
        if cents is None or abs(sent - cents) > max(1, abs(sent) // 10**12):
            shown = _shown(found.get(f"s{i}")) if cents is None else cents
            yield _differ(wanted, f"somme de {column} (centimes)", sent, shown)
    yield from _rows_differ(session, wanted, full)


def _number(value: object) -> float | None:
    """A number that the portal tells, 0 where it tells none; None where it is not a number."""
    try:
        found = float(str(value or 0))
    except ValueError:
        return None
    return found if isfinite(found * 100) else None


def _shown(value: object) -> str:
    return str(value or 0)[:_LONGEST]


def _rows_differ(session: PortalSession, wanted: WantedDataset, full: bool) -> Iterator[Difference]:
    """Keys, or every cell."""
    key = list(wanted.data.table.key)
    columns = [c.name for c in wanted.data.table.columns] if full else key
    data = session.request(
        "GET",
        f"/catalog/datasets/{wanted.slug}/exports/csv",
        params={
            "select": ",".join(field_name(c) for c in columns),
            "limit": -1,
            "delimiter": ";",
            "list_separator": LIST_SEPARATOR,
            "with_bom": "false",
        },
    ).content
    try:
        frame = read_csv(data.removeprefix(b"\xef\xbb\xbf"), ";") if data.strip() else None
    except pl.exceptions.PolarsError:
        yield _differ(wanted, "export CSV", "lisible", "illisible")
        return
    names = [field_name(c) for c in columns]
    if frame is None or set(frame.columns) != set(names):
        shown = "rien" if frame is None else ", ".join(sorted(set(frame.columns) ^ set(names)))[:_LONGEST]
        yield _differ(wanted, "champs", "ceux de la description", shown)
        return
    keys = frame.select(field_name(k) for k in key)
    if hash_of_rows(keys) != wanted.data.key_hash:
        yield _differ(wanted, "empreinte des clés", wanted.data.key_hash[:12], hash_of_rows(keys)[:12])
    elif full:
        table = wanted.data.table
        sent_rows = normalised(wanted.data.frame, table, {c: c for c in columns})
        odd = differing_rows(sent_rows, normalised(frame, table, wanted.names), key)
        if odd:
            yield _differ(wanted, "valeurs", "celles envoyées", " ; ".join(odd))


def _differ(wanted: WantedDataset, what: str, expected: object, found: object) -> Difference:
    return Difference(where=wanted.slug, what=what, expected=str(expected), found=str(found))
