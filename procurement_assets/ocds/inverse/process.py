"""The record of a process, from its releases or from its compiled release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.ocds.inverse.base import Known, base, operators
from procurement_assets.ocds.inverse.later import acts, changes, executions, modifications
from procurement_assets.ocds.model import Release


def decp_of(releases: Sequence[Release | Mapping[str, Any]]) -> Contract:
    """The normalised record that the releases of one process were made from.

    From a compiled release alone (a sequence of one, tag `compiled`), the current state: `montant` or `valeurGlobale`,
    `dureeMois` and `titulaires` are those in force, the amount and duration of an act those of its last modification.
    Lost there, since merging keeps the last value only: the values at the award, `sousTraitanceDeclaree` once an act
    was published, and which modifications of two acts came first. All that each modification published is there.
    Raises ValueError without a release that has a tender.
    """
    found = sorted(map(_release, releases), key=lambda r: r.date)
    first = next((r for r in found if r.tender is not None), None)
    if first is None:
        raise ValueError("no release with a tender: these are not the releases of a whole process")
    compiled = list(first.tag) == ["compiled"]
    parties = Known(found, first)
    contract = base(first, parties)
    if compiled:
        contract.titulaires = _in_force(first, parties, contract.titulaires)
    contract.modifications = modifications(found, parties, contract.kind)
    contract.actesSousTraitance = acts(found, parties)
    contract.modificationsActesSousTraitance = changes(found)
    contract.donneesExecution = executions(found)
    return contract


def processes(releases: Iterable[Release]) -> Iterator[list[Release]]:
    """The releases of each process, of a sequence sorted by ocid."""
    group: list[Release] = []
    for release in releases:
        if group and group[-1].ocid != release.ocid:
            yield group
            group = []
        group.append(release)
    if group:
        yield group


def _release(found: Release | Mapping[str, Any]) -> Release:
    return found if isinstance(found, Release) else msgspec.convert(dict(found), Release)


def _in_force(compiled: Release, parties: Known, at_award: list[Operateur]) -> list[Operateur]:
    """The holders of the award that is not cancelled, when a modification changed them."""
    awards = compiled.awards or []
    active = next((a for a in reversed(awards) if a.status != "cancelled"), None)
    if active is None:
        return at_award
    if active is awards[0] and len(active.suppliers or ()) == len(at_award):
        return at_award
    return operators(active, parties)
