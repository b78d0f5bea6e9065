"""Seeding defects: the classes as data, their plan over a block of records, their doing.

Which records of a block get which class is drawn beforehand, class by class, from the block's own random stream: the
cost follows the number of defects, and a class can be added without moving those of the others.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from math import log
from random import Random
from typing import Literal

import msgspec

from procurement_assets.decp.raw import Layout, RawRecord
from procurement_assets.sample import spoil_identity, spoil_labels, spoil_rules, spoil_values  # noqa: F401  they fill SPOILERS
from procurement_assets.sample.profiles import HERE, Profile
from procurement_assets.sample.record import SampleRecord, Seeded
from procurement_assets.sample.work import SPOILERS, Work

Stage = Literal["value", "shape", "bytes", "copy"]


class Defect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of defect, see defects.toml."""

    id: str = ""
    text: str
    basis: str
    stage: Stage = "value"
    format: str = ""
    layouts: tuple[str, ...] = ()
    needs: str = ""
    """Field that a record must have, or `groupement`: that it declares a grouping of holders."""
    rate: float = -1.0
    found_by: tuple[str, ...] = ()
    """Rules of data_quality/ of which at least one finds every record of the class."""
    harmless: bool = False
    """Reading gives the truth back: there is nothing to find, and a test compares the tables."""
    elsewhere: str = ""
    """Why no rule on one record can find it, and what does."""

    def applies(self, profile: Profile, layout: Layout) -> bool:
        """Whether the class can stand in files of a profile in a layout."""
        if self.stage == "shape" and layout.startswith("xml"):
            return False
        if self.id == "bytes.quote" and layout.startswith("xml"):
            return False
        return self.format in ("", profile.format) and (not self.layouts or layout in self.layouts)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    defaults: dict[str, float]
    classes: dict[str, Defect] = msgspec.field(name="class")


@lru_cache(maxsize=1)
def defects() -> dict[str, Defect]:
    """Every class of defect, by id, in the order of defects.toml, with its rate where no profile says otherwise."""
    file = msgspec.convert(tomllib.loads((HERE / "defects.toml").read_text(encoding="utf-8")), _File)
    found = {}
    for name, defect in file.classes.items():
        rate = file.defaults["rate"] if defect.rate < 0 else defect.rate
        found[name] = msgspec.structs.replace(defect, id=name, rate=rate)
    return found


def rates(profile: Profile, layout: Layout | None = None) -> dict[str, float]:
    """The rate of every class that can stand in files of a profile, among the records to which it applies."""
    unknown = profile.defects.keys() - defects().keys()
    if unknown:
        raise KeyError(f"profile {profile.name}: no class of defect is called {', '.join(sorted(unknown))}")
    chosen = layout or profile.layout
    found = {}
    for name, defect in defects().items():
        rate = profile.defects.get(name, defect.rate)
        if rate > 0 and defect.applies(profile, chosen):
            found[name] = rate
    return found


def plan(chosen: dict[str, float], name: str, size: int) -> dict[int, list[str]]:
    """For each record of the block `name` that gets some, its classes, the rarest first."""
    found: dict[int, list[str]] = {}
    for defect, rate in sorted(chosen.items(), key=lambda item: (item[1], item[0])):
        rnd = Random(f"{name}/{defect}").random
        at = -1
        while True:
            # The gap to the next record spoilt follows the geometric law.
            at += 1 if rate >= 1 else 1 + int(log(1 - rnd()) / log(1 - rate))
            if at >= size:
                break
            found.setdefault(at, []).append(defect)
    return found


def _has(truth: RawRecord, needs: str) -> bool:
    if not needs:
        return True
    if needs == "groupement":
        return truth.typeGroupementOperateurs in ("Conjoint", "Solidaire")
    return getattr(truth, needs) is not None


def seed(record: SampleRecord, classes: list[str], rng: Random) -> None:
    """Spoils a record with the classes that apply to it."""
    known = defects()
    found = [known[name] for name in classes if _has(record.truth, known[name].needs)]
    if not found:
        return
    work = Work(record.truth, rng)
    for defect in found:
        name = defect.id
        if defect.stage == "shape":
            # Shapes of one list exclude each other, and those of a list already spoilt.
            if not work.shapes and not work.edits:
                work.shapes.append(name)
                work.edits.append(Seeded(name, "", None, defect.text))
            continue
        work.defect = name
        SPOILERS[name](work)
    if work.edits:
        record.dirty = work.record
        record.defects += tuple(work.edits)
        record.shapes = tuple(work.shapes)
        record.damaged = work.damaged
