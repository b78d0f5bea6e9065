"""When nothing may be sent, whatever the settings, and when a person must decide.

Never: generated data, an ocid prefix that is not registered, no licence, a blocking check whose last result is a
failure or that has none. For a person: fewer rows or another sum than the last publication beyond a threshold, and a
package that the portal already showed otherwise than it was sent. A person accepts exactly one publication, by the
start of its manifest's hash (`PROCUREMENT_ACCEPT_DROP=PUBLISHER:HASH`), and an agreement serves once on each portal:
the journal counts (`TargetState.agreed`), and the same publication is accepted a second time by `PUBLISHER:HASH:2`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from procurement_assets.ocds.packages import unpublishable
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.portal import Publication, TargetState
from procurement_assets.portal.publishing.tabular import MAIN_TABLES, Measures
from procurement_assets.publishers import Publisher, Source

SHORTEST_HASH = 12
"""Characters of a manifest's hash that name it."""


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """The checks that a publication goes by: the last result of each."""

    total: int = 0
    failed: int = 0
    blocking: tuple[str, ...] = ()
    """Blocking checks whose last result is a failure, that are not finished, or that never ran."""
    run_id: str = ""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """From when a change against the last publication needs a person, in percent."""

    row_drop: float = 2.0
    sum_change: float = 25.0


def never(publisher: Publisher, sources: Iterable[Source], package: Package, checks: Checks) -> list[str]:
    """Why nothing of this publisher may be published: no setting changes it. French, one line each, with the remedy."""
    found = []
    if publisher.demo or package.demo or any(s.kind == "sample" for s in sources):
        found.append(
            f"les données de « {publisher.id} » sont produites pour la démonstration : elles ne se publient jamais"
        )
    if unpublishable(publisher):
        found.append(
            f"le préfixe OCDS « {publisher.ocid_prefix} » est provisoire : en demander un à data@open-contracting.org, "
            "puis régler ocid_prefix et ocid_prefix_is_placeholder dans publishers.toml"
        )
    elif package.unpublishable:
        found.append("les exports ont été faits sous un préfixe OCDS provisoire : relancer toute la chaîne")
    if not (publisher.license.strip() or publisher.about.license_url.strip()):
        found.append(f"aucune licence pour « {publisher.id} » : régler license dans publishers.toml")
    elif package.license is not None and not package.license.strip():
        found.append("les exports ont été faits sans licence : relancer toute la chaîne")
    if checks.blocking:
        found.append(
            f"contrôles bloquants en échec ou sans résultat : {', '.join(checks.blocking)} ; ouvrir le contrôle dans "
            "l'interface, corriger, puis relancer toute la chaîne"
        )
    return found


def changes(measures: Measures, last: Publication | None, limits: Thresholds) -> list[str]:
    """Changes against the last publication that need a person. French, one line each."""
    found = []
    for table in MAIN_TABLES:
        file = f"{table}.csv"
        before, now = (last.rows.get(file, 0) if last else 0), measures.rows.get(file, 0)
        if _beyond(before - now, before, limits.row_drop):
            found.append(
                f"{file} : {now} lignes, contre {before} à la dernière publication "
                f"({_percent(now, before)}, seuil -{limits.row_drop:g} %)"
            )
    for name, was in sorted(last.sums.items()) if last else ():
        is_now = measures.sums.get(name, 0)
        if _beyond(abs(is_now - was), abs(was), limits.sum_change):
            found.append(
                f"{name.replace(':', ', somme de ')} : {_euros(is_now)}, contre {_euros(was)} à la dernière "
                f"publication ({_percent(is_now, was)}, seuil ±{limits.sum_change:g} %)"
            )
    if not any(measures.rows.get(f"{t}.csv", 0) for t in MAIN_TABLES):
        found.append("aucune ligne à publier")
    return found


def _beyond(change: int, before: int, percent: float) -> bool:
    """Whether a change is more than so many percent of what was, to the unit: just that much is not."""
    return before > 0 and change * 100 > before * Fraction(str(percent))


def disputed(package: Package, state: TargetState) -> list[str]:
    """A package that the portal showed otherwise than it was sent is not sent again unasked."""
    if state.disputed != package.manifest_sha256:
        return []
    return [
        "cette publication a déjà été envoyée, sa relecture ne concordait pas, et la précédente a été remise : "
        "chercher pourquoi avant de l'envoyer de nouveau"
    ]


def accepted(setting: Sequence[str], package: Package, state: TargetState) -> bool:
    """Whether a person accepted exactly this publication, and that agreement has not served yet on this target."""
    time = state.agreed.get(package.manifest_sha256, 0) + 1
    for entry in setting:
        publisher, _, which = entry.partition(":")
        name, _, nth = which.partition(":")
        named = len(name) >= SHORTEST_HASH and package.manifest_sha256.startswith(name)
        if publisher == package.publisher and named and (nth or "1") == str(time):
            return True
    return False


def how_to_accept(package: Package, state: TargetState) -> str:
    """What a person sets to accept this publication."""
    served = state.agreed.get(package.manifest_sha256, 0)
    what = f"{package.publisher}:{package.manifest_sha256[:SHORTEST_HASH]}" + (f":{served + 1}" if served else "")
    return f"pour l'accepter, et elle seule : PROCUREMENT_ACCEPT_DROP={what}"


def to_accept(package: Package, measures: Measures, state: TargetState, limits: Thresholds) -> list[str]:
    """What a person has to accept on this target, whether or not it was; one French line each."""
    asked = [*changes(measures, state.last, limits), *disputed(package, state)]
    return [f"{line} ; {how_to_accept(package, state)}" for line in asked]


def refusals(
    publisher: Publisher,
    sources: Iterable[Source],
    package: Package,
    measures: Measures,
    state: TargetState,
    checks: Checks,
    *,
    limits: Thresholds,
    accept: Sequence[str],
) -> list[str]:
    """Everything against this publication on this target; empty: it may be sent."""
    found = never(publisher, sources, package, checks)
    if not accepted(accept, package, state):
        found += to_accept(package, measures, state, limits)
    return found


def _percent(now: int, before: int) -> str:
    return f"{(now - before) / abs(before) * 100:+.1f} %".replace(".", ",")


def _euros(cents: int) -> str:
    return f"{cents / 100:,.2f} €".replace(",", " ").replace(".", ",")
