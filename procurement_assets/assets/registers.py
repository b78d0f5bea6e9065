"""The registers: public lists that the tables are compared with.

They belong to no publisher, so they have no partition and a job of their own (`registers`); the daily refresh leaves
them alone and reads the last good ones.
"""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from procurement_assets.assets.metadata import OWNERS, definition_metadata, preview
from procurement_assets.assets.partitions import PUBLISHERS
from procurement_assets.lake import Lake
from procurement_assets.registers.model import Register, load_registers
from procurement_assets.registers.refresh import refresh_register
from procurement_assets.registers.sirene import NAMED_BY
from procurement_assets.registers.store import RegisterState, read_register, register_path, write_states
from procurement_assets.resources.lake import LakeResource
from procurement_assets.schema import TABLES
from procurement_assets.settings import Settings, load_settings
from procurement_assets.sources.http import HttpClient

REGISTERS = load_registers(load_settings().registers)
"""The registers, as `PROCUREMENT_REGISTERS` says when the code location loads."""
GROUP = "registres"
STATES = "registres"
UP_TO_DATE = "registre_a_jour"
SOURCES = list(PUBLISHERS.sources.values())
ATTEMPT, TRYING = "procurement/registres", "essai"
"""Tag of a run, and its value, that asks little of each address and fails for none: before a first refresh."""
ATTEMPTS = 2
SHOWN = 5
_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=62), warn_window=timedelta(days=35))


def _source_key(register: Register) -> dg.AssetKey:
    return dg.AssetKey(["source", f"registre_{register.id.replace('-', '_')}"])


source_assets = [
    dg.AssetSpec(
        key=_source_key(register),
        group_name="sources",
        description=f"{register.name}. {register.publisher}, {register.licence}.",
        kinds={"python" if register.is_sample else "file"},
        metadata={
            "adresse": register.addresses[0] if register.is_sample else dg.MetadataValue.url(register.addresses[0])
        },
    )
    for register in REGISTERS.values()
]
"""Where each register comes from, as an external asset."""


def _spec(register: Register) -> dg.AssetSpec:
    table = TABLES[register.table]
    named = [name for name, _ in NAMED_BY] if register.kind == "sirene" else []
    return dg.AssetSpec(
        key=register.table,
        deps=[_source_key(register), *named],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"parquet"},
        description=f"{table.title}. {table.description}",
        metadata=definition_metadata(table),
        freshness_policy=_FRESH,
        skippable=True,
    )


def _check(register: Register) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=UP_TO_DATE,
        asset=register.table,
        description="Le registre a été pris, ou confirmé, à la dernière demande. Sinon le dernier bon reste en place ; "
        "sans aucun, les règles qui le lisent ne s'appliquent pas.",
    )


@dg.multi_asset(
    name="registres_publics",
    specs=[
        *(_spec(register) for register in REGISTERS.values()),
        dg.AssetSpec(
            key=STATES,
            group_name=GROUP,
            owners=OWNERS,
            kinds={"parquet"},
            description=f"{TABLES[STATES].title}. {TABLES[STATES].description}",
            metadata=definition_metadata(TABLES[STATES]),
            skippable=True,
        ),
    ],
    check_specs=[_check(register) for register in REGISTERS.values()],
    can_subset=True,
    description="Demande les registres à leurs adresses publiques : vocabulaire CPV, départements et régions, SIRENE. "
    "Un registre qui ne peut pas être pris laisse le dernier bon en place.",
)
def refresh_registers(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Wiring of `registers.refresh.refresh_register`, register by register."""
    store, absent = lake.lake(), []
    trying = context.run.tags.get(ATTEMPT) == TRYING
    http, now = _client(lake.settings(), trying=trying), datetime.now(UTC)
    selected = {key.to_user_string() for key in context.selected_asset_keys}
    for register in (r for r in REGISTERS.values() if r.table in selected):
        state = refresh_register(register, lake=store, http=http, now=now, sample_sources=SOURCES)
        if state.etat == "absent":
            absent.append(f"registre {register.id} absent : {state.raison}")
        else:
            yield dg.MaterializeResult(asset_key=register.table, metadata=_metadata(store, register, state))
        yield _checked(register, state)
    states = write_states(store, REGISTERS)
    if STATES in selected:
        yield dg.MaterializeResult(asset_key=STATES, metadata={"registres": preview(states)})
    if absent and not trying:
        raise dg.Failure(" | ".join(absent))


def _client(settings: Settings, *, trying: bool) -> HttpClient:
    attempts = min(settings.http_attempts, ATTEMPTS) if trying else settings.http_attempts
    return HttpClient.from_settings(dataclasses.replace(settings, http_attempts=attempts))


def _metadata(store: Lake, register: Register, state: RegisterState) -> dict[str, Any]:
    return {
        "dagster/row_count": state.lignes,
        "dagster/uri": str(register_path(store, register.table)),
        "producteur": register.publisher,
        "licence": dg.MetadataValue.url(register.licence_url),
        "adresse": state.adresse,
        "empreinte (sha256)": state.sha256,
        "aperçu": preview(read_register(store, register.table).head(SHOWN)),
    }


def _checked(register: Register, state: RegisterState) -> dg.AssetCheckResult:
    """Whether the last asking brought the register; what to do otherwise."""
    good = state.etat == "à jour"
    said = {"ancien": "Le dernier bon reste en place", "absent": "Aucun n'est en place"}.get(state.etat, "")
    return dg.AssetCheckResult(
        asset_key=register.table,
        check_name=UP_TO_DATE,
        passed=good,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if good else f"{said} : {state.raison}. Redemander : python -m procurement_assets registers",
        metadata={"état": state.etat, "lignes": state.lignes, "demandé le": state.demande_le or ""},
    )


ASSETS: list[dg.AssetsDefinition | dg.AssetSpec] = [*source_assets, refresh_registers]
