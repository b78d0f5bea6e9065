"""What goes out to be corrected: one row per finding or suggestion about a field that can be corrected.

Findings come from the rules (`findings`), suggestions from the tables (`suggestions`). A finding that no value can
correct (`correctable: false` in the rule: published late, a record in two files) stays in the report and is counted in
the read-me.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from procurement_assets.decp.correctable import field_of, show
from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.paths import NoSuchFieldError, get
from procurement_assets.decp.siren import KnownSirens, recover
from procurement_assets.quality.catalogue import Catalogue
from procurement_assets.quality.corrections.locate import locate
from procurement_assets.quality.model import Rule
from procurement_assets.schema import TABLES

SEVERITIES = {"critical": "critique", "warning": "à corriger", "info": "à savoir"}
SUGGESTION = "suggestion"
_ORDER = ("critique", "à corriger", SUGGESTION, "à savoir")

Row = dict[str, Any]


class Batch(msgspec.Struct, frozen=True):
    """What one source, or one service, has to correct."""

    source: str
    direction: str
    """Name of the service, "" where it is not known."""
    rows: list[Row]
    not_correctable: dict[str, int]
    """Rule to its findings that no field corrects."""


def batches(
    findings: Iterable[Mapping[str, Any]],
    suggestions: Iterable[Mapping[str, Any]],
    contracts: Mapping[str, Contract],
    sources: Mapping[str, str],
    catalogue: Catalogue,
    services: Mapping[str, str],
) -> list[Batch]:
    """The batches, by source and service.

    `contracts`: normalised, by uid. `sources`: uid to the source that answers for it. `services`: SIRET of a buying
    establishment to its name.
    """
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    left: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    rules = {rule.id: rule for rule in catalogue.rules}
    proposals = {(s["uid"], s["champ"]): s for s in suggestions}
    told: set[tuple[str, str]] = set()
    for finding in findings:
        contract, rule = contracts.get(finding["uid"] or ""), rules.get(finding["rule"])
        path = locate(contract, finding["table"], finding["column"], finding["record"]) if contract else None
        if contract is None or path is None or (rule is not None and not rule.correctable):
            left[(finding["source"] or "", "")][finding["rule"]] += 1
            continue
        row = _about(contract, path, services) | _found(finding, rule)
        proposal = proposals.get((contract.uid, path))
        row["proposed"] = _proposed(proposal) if proposal else _siren(contract, path)
        told.add((contract.uid, path))
        groups[(finding["source"] or sources.get(contract.uid, ""), row["direction"])].append(row)
    for key, s in proposals.items():
        contract = contracts.get(s["uid"])
        if contract is not None and key not in told:
            row = _about(contract, s["champ"], services) | _suggested(s)
            groups[(s["source"], row["direction"])].append(row)
    return [
        Batch(
            source, direction, sorted(groups[(source, direction)], key=_rank), dict(sorted(left[(source, "")].items()))
        )
        for source, direction in sorted(groups)
    ]


def _found(finding: Mapping[str, Any], rule: Rule | None) -> Row:
    return {
        "severity": SEVERITIES.get(finding["severity"], finding["severity"]),
        "rule": finding["rule"],
        "title": rule.title if rule else "",
        "expected": finding.get("expected"),
        "advice": finding["advice"],
        "legal_basis": rule.legal_basis if rule else "",
    }


def _suggested(s: Mapping[str, Any]) -> Row:
    return {
        "severity": SUGGESTION,
        "rule": s["rule"],
        "title": s["raison"],
        "published": s["publie"],
        "proposed": _proposed(s),
        "advice": f"Vérifier, puis recopier la valeur proposée si elle est juste (confiance : {s['confiance']}).",
        "legal_basis": "",
    }


def _about(contract: Contract, path: str, services: Mapping[str, str]) -> Row:
    """What a row says of its contract and its field."""
    field = field_of(contract, path)
    return {
        "uid": contract.uid,
        "id": contract.id,
        "acheteur_id": contract.acheteur_id,
        "direction": services.get(contract.acheteur_id, ""),
        "objet": contract.objet,
        "contract_date": contract.date,
        "holders": " ; ".join(t.denominationSociale or t.id or "" for t in contract.titulaires) or None,
        "field": TABLES[field.table].column(field.column).title if field else path,
        "path": path,
        "published": _published(contract, path),
        "labels": field.labels(contract).labels if field and field.labels and field.type == "label" else (),
        "type": field.type if field else "text",
    }


def _published(contract: Contract, path: str) -> str | None:
    try:
        return show(get(contract, path))
    except NoSuchFieldError:
        return None


def _proposed(s: Mapping[str, Any]) -> str:
    """What a suggestion proposes; a SIREN is not yet the SIRET that the field needs."""
    if s["champ"].endswith(".id"):
        return f"SIREN {s['propose']} ({s['confiance']}) : compléter par le SIRET"
    return str(s["propose"])


def _siren(contract: Contract, path: str) -> str | None:
    """The SIREN that a malformed identifier hides: where to look for the SIRET."""
    if not path.endswith("].id") or not path.rpartition(".")[0].rpartition("[")[0].endswith("titulaires"):
        return None
    try:
        kind = get(contract, path.rpartition(".")[0] + ".typeIdentifiant")
    except NoSuchFieldError:
        return None
    found = recover(Operateur(typeIdentifiant=kind, id=get(contract, path)), KnownSirens())
    return f"SIREN {found.siren} : compléter par le SIRET" if found is not None and found.siren else None


def _rank(row: Row) -> tuple[int, str, str, str]:
    order = _ORDER.index(row["severity"]) if row["severity"] in _ORDER else len(_ORDER)
    return (order, row["rule"], row["uid"], row["path"])
