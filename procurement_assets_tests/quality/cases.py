"""Each rule with a record it accepts and one it refuses: overrides of the rows of `support.BASE`.

A case is a list of rows where the rule looks at several (versions, repeated keys). `pass` gives a record that the
rule really judges and accepts, not one out of its scope.
"""

from __future__ import annotations

from typing import Any

from procurement_assets_tests.quality.case_rows import (
    BAD_KEY,
    CEASED_BEFORE,
    CEASED_THAT_DAY,
    CONTRACT,
    DAY,
    HOLDERS,
    LA_POSTE,
    UNKNOWN,
    Rows,
    concession_cut,
    one,
    repaired,
    versions,
)
from procurement_assets_tests.quality.cases_contracts import FORM_REPAIRS, MARCHES

_VERSIONS: dict[str, tuple[Rows, Rows]] = {
    "001": (one(), [{"uid": "v001"}, {"uid": "v001"}]),
    "002": (versions({}, {"modifie": ["montant"]}), [{"version": 1, "modifie": ["montant"]}]),
    "301": (versions({}, {"modifie": ["montant"]}), versions({}, {"anterieure_au_contrat": True})),
    "302": (versions({}, {"modifie": ["montant"]}), versions({}, {"date": None})),
    "303": (
        versions({}, {"date_publication": DAY(2025, 5, 10)}),
        versions({}, {"date_publication": DAY(2025, 5, 11)}),
    ),
    "304": (
        versions({}, {"date_publication": DAY(2025, 3, 10)}),
        versions({}, {"date_publication": DAY(2025, 3, 9)}),
    ),
    "305": (versions({}, {"date": DAY(2026, 1, 8)}), versions({}, {"date": DAY(2026, 1, 9)})),
    "401": (
        versions({}, {"montant": 1.0, "modifie": ["montant"]}),
        versions({}, {"montant": 0.0, "modifie": ["montant"]}),
    ),
    "402": (
        versions({}, {"montant": 999_999.0, "modifie": ["montant"]}),
        versions({}, {"montant": 1_000_000.0, "modifie": ["montant"]}),
    ),
    "501": (
        versions({}, {"dureeMois": 180, "modifie": ["dureeMois"]}),
        versions({}, {"dureeMois": 361, "modifie": ["dureeMois"]}),
    ),
    "801": (versions({}, {"modifie": ["titulaires"]}), versions({}, {"modifie": []})),
    "306": (versions({}, {"modifie": ["montant"]}), versions({}, {"date_publication": None})),
    "307": (versions({}, {"date": DAY(2027, 9, 10)}), versions({}, {"date": DAY(2027, 9, 11)})),
    "403": (
        versions({}, {"montant": 150_000.0, "modifie": ["montant"]}),
        versions({}, {"montant": 150_001.0, "modifie": ["montant"]}),
    ),
    "404": (
        versions({}, {"montant": 50_000.0, "modifie": ["montant"]}),
        versions({}, {"montant": 49_999.0, "modifie": ["montant"]}),
    ),
    "802": (
        versions({}, {"date": DAY(2025, 4, 1)}, {"date": DAY(2025, 5, 1)}),
        versions({}, {"date": DAY(2025, 4, 1)}, {"date": DAY(2025, 4, 1)}),
    ),
    "803": (
        versions({}, {"modification_id": 1}, {"modification_id": 2}),
        versions({}, {"modification_id": 2}, {"modification_id": 1}),
    ),
}

_HOLDERS: dict[str, tuple[Rows, Rows]] = {
    "001": (one(), [{"uid": "t001"}, {"uid": "t001"}]),
    "101": (
        one(titulaire_typeIdentifiant="HORS-UE", titulaire_id_publie="CH123456"),
        one(titulaire_typeIdentifiant="X"),
    ),
    "201": (one(), one(titulaire_id_publie=" ", titulaire_id=None)),
    "202": (one(titulaire_id_publie="808 368 997 00041"), one(titulaire_id_publie="4014498557120B")),
    "203": (one(titulaire_id_publie=LA_POSTE), one(titulaire_id_publie=BAD_KEY)),
    "204": (
        [
            *one(titulaire_typeIdentifiant="TVA", titulaire_id_publie="BE0431911504"),
            *one(titulaire_typeIdentifiant="TVA", titulaire_id_publie="FR89 411 390 347"),
        ],
        [
            *one(titulaire_typeIdentifiant="TVA", titulaire_id_publie="53426867700018"),
            *one(titulaire_typeIdentifiant="TVA", titulaire_id_publie="FR00123"),
        ],
    ),
    "205": (one(), one(titulaire_id_publie="00000000000000")),
    "206": (one(), [{"uid": "t206", "rang": 1}, {"uid": "t206", "rang": 2}]),
    "102": (one(), one(titulaire_typeIdentifiant=None)),
    "207": (one(uid="21750001600019A"), one(uid="21750001600019B", titulaire_id_publie="217 500 016 00019")),
    "208": (one(), one(titulaire_id_publie="808 368 997 00041")),
    "209": (one(), one(titulaire_siren=UNKNOWN)),
    "210": (one(titulaire_siren=CEASED_THAT_DAY), one(titulaire_siren=CEASED_BEFORE)),
}

_OTHERS: dict[str, tuple[Rows, Rows]] = {
    "DECP-S-001": (one(), [{"uid": "s001"}, {"uid": "s001"}]),
    "DECP-S-101": (one(variationPrix="Révisable"), one(variationPrix="Variable")),
    "DECP-S-201": (one(), one(sousTraitant_id=None)),
    "DECP-S-202": (one(), one(sousTraitant_id="808368997")),
    "DECP-S-203": (one(sousTraitant_id=LA_POSTE), one(sousTraitant_id=BAD_KEY)),
    "DECP-S-301": (one(), one(acte_absent=True)),
    "DECP-S-302": (one(date_publication=DAY(2025, 5, 2)), one(date_publication=DAY(2025, 5, 1))),
    "DECP-S-303": (one(date_publication=DAY(2025, 7, 2)), one(date_publication=DAY(2025, 7, 3))),
    "DECP-S-401": (one(montant=1.0), one(montant=0.0)),
    "DECP-S-501": (one(dureeMois=1), one(dureeMois=0)),
    "DECP-S-102": (one(), one(sousTraitant_typeIdentifiant="SIREN")),
    "DECP-S-103": (one(), one(variationPrix=None)),
    "DECP-S-204": (
        one(sousTraitant_id=LA_POSTE, **{HOLDERS: [BAD_KEY]}),
        one(sousTraitant_id=LA_POSTE, **{HOLDERS: [LA_POSTE]}),
    ),
    "DECP-S-304": (
        one(**{CONTRACT: {"dateNotification": DAY(2025, 5, 2)}}),
        one(**{CONTRACT: {"dateNotification": DAY(2025, 5, 3)}}),
    ),
    "DECP-S-305": (
        one(date=DAY(2026, 1, 8), date_publication=DAY(2026, 1, 8)),
        one(date=DAY(2026, 1, 9), date_publication=DAY(2026, 1, 9)),
    ),
    "DECP-S-306": (versions({}, {"date": DAY(2025, 5, 2)}), versions({}, {"date": DAY(2025, 5, 1)})),
    "DECP-S-307": (one(), one(date=None)),
    "DECP-S-402": (one(**{CONTRACT: {"montant_actuel": 20_000.0}}), one(**{CONTRACT: {"montant_actuel": 19_999.0}})),
    "DECP-S-403": (one(), one(montant=None)),
    "DECP-S-104": (one(), one(sousTraitant_typeIdentifiant=None)),
    "DECP-S-308": (one(), one(date_publication=None)),
    "DECP-S-502": (one(), one(dureeMois=None)),
    "DECP-CE-302": (one(), one(datePublicationDonneesExecution=DAY(2026, 1, 9))),
    "DECP-CE-303": (
        [{"annee_rang": 1}, {"annee_rang": 2, "datePublicationDonneesExecution": DAY(2025, 12, 1)}],
        [{"annee_rang": 1}, {"annee_rang": 2, "datePublicationDonneesExecution": DAY(2025, 11, 30)}],
    ),
    "DECP-CE-403": (one(), one(depensesInvestissement=None)),
    "DECP-L-006": (one(), one(reason="read.tolerant")),
    "DECP-CE-301": (one(), one(datePublicationDonneesExecution=None)),
    "DECP-CE-401": (one(depensesInvestissement=0.0), one(depensesInvestissement=-1.0)),
    "DECP-CE-402": (one(tarif=0.0), one(tarif=-0.5)),
    "DECP-CE-404": (one(), one(tarif=None)),
    "DECP-CE-901": (one(), one(intituleTarif=None)),
    "DECP-L-001": (one(outcome="out_of_scope", reason="scope.other-buyer"), one(outcome="lost")),
    "DECP-L-002": (one(), one(reason=" ")),
    "DECP-L-003": (one(), one(uid=None)),
    "DECP-L-004": (
        one(outcome="merged", reason="x", kept_file_sha256="b", kept_position=1),
        one(outcome="superseded", reason="x", kept_file_sha256="b"),
    ),
    "DECP-L-005": (one(), one(outcome="quarantined", reason="record.malformed")),
    "DECP-L-101": (one(), one(reason="identity.lot")),
    "DECP-L-102": (
        one(),
        one(outcome="superseded", kept_position=1, kept_file_sha256="b", reason="identity.sequence"),
    ),
    "DECP-L-103": (
        one(),
        one(outcome="superseded", kept_position=1, kept_file_sha256="b", reason="identity.amount-only"),
    ),
    "DECP-L-104": (one(), one(outcome="merged", kept_position=1, kept_file_sha256="b", reason="identity.content")),
    "DECP-L-105": (one(), one(outcome="merged", kept_position=1, kept_file_sha256="b", reason="identity.identical")),
}

_CONCESSIONS: dict[str, tuple[Rows, Rows]] = {
    **{
        rule.replace("-M-", "-C-"): MARCHES[rule]
        for rule in (f"DECP-M-{n}" for n in ("001", "002", "004", "201", "202", "501", "803", "804", "901", "902"))
    },
    "DECP-C-003": MARCHES["DECP-M-003"],
    "DECP-C-009": MARCHES["DECP-M-009"],
    "DECP-C-112": (one(), one(nature=None)),
    "DECP-C-113": (one(), one(procedure=None)),
    "DECP-C-114": (one(), one(considerationsSociales=None)),
    "DECP-C-115": (one(), one(considerationsEnvironnementales=None)),
    "DECP-C-307": (one(), one(datePublicationDonnees=None)),
    "DECP-C-309": (one(dateDebutExecution=DAY(2026, 1, 9)), one(datePublicationDonnees=DAY(2026, 1, 9))),
    "DECP-C-310": (one(datePublicationDonnees=DAY(2025, 3, 10)), one(datePublicationDonnees=DAY(2025, 3, 9))),
    "DECP-C-408": (one(montantSubventionPublique=2_000_000.0), one(montantSubventionPublique=2_000_001.0)),
    "DECP-C-410": (one(valeurGlobale=166_666_600.0), one(valeurGlobale=1_666_666_666.67)),
    "DECP-C-411": (one(valeurGlobale=1_666_666.67), one(valeurGlobale=19_999_999.0)),
    "DECP-C-503": (one(dureeMois=60), one(dureeMois=61)),
    "DECP-C-611": (one(codeCPV="77310000"), one(codeCPV="77310001")),
    "DECP-C-612": (
        one(lieuExecution_typeCode="Code région", lieuExecution_code="11"),
        one(lieuExecution_typeCode="Code commune", lieuExecution_code="20004"),
    ),
    "DECP-C-903": MARCHES["DECP-M-905"],
    **{f"DECP-{n}": (one(), repaired("objet", rule, "x")) for n, rule in FORM_REPAIRS.items() if n[0] == "C"},
    **{f"DECP-C-{n}": MARCHES[f"DECP-M-{n}"] for n in ("005", "907")},
    "DECP-C-904": (concession_cut("2019", 59), concession_cut("2019", 60)),
    "DECP-C-910": (concession_cut("2022", 1000), concession_cut("2019", 257)),
    "DECP-C-101": (one(nature="Délégation de service public"), one(nature="Marché")),
    "DECP-C-102": (one(procedure="Procédure non négociée restreinte"), one(procedure="Procédure adaptée")),
    "DECP-C-110": (
        one(considerationsSociales=["Concession réservée"]),
        one(considerationsSociales=["Marché réservé"]),
    ),
    "DECP-C-111": MARCHES["DECP-M-111"],
    "DECP-C-203": (one(nombre_concessionnaires=1), one(nombre_concessionnaires=0)),
    "DECP-C-301": (one(), one(dateSignature=None)),
    "DECP-C-302": (one(), one(dateDebutExecution=None)),
    "DECP-C-303": (one(dateSignature=DAY(1990, 1, 1)), one(dateSignature=DAY(1989, 12, 31))),
    "DECP-C-304": (one(dateSignature=DAY(2025, 3, 1)), one(dateSignature=DAY(2026, 1, 9))),
    "DECP-C-305": (one(dateDebutExecution=DAY(2025, 3, 10)), one(dateDebutExecution=DAY(2025, 3, 9))),
    "DECP-C-306": (one(datePublicationDonnees=DAY(2025, 6, 1)), one(datePublicationDonnees=DAY(2025, 6, 2))),
    "DECP-C-401": (one(), one(valeurGlobale=None)),
    "DECP-C-402": (one(valeurGlobale=1.0), one(valeurGlobale=0.0)),
    "DECP-C-403": (one(valeurGlobale=11.0), one(valeurGlobale=10.0)),
    "DECP-C-404": (one(valeurGlobale=9999998.0), one(valeurGlobale=9999999.0)),
    "DECP-C-405": (one(valeurGlobale=123456.0), one(valeurGlobale=1234567890.0)),
    "DECP-C-406": (one(valeurGlobale=15e9), one(valeurGlobale=15e9 + 1)),
    "DECP-C-407": (one(montantSubventionPublique=0.0), one(montantSubventionPublique=-1.0)),
    "DECP-C-409": (one(montantSubventionPublique=0.0), one(montantSubventionPublique=None)),
    "DECP-C-412": (one(valeurGlobale=12_346.0), one(valeurGlobale=12_345.0)),
    "DECP-C-417": (one(valeurGlobale=10.0), one(valeurGlobale=9.99)),
    "DECP-C-502": (one(dureeMois=360), one(dureeMois=361)),
}

_ONLY_LIST: dict[str, Any] = {"in_decp": False, "uid": None, "regle": None, "etat": "liste seulement"}
_ONLY_DECP: dict[str, Any] = {"in_list": False, "numero_marche": None, "regle": None, "etat": "DECP seulement"}
_RECONCILIATION: dict[str, tuple[Rows, Rows]] = {
    "DECP-R-001": (one(), one(**_ONLY_LIST)),
    "DECP-R-002": (one(), one(**_ONLY_DECP)),
    "DECP-R-003": (one(), one(**_ONLY_DECP, candidats=2)),
    "DECP-R-101": (one(montant_rapport=9.5), one(montant_rapport=10.0, montant_glissement="×10")),
    "DECP-R-102": (one(montant=11.0, montant_position="entre les deux"), one(montant_position="provisoire")),
    "DECP-R-103": (one(), one(montant_accord=False, montant_position="entre les deux")),
    "DECP-R-104": (one(montant_position="entre les deux"), one(montant_position="au-dessus")),
    "DECP-R-105": (one(montant_glissement="×10"), one(montant_glissement="÷1,2 (TVA)")),
    "DECP-R-201": (one(), one(date_accord=False, jours_ecart=3)),
    "DECP-R-301": (one(titulaire_accord=False), one(titulaire_accord=False, entreprise_accord=False)),
    "DECP-R-302": (one(), one(titulaire_accord=False)),
    "DECP-R-401": (one(), one(objet_accord=False, objet_similarite=0.2)),
    "DECP-RM-001": (one(contrats_decp=4), one(contrats_decp=3)),
}

CASES: dict[str, tuple[Rows, Rows]] = {
    **MARCHES,
    **{f"DECP-{kind}-{number}": case for kind in ("V", "CV") for number, case in _VERSIONS.items()},
    **{f"DECP-{kind}-{number}": case for kind in ("T", "CT") for number, case in _HOLDERS.items()},
    **_OTHERS,
    **_CONCESSIONS,
    **_RECONCILIATION,
}
"""Rule id to (rows it accepts, rows of which it refuses at least the last)."""
