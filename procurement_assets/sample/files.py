"""The files of a source of kind `sample`: one for a profile, several for a composite (composites.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from procurement_assets.decp.raw import Layout, RawRecord
from procurement_assets.publishers import Source
from procurement_assets.sample.damaged import damaged
from procurement_assets.sample.generator import BLOCK, generate
from procurement_assets.sample.portal_list import row
from procurement_assets.sample.profiles import HERE, Profile, load_profile
from procurement_assets.sample.record import SampleRecord
from procurement_assets.sample.writing import write

_CITY = "217500016"
STREAM = 10 * BLOCK
"""Ranks between two streams of a composite: contracts of different streams have different ids."""


class SampleFile(msgspec.Struct, frozen=True):
    """A file written."""

    title: str
    path: Path
    published_at: str
    """ISO date-time, fixed by the profile, never the clock."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream told of by a portal list."""

    profile: str
    share: float
    stream: int = 0


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a composite; see composites.toml."""

    title: str
    published_at: str
    profile: str = ""
    share: float = 1.0
    stream: int = 0
    layout: Layout | None = None
    overlay: str = ""
    """Profile whose defects are added, by class."""
    since: str = ""
    until: str = ""
    damage: str = ""
    row: tuple[Row, ...] = ()


@lru_cache(maxsize=1)
def composites() -> dict[str, list[Part]]:
    """The parts of every composite, by name."""
    file: dict[str, dict[str, Any]] = tomllib.loads((HERE / "composites.toml").read_text(encoding="utf-8"))
    return {name: msgspec.convert(table["part"], list[Part]) for name, table in file.items()}


def write_sample_files(source: Source, folder: Path) -> list[SampleFile]:
    """Writes the files of a source and says what they are. The folder is made; files of the same name are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(part, source, folder) for part in parts_of(source)]


def parts_of(source: Source) -> list[Part]:
    """The files of a source, as its composite or its profile says."""
    if source.sample_profile in composites():
        return composites()[source.sample_profile]
    profile = load_profile(source.sample_profile)
    suffix = "xml" if profile.layout.startswith("xml") else "json"
    return [Part(title=f"{profile.name}.{suffix}", published_at=profile.published_at, profile=profile.name)]


def _write(part: Part, source: Source, folder: Path) -> SampleFile:
    path = folder / part.title
    records = round(part.share * source.sample_records)
    if part.row:
        path.write_bytes(_portal_list(part, source))
    elif part.damage:
        path.write_bytes(damaged(part.damage, part.profile, records, source.sample_seed))
    else:
        profile = _profile(part)
        stream = generate(profile, records, source.sample_seed, layout=profile.layout, first=part.stream * STREAM)
        shown = _as_known(stream, part) if part.until else stream
        with path.open("wb") as target:
            write(shown, profile.layout, target)
    return SampleFile(part.title, path, part.published_at)


def _profile(part: Part) -> Profile:
    """The part's profile, in its layout, with the defects of its overlay: its truth stays that of the profile."""
    profile = load_profile(part.profile)
    added = load_profile(part.overlay).defects if part.overlay else {}
    own = {name: rate for name, rate in added.items() if name not in profile.defects}
    return msgspec.structs.replace(profile, layout=part.layout or profile.layout, defects=profile.defects | own)


def _portal_list(part: Part, source: Source) -> bytes:
    rows = []
    for told in part.row:
        count, first = round(told.share * source.sample_records), told.stream * STREAM
        for record in generate(told.profile, count, source.sample_seed, defects=False, first=first):
            truth = record.truth
            if truth.kind == "marche" and str(truth.acheteur_id).startswith(_CITY):
                rows.append(row(truth, source.sample_seed))
    return msgspec.json.encode(rows)


def _as_known(records: Iterator[SampleRecord], part: Part) -> Iterator[SampleRecord]:
    """The records as known on the day `until`, those with something published since `since`."""
    for record in records:
        published = _published(record.truth)
        if published[0] <= part.until and any(part.since <= day <= part.until for day in published):
            record.dirty = _on(record.dirty, part.until)
            yield record


def _published(truth: RawRecord) -> list[str]:
    """When something of a contract was published, its award first."""
    found = [str(truth.datePublicationDonnees)]
    found += [str(m.datePublicationDonneesModification) for m in truth.modifications or ()]
    found += [str(a.datePublicationDonnees) for a in truth.actesSousTraitance or ()]
    found += [str(m.datePublicationDonnees) for m in truth.modificationsActesSousTraitance or ()]
    found += [str(e.datePublicationDonneesExecution) for e in truth.donneesExecution or ()]
    return found


_DATED = {
    "modifications": "datePublicationDonneesModification",
    "actesSousTraitance": "datePublicationDonnees",
    "modificationsActesSousTraitance": "datePublicationDonnees",
    "donneesExecution": "datePublicationDonneesExecution",
}


def _on(record: RawRecord, until: str) -> RawRecord:
    """A record without what was published after a day."""
    known = copy(record)
    for name, date in _DATED.items():
        items = getattr(record, name)
        if items:
            setattr(known, name, [i for i in items if str(getattr(i, date)) <= until] or None)
    return known
