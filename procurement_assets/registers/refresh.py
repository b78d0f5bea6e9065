"""Fetching registers through `sources/`: conditional requests, verified bytes, and the last good register kept.

| what happens | a register is in place | none is |
|---|---|---|
| its bytes, whole and readable, or 304 | `à jour` | `à jour` |
| no address answers, another file, a damaged one, one that lost a tenth of its rows | `ancien`: it stays | `absent` |

The file received is kept in `raw/`, by its content; SIRENE's stock is read and dropped (`sirene.py`).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.registers.errors import RegisterDamagedError, RegisterUnavailableError
from procurement_assets.registers.genericode import read_cpv
from procurement_assets.registers.geography import read_departements, read_regions
from procurement_assets.registers.model import Register
from procurement_assets.registers.sirene import read_stock, wanted_sirens
from procurement_assets.registers.store import (
    RegisterState,
    read_register,
    read_state,
    register_path,
    unknown,
    write_register,
    write_state,
)
from procurement_assets.sources.errors import HttpError, RawCorrupted, SourceUnavailable
from procurement_assets.sources.http import HttpClient
from procurement_assets.sources.manifest import ManifestRow
from procurement_assets.sources.offers import Offer, digest
from procurement_assets.sources.parts import open_part, parts_folder
from procurement_assets.sources.store import open_raw
from procurement_assets.sources.taking import download, take

log = logging.getLogger(__name__)

READERS: dict[str, Callable[[BinaryIO], pl.DataFrame]] = {
    "genericode": read_cpv,
    "departements": read_departements,
    "regions": read_regions,
}
LEAST_KEPT = 0.9
"""A register that comes with less than this share of its rows is taken for a damaged one: such lists only grow."""
NOBODY = "les tables ne nomment encore aucun titulaire : lancer refresh, puis redemander ce registre"

Got = tuple[ManifestRow, pl.DataFrame | None]
"""What is known of the file received, and the register read from it; None where the one in place is still good."""


def refresh_register(
    register: Register, *, lake: Lake, http: HttpClient, now: datetime, sample_sources: Sequence[Source] = ()
) -> RegisterState:
    """Ask for a register and put it in place; what has become of it. Never raises for what an address answers.

    `sample_sources`: what the generator tells of, for a register that it makes.
    """
    stamp = now.astimezone(UTC).isoformat(timespec="seconds")
    held = read_state(lake, register)
    if held is not None and not register_path(lake, register.table).exists():
        held = None
    try:
        row, frame = _obtain(register, held, lake, http, stamp, sample_sources)
        if frame is not None:
            _refuse_loss(register, frame, lake)
            write_register(lake, register.table, frame)
    except (RegisterDamagedError, RegisterUnavailableError) as error:
        state = _not_obtained(register, held, str(error), stamp)
    else:
        state = _state(register, row, read_register(lake, register.table).height, stamp)
    write_state(lake, state)
    return state


def _obtain(
    register: Register, held: RegisterState | None, lake: Lake, http: HttpClient, stamp: str, sources: Sequence[Source]
) -> Got:
    """The file of the first address that gives a good one. Raises `RegisterUnavailableError` with every reason."""
    if register.is_sample:
        return _generated(register, sources, lake, stamp)
    reasons = []
    for address in register.addresses:
        try:
            if register.keeps_raw:
                return _list(register, address, held, lake, http, stamp)
            return _units(register, address, held, lake, http, stamp)
        except RegisterDamagedError as error:
            reasons.append(f"{address} : {error}")
        except HttpError as error:
            reasons.append(f"{address} : {error.reason}")
        log.warning("register %s: %s", register.id, reasons[-1])
    raise RegisterUnavailableError(" ; ".join(reasons))


def _list(
    register: Register, address: str, held: RegisterState | None, lake: Lake, http: HttpClient, stamp: str
) -> Got:
    """A register whose file is kept in `raw/`, read again each time: the reader may have changed."""
    source = Source(id=f"registre-{register.id}", name=register.name, kind="file", rank=0, url=address, read=False)
    offer = Offer(resource_id=register.id, title=register.name, url=address)
    try:
        row = take(offer, _known(held), source=source, lake=lake, http=http, stamp=stamp)
    except SourceUnavailable as error:
        cause = error.__cause__
        raise RegisterDamagedError(cause.reason if isinstance(cause, HttpError) else str(error)) from error
    if row.status not in ("kept", "unchanged"):
        raise RegisterDamagedError(row.reason)
    try:
        with open_raw(lake, row.sha256, verify=True) as handle:
            return row, READERS[register.kind](handle)
    except RawCorrupted as error:
        raise RegisterDamagedError(f"octets gardés altérés : supprimer {lake.raw(row.sha256)}") from error


def _units(
    register: Register, address: str, held: RegisterState | None, lake: Lake, http: HttpClient, stamp: str
) -> Got:
    """SIRENE: asked conditionally only where every SIREN of the tables was already asked for."""
    wanted = wanted_sirens(lake)
    if not wanted:
        raise RegisterUnavailableError(NOBODY)
    asked = set(read_register(lake, register.table)["siren"])
    known = _known(held) if wanted <= asked else None
    offer = Offer(resource_id=register.id, title=register.name, url=address)
    with open_part(parts_folder(lake), address) as part:
        try:
            result, _ = download(offer, known, http, part)
            if result.not_modified and known is not None:
                return msgspec.structs.replace(known, reason=""), None
            frame = read_stock(part.path, wanted)
            sha256, size = digest(part.path, "sha256"), part.size
        finally:
            part.discard()
    row = _row(register, address, sha256, size, stamp)
    return msgspec.structs.replace(row, etag=result.head.etag, http_last_modified=result.head.last_modified), frame


def _generated(register: Register, sources: Sequence[Source], lake: Lake, stamp: str) -> Got:
    """A register of the demo, in the real form of its file, read as the real one is."""
    # Imported here: the generator is not needed to read real registers.
    from procurement_assets.sample.registers import write_sample_register

    with tempfile.TemporaryDirectory(prefix="register-", dir=parts_folder(lake)) as folder:
        path = write_sample_register(register.kind, sources, Path(folder))
        row = _row(register, register.addresses[0], digest(path, "sha256"), path.stat().st_size, stamp)
        if register.kind == "sirene":
            return row, read_stock(path, wanted_sirens(lake), everything=True)
        with path.open("rb") as handle:
            return row, READERS[register.kind](handle)


def _refuse_loss(register: Register, frame: pl.DataFrame, lake: Lake) -> None:
    """A register that lost a tenth of what it held is not put in place."""
    before, key = read_register(lake, register.table), "siren" if register.kind == "sirene" else "code"
    if register.kind == "sirene":  # of the units asked for both times, those that it knows
        before = before.filter("connu").join(frame, on="siren", how="semi")
        frame = frame.filter("connu")
    still = before.join(frame, on=key, how="semi").height
    if still < before.height * LEAST_KEPT:
        raise RegisterDamagedError(
            f"{before.height - still} des {before.height} lignes du registre en place n'y sont plus. Si c'est voulu, "
            f"supprimer {register_path(lake, register.table)} et redemander le registre"
        )


def _known(held: RegisterState | None) -> ManifestRow | None:
    """The file that the register in place is made of, as `sources` wants it."""
    if held is None or not held.sha256:
        return None
    return ManifestRow(
        source=f"registre-{held.registre}",
        resource_id=held.registre,
        title=held.nom,
        url=held.adresse,
        status="kept",
        sha256=held.sha256,
        bytes=held.octets,
        etag=held.etag or "",
        http_last_modified=held.modifie_le or "",
        fetched_at=held.pris_le or "",
        checked_at=held.demande_le or "",
        read=False,
    )


def _row(register: Register, address: str, sha256: str, size: int, stamp: str) -> ManifestRow:
    return ManifestRow(
        source=f"registre-{register.id}",
        resource_id=register.id,
        title=register.name,
        url=address,
        status="kept",
        sha256=sha256,
        bytes=size,
        fetched_at=stamp,
        checked_at=stamp,
        read=False,
    )


def _state(register: Register, row: ManifestRow, rows: int, stamp: str) -> RegisterState:
    """The state of a register that was obtained."""
    return msgspec.structs.replace(
        unknown(register),
        adresse=row.url,
        etat="à jour",
        raison=row.reason or None,
        lignes=rows,
        sha256=row.sha256,
        octets=row.bytes,
        etag=row.etag or None,
        modifie_le=row.http_last_modified or None,
        pris_le=row.fetched_at,
        demande_le=stamp,
    )


def _not_obtained(register: Register, held: RegisterState | None, reason: str, stamp: str) -> RegisterState:
    """The state of a register that was not: the last good one where there is one."""
    if held is None:
        return msgspec.structs.replace(unknown(register), raison=reason, demande_le=stamp)
    return msgspec.structs.replace(held, etat="ancien", raison=reason, demande_le=stamp)
