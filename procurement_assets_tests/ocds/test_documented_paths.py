"""The mapping table says all the paths that each field goes to: a changed value changes no other path."""

from __future__ import annotations

import copy
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from procurement_assets.decp.clean import clean
from procurement_assets.decp.raw import ReadRecord
from procurement_assets.decp.reader import read_file
from procurement_assets.ocds.documentation.table import rows
from procurement_assets_tests.ocds.support import COMPANY_A, COMPANY_B, PARIS, encoded

OTHER = "44306184100047"


def holder(siret: str) -> dict[str, Any]:
    return {"typeIdentifiant": "SIRET", "id": siret}


MODIFIED = {
    "id": 1,
    "dateNotificationModification": "2024-09-01",
    "datePublicationDonneesModification": "2024-09-15",
    "dureeMois": 14,
    "montant": 5000.5,
    "titulaires": [{"titulaire": holder(COMPANY_B)}],
}
MARCHE = {
    "id": "M1",
    "acheteur": {"id": PARIS},
    "nature": "Marché",
    "objet": "Travaux",
    "codeCPV": "45000000",
    "techniques": {"technique": ["Accord-cadre"]},
    "modalitesExecution": {"modaliteExecution": ["Bons de commande", "Tranches"]},
    "idAccordCadre": "AC9",
    "procedure": "Appel d'offres ouvert",
    "lieuExecution": {"code": "75012", "typeCode": "Code postal"},
    "dureeMois": 12,
    "dateNotification": "2024-03-01",
    "datePublicationDonnees": "2024-03-15",
    "considerationsSociales": {"considerationSociale": ["Clause sociale"]},
    "considerationsEnvironnementales": {"considerationEnvironnementale": ["Critère environnemental"]},
    "marcheInnovant": True,
    "origineUE": 0.5,
    "origineFrance": 0.25,
    "ccag": "Travaux",
    "offresRecues": 3,
    "montant": 1000.5,
    "formePrix": "Unitaire",
    "typesPrix": {"typePrix": ["Définitif ferme"]},
    "attributionAvance": True,
    "tauxAvance": 0.1,
    "titulaires": [{"titulaire": holder(COMPANY_A)}],
    "typeGroupementOperateurs": "Conjoint",
    "sousTraitanceDeclaree": True,
    "modifications": [{"modification": MODIFIED}],
    "actesSousTraitance": [
        {
            "acteSousTraitance": {
                "id": 1,
                "sousTraitant": holder("35600000000048"),
                "dureeMois": 6,
                "dateNotification": "2024-04-01",
                "datePublicationDonnees": "2024-04-15",
                "montant": 100.5,
                "variationPrix": "Ferme",
            }
        }
    ],
    "modificationsActesSousTraitance": [
        {
            "modificationActeSousTraitance": {
                "id": 1,
                "dureeMois": 7,
                "dateNotificationModificationSousTraitance": "2024-07-01",
                "datePublicationDonnees": "2024-07-15",
                "montant": 150.5,
            }
        }
    ],
}
EXECUTED = {
    "datePublicationDonneesExecution": "2025-01-15",
    "depensesInvestissement": 10.5,
    "tarifs": [{"tarif": {"intituleTarif": "Entrée", "tarif": 2.5}}],
}
SIGNED = {
    "id": 1,
    "dateSignatureModification": "2024-09-01",
    "datePublicationDonneesModification": "2024-09-15",
    "dureeMois": 130,
    "valeurGlobale": 6000.5,
}
CONCESSION = {
    "id": "C1",
    "autoriteConcedante": {"id": PARIS},
    "nature": "Concession de service",
    "objet": "Parc",
    "procedure": "Procédure négociée ouverte",
    "dureeMois": 120,
    "dateSignature": "2024-02-01",
    "dateDebutExecution": "2024-04-01",
    "datePublicationDonnees": "2024-02-15",
    "considerationsSociales": {"considerationSociale": ["Clause sociale"]},
    "considerationsEnvironnementales": {"considerationEnvironnementale": ["Critère environnemental"]},
    "valeurGlobale": 5000.5,
    "montantSubventionPublique": 50.5,
    "concessionnaires": [{"concessionnaire": holder(COMPANY_A)}],
    "modifications": [{"modification": SIGNED}],
    "donneesExecution": [{"donneesAnnuelles": EXECUTED}],
}
NAMED = {"denominationSociale": "ACME"}
MARCHE_2019 = {
    "_type": "Marché",
    "id": "M9",
    "acheteur": {"id": PARIS, "nom": "Ville de Paris"},
    "nature": "Marché",
    "objet": "Travaux",
    "codeCPV": "45000000",
    "procedure": "Appel d'offres ouvert",
    "lieuExecution": {"code": "75056", "typeCode": "Code commune", "nom": "Paris"},
    "dureeMois": 12,
    "dateNotification": "2020-03-01",
    "datePublicationDonnees": "2020-03-15",
    "montant": 1000.5,
    "formePrix": "Ferme",
    "titulaires": [holder(COMPANY_A) | NAMED],
    "modifications": [
        {k: v for k, v in MODIFIED.items() if k != "id"}
        | {"objetModification": "Avenant", "titulaires": [holder(COMPANY_B) | NAMED]}
    ],
}
CONCESSION_2019 = {
    "_type": "Contrat de concession",
    "id": "C9",
    "autoriteConcedante": {"id": PARIS, "nom": "Ville de Paris"},
    "nature": "Concession de service",
    "objet": "Parc",
    "procedure": "Procédure négociée ouverte",
    "dureeMois": 120,
    "dateSignature": "2020-02-01",
    "dateDebutExecution": "2020-04-01",
    "datePublicationDonnees": "2020-02-15",
    "valeurGlobale": 5000.5,
    "montantSubventionPublique": 50.5,
    "concessionnaires": [holder(COMPANY_A) | NAMED],
    "modifications": [{k: v for k, v in SIGNED.items() if k != "id"} | {"objetModification": "Avenant"}],
    "donneesExecution": [EXECUTED | {"tarifs": [{"intituleTarif": "Entrée", "tarif": 2.5}]}],
}
RECORDS: dict[str, dict[str, Any]] = {
    "marche": MARCHE,
    "contrat-concession": CONCESSION,
    "marche 2019": MARCHE_2019,
    "contrat-concession 2019": CONCESSION_2019,
}
LABELS = {
    "Marché": "Marché de partenariat",
    "Concession de service": "Concession de travaux",
    "45000000": "33600000",
    "Appel d'offres ouvert": "Dialogue compétitif",
    "Code postal": "Code pays",
    "Code commune": "Code canton",
    "SIRET": "TVA",
    "Tranches": "Marchés subséquents",
    "Accord-cadre": "Concours",
}
"""Another value that can stand there; a text without one gets another end."""


def file_of(name: str, record: dict[str, Any]) -> bytes:
    listed = [record] if "2019" in name else {name: [record]}
    return json.dumps({"marches": listed}).encode()


def values(name: str, record: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Every path of every release, with its value."""
    read = [i for i in read_file(io.BytesIO(file_of(name, record))) if isinstance(i, ReadRecord)]
    contract = clean(read[0].record).contract
    return Counter(pair for line in encoded(contract) for pair in _pairs(msgspec.json.decode(line), ""))


def _pairs(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _pairs(value, f"{path}/{key}" if path else key)
    elif isinstance(node, list) and any(isinstance(n, dict) for n in node):
        for value in node:
            yield from _pairs(value, path)
    else:
        yield path, repr(node)


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, (*path, key))
    else:
        yield path


def with_other(record: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The record with another value at a place."""
    found: Any = copy.deepcopy(record)
    holding = found
    for key in path[:-1]:
        holding = holding[key]
    value = holding[path[-1]]
    if isinstance(value, bool):
        other: Any = not value
    elif isinstance(value, (int, float)):
        other = value + 1 if value >= 1 else 0.75
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        other = f"{value[:8]}27"
    else:
        other = OTHER if re.fullmatch(r"\d{14}", value) else LABELS.get(value, f"{value}X")
    holding[path[-1]] = other
    return dict(found)


def written(name: str, path: tuple[Any, ...]) -> str:
    """A place as the mapping table writes it."""
    text = "".join("[]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".") if "2019" in name else name + text


EVERYWHERE = frozenset(
    path for row in rows() for path in row.ocds if row.source_en == "constant" or path in ("id", "tag")
) | {f"{section}/amendments/{key}" for section in ("awards", "contracts") for key in ("releaseID", "amendsReleaseID")}
"""Constants, names of releases and what points to them."""
_SUBCONTRACTING = "awards/subcontracting"
_FRAMEWORK = "tender/techniques/frameworkAgreement"
STRUCTURE = {
    "marche.techniques.technique[]": {f"{_FRAMEWORK}/{f}" for f in ("method", "value/amount", "value/currency")},
    "marche.actesSousTraitance[].acteSousTraitance.id": {f"{_SUBCONTRACTING}/value/amount"}
    | {
        f"{_SUBCONTRACTING}/subcontracts/decp/{field}"
        for field in ("dureeMoisInitiale", "montantInitial/amount", "montantInitial/currency")
    },
}
"""What is there only because of another value: a framework's terms, the act that a modification of an act changes."""


@pytest.mark.parametrize("name", RECORDS)
def test_a_changed_value_changes_only_the_paths_of_its_row(name: str) -> None:
    record = RECORDS[name]
    before = values(name, record)
    undocumented, unread = {}, []
    for path in leaves(record):
        field = written(name, path)
        found = [row for row in rows() if field in (row.v2019 if "2019" in name else row.v2022)]
        assert found, field
        after = values(name, with_other(record, path))
        changed = {p for p, _ in (after - before) + (before - after)}
        more = changed - {p for row in found for p in row.ocds} - EVERYWHERE - STRUCTURE.get(field, set())
        if more:
            undocumented[field] = sorted(more)
        if not changed and field != "_type":
            unread.append(field)
    assert undocumented == {}
    assert unread == []
