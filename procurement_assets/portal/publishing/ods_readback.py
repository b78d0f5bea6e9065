"""What the public sees of a dataset, through Explore v2.1, compared with what was sent: rows, sums, keys, cells."""

from __future__ import annotations

from collections.abc import Iterator

from procurement_assets.portal.publishing.http import PortalSession, RejectedError
from procurement_assets.portal.publishing.ods_wanted import WantedDataset, field_name
from procurement_assets.portal.publishing.portal import Difference
from procurement_assets.portal.publishing.tabular import (
    LIST_SEPARATOR,
    differing_rows,
    hash_of_rows,
    normalised,
    read_csv,
)

_MISSING = "rien : le portail ne montre pas ce jeu"


def read_back(session: PortalSession, wanted: WantedDataset, *, full: bool = False) -> list[Difference]:
    """What differs. `session` without a key reads what the public reads. Raises `http.PortalError`."""
    try:
        return list(_differences(session, wanted, full))
    except RejectedError as error:
        if error.status != 404:
            raise
        return [Difference(where=wanted.slug, what="jeu de données", expected="publié", found=_MISSING)]


def _differences(session: PortalSession, wanted: WantedDataset, full: bool) -> Iterator[Difference]:
    root = f"/catalog/datasets/{wanted.slug}"
    money = wanted.data.money
    select = ",".join(["count(*) as n", *(f"sum({field_name(m)}) as s{i}" for i, m in enumerate(money))])
    answer = session.get_json(f"{root}/records", {"select": select, "limit": 1})
    found = (answer.get("results") or [{}])[0]
    rows = int(found.get("n") or 0)
    if rows != wanted.data.rows:
        yield _differ(wanted, "nombre de lignes", wanted.data.rows, rows)
    for i, column in enumerate(money):
        sent = wanted.data.sum_cents(column)
        read = round(float(found.get(f"s{i}") or 0) * 100)
        # The portal sums floats: a cent, or a millionth of a millionth, is its rounding.
        if abs(sent - read) > max(1, abs(sent) // 10**12):
            yield _differ(wanted, f"somme de {column} (centimes)", sent, read)
    yield from _rows_differ(session, wanted, full)


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
    frame = read_csv(data.removeprefix(b"\xef\xbb\xbf"), ";") if data.strip() else None
    names = [field_name(c) for c in columns]
    if frame is None or set(frame.columns) != set(names):
        shown = "rien" if frame is None else ", ".join(sorted(set(frame.columns) ^ set(names)))
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
