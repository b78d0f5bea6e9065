"""Records as a stream: block after block, each from its own seed, so that memory is constant and record `k` is the same
whatever the number of records asked for."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from random import Random

import msgspec

from procurement_assets.decp.raw import Layout, RawModification, RawRecord
from procurement_assets.sample.concessions import concession
from procurement_assets.sample.marches import marche
from procurement_assets.sample.profiles import Profile, load_profile
from procurement_assets.sample.record import SampleRecord, Seeded
from procurement_assets.sample.seeding import plan, rates, seed
from procurement_assets.sample.tables import Tables, tables_of

BLOCK = 1024
_NEAR = 50
"""How far back a copy is taken from: real repeats stand near each other in their files."""
_FACTORS = (2, 4, 10, 0.5, 1.2, 0.98)
"""Multiples seen between two rows of one contract (research/data.md §3)."""


def generate(
    profile: str | Profile,
    records: int,
    seed: int,
    *,
    defects: bool = True,
    layout: Layout | None = None,
    first: int = 0,
) -> Iterator[SampleRecord]:
    """`records` records of a profile, in order. `defects=False` leaves each as its truth, valid against the schema.

    `layout` is the one they will be written in, where it is not the profile's: it decides which shapes can be spoilt.
    `first` starts at a later rank, a multiple of `BLOCK`.
    """
    if first % BLOCK:
        raise ValueError(f"first is {first}: expected a multiple of {BLOCK}")
    chosen = load_profile(profile) if isinstance(profile, str) else profile
    tables = _tables(chosen)
    spoilt = rates(chosen, layout) if defects else {}
    for start in range(first, first + records, BLOCK):
        yield from _block(tables, seed, start, min(BLOCK, first + records - start), spoilt)


def _tables(profile: Profile) -> Tables:
    """The tables of a profile: those kept of its name when only its defects or its layout were changed."""
    known = load_profile(profile.name)
    same = msgspec.structs.replace(profile, defects=known.defects, layout=known.layout) == known
    return tables_of(profile.name) if same else Tables(profile)


def _block(t: Tables, number: int, start: int, size: int, spoilt: dict[str, float]) -> Iterator[SampleRecord]:
    name = f"{t.profile.name}/{number}/{start}"
    rnd = Random(f"{name}/truth").random
    rng = Random(f"{name}/defects")
    planned = plan(spoilt, name, BLOCK)
    frameworks: list[RawRecord] = []
    recent: list[SampleRecord] = []
    source = t.profile.source_label
    for k in range(start, start + size):
        truth = concession(t, rnd, k) if rnd() < t.profile.concessions else marche(t, rnd, k, frameworks)
        record = SampleRecord(k, truth, truth, source)
        classes = planned.get(k - start)
        if classes:
            _spoil(record, classes, recent, rng)
        recent.append(record)
        if len(recent) > _NEAR:
            del recent[0]
        yield record


def _spoil(record: SampleRecord, classes: list[str], recent: list[SampleRecord], rng: Random) -> None:
    values = [c for c in classes if not c.startswith("copy.")]
    for name in classes:
        if name.startswith("copy.") and record.copy_of < 0:
            _copy(record, name, recent, rng)
    if record.copy_of >= 0 and record.defects[0].defect == "copy.identical":
        return
    if values:
        seed(record, values, rng)


def _copy(record: SampleRecord, name: str, recent: list[SampleRecord], rng: Random) -> None:
    """Makes the record a repeat of a recent one of the same kind."""
    originals = [r for r in recent if r.copy_of < 0 and r.truth.kind == "marche" and not r.damaged]
    if not originals or record.truth.kind != "marche":
        return
    original = rng.choice(originals)
    if name == "copy.identical":
        record.dirty, record.shapes = original.dirty, original.shapes
        record.truth, edit = original.truth, Seeded(name, "", None, f"copy of {original.position}")
    elif name == "copy.amount-only":
        record.truth, edit = _other_amount(original.truth, rng)
    elif name == "copy.same-id-other-lot":
        record.truth, edit = _other_lot(original.truth, record.truth, rng)
    elif not original.truth.modifications and str(original.truth.id).endswith("00"):
        record.truth, edit = _next_sequence(original.truth)
    else:
        return
    if name != "copy.identical":
        record.dirty = record.truth
    record.defects = (edit,)
    record.copy_of = original.position


def _other_amount(original: RawRecord, rng: Random) -> tuple[RawRecord, Seeded]:
    truth = copy(original)
    truth.montant = round(float(original.montant or 0) * rng.choice(_FACTORS), 2)
    return truth, Seeded("copy.amount-only", "montant", original.montant, truth.montant)


def _other_lot(original: RawRecord, own: RawRecord, rng: Random) -> tuple[RawRecord, Seeded]:
    """The contract of another lot under the id of the first: same procedure, another holder and amount."""
    truth = copy(original)
    truth.objet = f"{str(original.objet)[:240]} - LOT {2 + rng.randrange(8)}"
    truth.montant, truth.titulaires = own.montant, own.titulaires
    truth.modifications = truth.actesSousTraitance = truth.modificationsActesSousTraitance = None
    truth.typeGroupementOperateurs = own.typeGroupementOperateurs
    truth.sousTraitanceDeclaree = False if original.format == "2022" else None
    return truth, Seeded("copy.same-id-other-lot", "id", own.id, truth.id)


def _next_sequence(original: RawRecord) -> tuple[RawRecord, Seeded]:
    """The contract published again after a modification, under an id that ends in 01 (format 2019)."""
    truth = copy(original)
    amount = round(float(original.montant or 0) * 1.1, 2)
    date = original.datePublicationDonnees
    truth.modifications = [
        RawModification(
            objetModification="Avenant n° 1 : travaux supplémentaires",
            dateNotificationModification=date,
            datePublicationDonneesModification=date,
            montant=amount,
        )
    ]
    truth.id = f"{str(original.id)[:-2]}01"
    return truth, Seeded("copy.sequence", "id", original.id, truth.id)
