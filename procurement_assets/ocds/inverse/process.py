"""The record of a process, from its releases or from its compiled release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from procurement_assets.decp.model import Contract, Modification
from procurement_assets.ocds.compile import StateCompiler
from procurement_assets.ocds.inverse.base import Known, base
from procurement_assets.ocds.inverse.later import acts, changes, executions, modifications, named_modifications
from procurement_assets.ocds.model import Release
from procurement_assets.ocds.schema import profile

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Release).decode


def decp_of(releases: Sequence[Release | Mapping[str, Any] | bytes]) -> Contract:
    """The normalised record that the releases of one process say now, corrections included.

    The releases in any order, or the compiled release alone: it loses nothing of the record. A withdrawn event (a
    modification that the source no longer publishes) is not in the record, although its release stays published.
    Raises ValueError without a release that has a tender.
    """
    release = _state([r if isinstance(r, bytes) else _encode(r) for r in releases])
    parties = Known(release)
    contract = base(release, parties)
    contract.modifications = modifications(release, parties, contract.kind)
    contract.actesSousTraitance = acts(release, parties)
    contract.modificationsActesSousTraitance = changes(release)
    contract.donneesExecution = executions(release)
    return contract


def published_modifications(releases: Sequence[bytes]) -> list[tuple[str, Modification]]:
    """The modifications that the releases of one process say now, each with the key of its release id."""
    if not any(b"-modification-" in line for line in releases):
        return []
    release = _state(releases)
    parties = Known(release)
    return named_modifications(release, parties, base(release, parties).kind)


def _state(lines: Sequence[bytes]) -> Release:
    """The compiled release of a process, or its only release."""
    if len(lines) > 1:
        lines = [_compiler().compile(sorted(lines, key=_date))]
    release = _decode(lines[0]) if lines else None
    if release is None or release.tender is None:
        raise ValueError("no release with a tender: these are not the releases of a whole process")
    return release


class _Dated(msgspec.Struct):
    date: str


_dated = msgspec.json.Decoder(_Dated).decode


def _date(line: bytes) -> str:
    return _dated(line).date


@lru_cache(maxsize=1)
def _compiler() -> StateCompiler:
    return StateCompiler(profile())
