"""The profile of a raw file: which fields it fills, its formats and layouts, the labels of its code lists.

A profile is made once per file content and kept in the lake, so that a file can be compared with the one it replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import msgspec
import polars as pl
import pyarrow as pa

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.publishers import Source
from procurement_assets.quality.reconciliation.lists import ListError, raw_columns
from procurement_assets.sources.manifest import ManifestRow

VERSION = 1
"""Of what a profile holds: another version is another profile."""
CODED = (
    "nature", "procedure", "formePrix", "ccag", "typeGroupementOperateurs", "lieuExecution.typeCode",
    "titulaires.typeIdentifiant", "techniques", "modalitesExecution", "typesPrix", "considerationsSociales",
    "considerationsEnvironnementales",
)  # fmt: skip
"""Fields whose values are labels of a code list."""
READ = ("source", "file_sha256", "fichier", "fichier_date", "kind", "format", "layout", "decode", "record")
"""Columns of `decp_records` that a profile is made of."""
MOST_LABELS = 200
"""Labels kept by field: a list with more is free text."""


class Profile(msgspec.Struct, kw_only=True):
    """What a file looks like."""

    source: str
    fichier: str
    fichier_date: str
    sha256: str
    records: dict[str, int] = {}
    """Kind (marche, concession) to records."""
    formats: dict[str, int] = {}
    layouts: dict[str, int] = {}
    tolerant: int = 0
    """Records that the strict reading refused."""
    fields: dict[str, dict[str, int]] = {}
    """Kind to field to records that fill it. `titulaires.id` is a field of the first holder."""
    codes: dict[str, dict[str, int]] = {}
    """Field to label to records."""


_QUERY = """
    WITH lines AS (SELECT row_number() OVER () AS n, * FROM batch),
    pairs AS (
      SELECT n, j.key AS field, j.value AS value FROM lines, json_each(record) AS j
      UNION ALL SELECT n, 'titulaires.' || j.key, j.value
        FROM lines, json_each(coalesce(record -> '$.titulaires[0]', record -> '$.concessionnaires[0]', '{}')) AS j
      UNION ALL SELECT n, 'lieuExecution.' || j.key, j.value
        FROM lines, json_each(coalesce(record -> '$.lieuExecution', '{}')) AS j
    ),
    filled AS (
      SELECT n, field, value FROM pairs
      WHERE field NOT IN ('kind', 'format', 'extras') AND value::VARCHAR NOT IN ('null', '""', '[]', '{}')
    )"""
_FIELDS = f"""{_QUERY}
    SELECT file_sha256, kind, field, count(*) AS n FROM filled JOIN lines USING (n) GROUP BY ALL"""
_CODES = f"""{_QUERY},
    labels AS (
      SELECT n, field, unnest(CASE WHEN json_type(value) = 'ARRAY' THEN value ->> '$[*]'
        ELSE [value ->> '$'] END) AS label
      FROM filled WHERE field IN ({", ".join(f"'{name}'" for name in CODED)})
    )
    SELECT file_sha256, field, label, count(*) AS n FROM labels JOIN lines USING (n)
    WHERE label IS NOT NULL GROUP BY ALL"""


def profile_path(lake: Lake, publisher: str, source: str, sha256: str) -> str:
    """Where a profile lies, relative to the lake."""
    return f"quality/{publisher}/profiles/{VERSION}/{source}/{sha256}.json"


def known_profiles(lake: Lake, publisher: str) -> list[Profile]:
    """Every profile kept, by source, date of the file, title and content."""
    folder = lake / f"quality/{publisher}/profiles/{VERSION}"
    if not folder.exists():
        return []
    found = [msgspec.json.decode(f.read_bytes(), type=Profile) for f in folder.rglob("*.json")]
    return sorted(found, key=lambda p: (p.source, p.fichier_date, p.fichier, p.sha256))


def keep_profiles(lake: Lake, publisher: str, profiles: Iterable[Profile]) -> None:
    """Write profiles; one that is there already is never rewritten."""
    for profile in profiles:
        path = lake / profile_path(lake, publisher, profile.source, profile.sha256)
        if not path.exists():
            write_bytes(path, msgspec.json.format(msgspec.json.encode(profile), indent=1))


def make_profiles(batches: Iterable[pa.RecordBatch], already: frozenset[str]) -> list[Profile]:
    """The profiles of the files of `decp_records` (columns `READ`) that are not `already` known, batch by batch."""
    made: dict[tuple[str, str], Profile] = {}
    with duckdb.connect(":memory:") as link:
        for batch in batches:
            part = pl.DataFrame(pl.from_arrow(batch)).filter(~pl.col("file_sha256").is_in(sorted(already)))
            if part.height:
                _add(made, part, link)
    for profile in made.values():
        _settle(profile)
    return [made[key] for key in sorted(made)]


def list_profiles(
    lake: Lake, sources: Iterable[Source], manifest: Iterable[ManifestRow], already: frozenset[str]
) -> list[Profile]:
    """The profiles of the files of lists of contracts that are not `already` known: their columns and fill rates."""
    lists = {s.id for s in sources if s.contract_list is not None}
    made = []
    for row in manifest:
        if row.source not in lists or not row.sha256 or row.status == "ignored" or row.sha256 in already:
            continue
        try:
            texts = raw_columns(lake.raw(row.sha256).read_bytes())
        except (ListError, FileNotFoundError):
            continue  # told by the check `listes_lisibles`
        filled = texts.select((pl.all().fill_null("") != "").sum()).row(0, named=True)
        made.append(
            Profile(
                source=row.source,
                fichier=row.title,
                fichier_date=row.published_at,
                sha256=row.sha256,
                records={LIST: texts.height},
                formats={LIST: texts.height},
                layouts={LIST: texts.height},
                fields={LIST: _ordered({n: c for n, c in filled.items() if c})},
            )
        )
    return made


LIST = "liste"
"""The kind of a row of a list of contracts."""


def _add(made: dict[tuple[str, str], Profile], part: pl.DataFrame, link: duckdb.DuckDBPyConnection) -> None:
    counted = part.group_by(
        "source", "file_sha256", "fichier", "fichier_date", "kind", "format", "layout", "decode"
    ).len()
    of_file: dict[str, list[Profile]] = {}
    for source, sha256, fichier, day, kind, form, layout, decode, n in counted.sort(counted.columns).iter_rows():
        profile = made.setdefault(
            (source, sha256), Profile(source=source, fichier=fichier, fichier_date=day, sha256=sha256)
        )
        profile.tolerant += n if decode == "tolerant" else 0
        for counts, name in ((profile.records, kind), (profile.formats, form), (profile.layouts, layout)):
            counts[name] = counts.get(name, 0) + n
        if all(p is not profile for p in of_file.setdefault(sha256, [])):
            of_file[sha256].append(profile)
    link.register("batch", part.to_arrow())
    for sha256, kind, field, n in link.sql(_FIELDS).fetchall():
        for profile in of_file[sha256]:
            counts = profile.fields.setdefault(kind, {})
            counts[field] = counts.get(field, 0) + n
    for sha256, field, label, n in link.sql(_CODES).fetchall():
        for profile in of_file[sha256]:
            counts = profile.codes.setdefault(field, {})
            counts[label] = counts.get(label, 0) + n
    link.unregister("batch")


def _settle(profile: Profile) -> None:
    """Everything in alphabetical order, free text left out: the same records give the same bytes."""
    profile.records, profile.formats, profile.layouts = (
        _ordered(c) for c in (profile.records, profile.formats, profile.layouts)
    )
    profile.fields = {k: _ordered(v) for k, v in sorted(profile.fields.items())}
    profile.codes = {k: _ordered(v) for k, v in sorted(profile.codes.items()) if len(v) <= MOST_LABELS}


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
