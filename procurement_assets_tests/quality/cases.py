"""Each rule with a record it accepts and one it refuses: overrides of the rows of `support.BASE`.

A case is a list of rows where the rule looks at several (versions, repeated keys). `pass` gives a record that the
rule really judges and accepts, not one out of its scope.
"""

from __future__ import annotations

from datetime import date
from typing import Any

Rows = list[dict[str, Any]]


def _one(**overrides: Any) -> Rows:
    return [overrides]


def _repaired(path: str, rule: str, original: str) -> Rows:
    """A contract of which a cleaning rule changed a value (table `repairs`)."""
    return [{REPAIRS: [(path, rule, original)]}]


def _cut(kind: str, length: int) -> Rows:
    """A subject of that length as published, a repeated space included that the table no longer has."""
    published = "A" * (length - 3) + "  A"
    form = {"format": "2019", "formePrix": "Ferme"} if kind == "2019" else {}
    return [{**form, "objet": "A" * (length - 3) + " A", REPAIRS: [("objet", "text.space", published)]}]


def _concession_cut(kind: str, length: int) -> Rows:
    return [{k: v for k, v in rows.items() if k != "formePrix"} for rows in _cut(kind, length)]


def _years(*years: int) -> Rows:
    """Twenty-five contracts notified each of these years, of a publisher of its own."""
    return [
        {
            ALONE: True,
            "dateNotification": date(y, 3, 10),
            "datePublicationDonnees": date(y, 3, 20),
            "uid": f"{y}-{n:02}",
        }
        for y in (2021, *years)
        for n in range(25)
    ]


def _same_amount(count: int, amount: float) -> Rows:
    return [{"montant": amount, "uid": f"meme{amount:.0f}-{n:02}"} for n in range(count)]


def _versions(*rows: dict[str, Any]) -> Rows:
    return [{"version": n, **r} for n, r in enumerate(rows)]


REPAIRS, HOLDERS, ACTS = "+repairs", "+titulaires", "+actes"
"""Not columns: rows of another table that the case needs (`support.related`)."""
CONTRACT = "+marche"
"""The overrides of the contract that an act belongs to."""
ALONE = "+seul"
"""The rule looks at the whole table: the case is judged in a table of its own."""
INNOVATIVE = {
    "marcheInnovant": True,
    "procedure": "Marché passé sans publicité ni mise en concurrence préalable",
}
SOCIAL, GREEN = "considerationsSociales", "considerationsEnvironnementales"
NO_SOCIAL, NO_GREEN = "Pas de considération sociale", "Pas de considération environnementale"
LA_POSTE = "35600000049837"  # fails Luhn; the sum of its digits is a multiple of 5
BAD_KEY = "80836899700042"
DAY = date

_MARCHES: dict[str, tuple[Rows, Rows]] = {
    "DECP-M-001": (_one(), _one(uid=None)),
    "DECP-M-002": (_one(), [{"uid": "m002"}, {"uid": "m002"}]),
    "DECP-M-003": (_one(id="2024-T05/99_a b.c#"[:16]), _one(id="2024T0569900000001")),
    "DECP-M-004": (_one(id="seul"), [{"id": "partage"}, {"id": "partage"}]),
    "DECP-M-101": (_one(nature="Marché subséquent", format="2019", formePrix="Ferme"), _one(nature="Accord-cadre")),
    "DECP-M-102": (_one(procedure="Procédure adaptée"), _one(procedure="Gré à gré")),
    "DECP-M-103": (_one(techniques=["Accord-cadre", "Concours"]), _one(techniques=["Accord-cadre", "MAPA"])),
    "DECP-M-104": (_one(modalitesExecution=["Tranches"]), _one(modalitesExecution=["Au fil de l'eau"])),
    "DECP-M-105": (_one(ccag="Maitrise d'œuvre"), _one(ccag="CCAG-FCS")),
    "DECP-M-106": (_one(format="2019", formePrix="Révisable"), _one(format="2019", formePrix="Forfaitaire")),
    "DECP-M-107": (_one(formePrix="Mixte"), _one(formePrix="Révisable")),
    "DECP-M-108": (_one(typesPrix=["Provisoire"]), _one(typesPrix=["Ferme"])),
    "DECP-M-109": (
        _one(lieuExecution_typeCode="Code commune", lieuExecution_code="75056"),
        _one(lieuExecution_typeCode="Code quartier"),
    ),
    "DECP-M-110": (_one(considerationsSociales=["Marché réservé"]), _one(considerationsSociales=["Insertion"])),
    "DECP-M-111": (_one(considerationsEnvironnementales=[NO_GREEN]), _one(considerationsEnvironnementales=["Label"])),
    "DECP-M-112": (
        _one(typeGroupementOperateurs="Conjoint", nombre_titulaires=2),
        _one(typeGroupementOperateurs="Groupement"),
    ),
    "DECP-M-201": (_one(), _one(acheteur_id="2175000160001")),
    "DECP-M-202": (_one(acheteur_id=LA_POSTE), _one(acheteur_id="21750001600018")),
    "DECP-M-203": (_one(nombre_titulaires=1), _one(nombre_titulaires=0)),
    "DECP-M-301": (_one(), _one(dateNotification=None)),
    "DECP-M-302": (_one(), _one(datePublicationDonnees=None)),
    "DECP-M-303": (
        _one(dateNotification=DAY(2010, 1, 1), datePublicationDonnees=DAY(2010, 2, 1)),
        _one(dateNotification=DAY(2009, 12, 31)),
    ),
    "DECP-M-304": (
        _one(dateNotification=DAY(2026, 1, 8), datePublicationDonnees=DAY(2026, 1, 8)),
        _one(dateNotification=DAY(2026, 1, 9)),
    ),
    "DECP-M-305": (_one(datePublicationDonnees=DAY(2025, 3, 10)), _one(datePublicationDonnees=DAY(2025, 3, 9))),
    "DECP-M-306": (_one(datePublicationDonnees=DAY(2025, 5, 10)), _one(datePublicationDonnees=DAY(2025, 5, 11))),
    "DECP-M-307": (_one(), _one(datePublicationDonnees=DAY(2026, 1, 9))),
    "DECP-M-401": (_one(), _one(montant=None)),
    "DECP-M-402": (_one(montant=1.0), _one(montant=0.99)),
    "DECP-M-403": (_one(montant=10.01), _one(montant=10.0)),
    "DECP-M-404": (_one(montant=99999.0), _one(montant=999999.99)),
    "DECP-M-405": (_one(montant=12345678.0), _one(montant=123456789.5)),
    "DECP-M-406": (_one(montant=3e9), _one(montant=3e9 + 1)),
    "DECP-M-501": (_one(), _one(dureeMois=None)),
    "DECP-M-502": (_one(dureeMois=180), _one(dureeMois=181)),
    "DECP-M-503": (
        _one(techniques=["Accord-cadre"], dureeMois=48),
        _one(nature="Accord-cadre", format="2019", formePrix="Ferme", dureeMois=49),
    ),
    "DECP-M-601": (_one(), _one(codeCPV=None)),
    "DECP-M-602": (_one(codeCPV="03121000"), _one(codeCPV="3121000")),
    "DECP-M-603": (_one(codeCPV="45000000"), _one(codeCPV="12000000")),
    "DECP-M-604": (
        _one(lieuExecution_typeCode="Code postal", lieuExecution_code="75012"),
        _one(lieuExecution_typeCode="Code postal", lieuExecution_code="75"),
    ),
    "DECP-M-701": (_one(offresRecues=1), _one(offresRecues=None)),
    "DECP-M-702": (_one(offresRecues=1), _one(offresRecues=0)),
    "DECP-M-703": (_one(tauxAvance=1.0), _one(tauxAvance=5.0)),
    "DECP-M-704": (_one(attributionAvance=False, tauxAvance=0.0), _one(attributionAvance=False, tauxAvance=0.5)),
    "DECP-M-705": (_one(origineUE=1.0), _one(origineUE=80.0)),
    "DECP-M-706": (_one(origineFrance=0.0), _one(origineFrance=-0.1)),
    "DECP-M-707": (_one(origineUE=0.5, origineFrance=0.5), _one(origineUE=0.4, origineFrance=0.5)),
    "DECP-M-801": (_one(techniques=["Accord-cadre"]), _one(techniques=["Accord-cadre", "Sans objet"])),
    "DECP-M-802": (_one(modalitesExecution=["Sans objet"]), _one(modalitesExecution=["Sans objet", "Tranches"])),
    "DECP-M-803": (_one(**{SOCIAL: [NO_SOCIAL]}), _one(**{SOCIAL: [NO_SOCIAL, "Clause sociale"]})),
    "DECP-M-804": (_one(**{GREEN: [NO_GREEN]}), _one(**{GREEN: ["Critère environnemental", NO_GREEN]})),
    "DECP-M-805": (
        _one(typeGroupementOperateurs="Solidaire", nombre_titulaires=2),
        _one(typeGroupementOperateurs="Conjoint", nombre_titulaires=1),
    ),
    "DECP-M-806": (_one(nombre_titulaires=1), _one(nombre_titulaires=2)),
    "DECP-M-807": ([{"id": "AC1"}, {"idAccordCadre": "AC1"}], _one(idAccordCadre="inconnu")),
    "DECP-M-808": (_one(nombre_actes_sous_traitance=0), _one(nombre_actes_sous_traitance=1)),
    "DECP-M-901": (_one(), _one(objet=None)),
    "DECP-M-902": (_one(objet="Vélos"), _one(objet="Lot1")),
    "DECP-M-905": (_one(objet="Cr\u00e8che"), _one(objet="Cr\ufffdche municipale")),
}

_PEERS: Rows = [{"codeCPV": "66510000", "montant": 100_000.0 * (1 + n / 40), "uid": f"pair{n}"} for n in range(30)]
"""Thirty contracts of one CPV division: enough to compare an amount with them."""
_FORM_REPAIRS = {
    "M-121": "code.label",
    "M-308": "date.invalid",
    "M-309": "date.order",
    "M-415": "number.text",
    "M-416": "number.invalid",
    "M-504": "duration.ceil",
    "M-718": "boolean.text",
    "M-906": "text.entities",
    "M-908": "text.space",
    "M-909": "text.control",
    "M-122": "modification.signature-date",
    "M-206": "id.type-deduced",
    "M-207": "holder.duplicate",
    "C-121": "code.label",
    "C-206": "id.type-deduced",
    "C-207": "holder.duplicate",
    "C-308": "date.incredible",
    "C-311": "date.timezone",
    "C-415": "number.text",
    "C-504": "duration.ceil",
    "C-906": "text.entities",
    "C-908": "text.space",
}
_FRAMEWORK = {"id": "AC2", "techniques": ["Accord-cadre"]}

_MARCHES |= {
    **{f"DECP-{n}": (_one(), _repaired("objet", rule, "x")) for n, rule in _FORM_REPAIRS.items() if n[0] == "M"},
    **{
        f"DECP-M-{n}": (_one(), _one(**{name: None}))
        for n, name in {
            "113": "nature",
            "114": "procedure",
            "115": "techniques",
            "116": "modalitesExecution",
            "117": "ccag",
            "118": "formePrix",
            "119": "typesPrix",
            "120": "typeGroupementOperateurs",
            "605": "lieuExecution_code",
            "606": "lieuExecution_typeCode",
            "712": "marcheInnovant",
            "713": "attributionAvance",
            "714": "sousTraitanceDeclaree",
            "715": "considerationsSociales",
            "716": "considerationsEnvironnementales",
        }.items()
    },
    "DECP-M-005": (_one(id="2024-T05"), _one(id="2024/T05")),
    "DECP-M-008": (_one(montant=30_000.0), _one(montant=39_999.0, dureeMois=None)),
    "DECP-M-009": (_one(), _repaired("offresRecues", "null.nc", "NC")),
    "DECP-M-204": (_one(**{HOLDERS: [LA_POSTE]}), _one(**{HOLDERS: [BAD_KEY]})),
    "DECP-M-205": (
        _repaired("titulaires[0].id", "siret.separators", "x"),
        _repaired("acheteur.id", "siret.separators", "x"),
    ),
    "DECP-M-310": (_years(2022, 2023, 2024), _years(2022, 2024)),
    "DECP-M-311": (_one(dateNotification=None), _one(dateNotification=None, datePublicationDonnees=None)),
    "DECP-M-407": (_PEERS, [*_PEERS, {"codeCPV": "66510000", "montant": 10_000_000.0}]),
    "DECP-M-409": (_PEERS, [*_PEERS, {"codeCPV": "66510000", "montant": 1_500.0}]),
    "DECP-M-410": (_one(montant=166_666_600.0), _one(montant=1_666_666_666.67)),
    "DECP-M-411": (_one(montant=1_666_666.67), _one(montant=19_999_999.0)),
    "DECP-M-412": (_one(montant=12_346.0), _one(montant=12_311_111_111.0)),
    "DECP-M-413": (_same_amount(10, 4e6), _same_amount(11, 6e6)),
    "DECP-M-414": (_one(montant=25_000.0), _one(montant=24_999.0)),
    "DECP-M-608": (_repaired("codeCPV", "cpv.key", "03121000-5"), _repaired("codeCPV", "cpv.leading-zero", "3121000")),
    "DECP-M-609": (_repaired("codeCPV", "cpv.key", "09310000-5"), _repaired("codeCPV", "cpv.key", "45000000-0")),
    "DECP-M-610": (_one(codeCPV="33900000"), _one(codeCPV="45999059")),
    "DECP-M-708": (_one(codeCPV="33600000"), _one(codeCPV="18453000", origineUE=None)),
    "DECP-M-709": (_one(codeCPV="15100000"), _one(codeCPV="34144910", origineFrance=None)),
    "DECP-M-710": (_one(), _one(tauxAvance=0.0)),
    "DECP-M-711": (_one(**INNOVATIVE, montant=221_000.0), _one(**INNOVATIVE, montant=221_001.0)),
    "DECP-M-717": (
        _one(dateNotification=DAY(2026, 8, 22)),
        _one(dateNotification=DAY(2026, 8, 22), **{GREEN: [NO_GREEN]}),
    ),
    "DECP-M-809": (
        _one(objet="Marché subséquent n° 2", idAccordCadre="inconnu"),
        _one(objet="MARCHE SUBSEQUENT n° 2"),
    ),
    "DECP-M-810": (_one(id="seul1", idAccordCadre="autre"), _one(id="seul2", idAccordCadre="seul2")),
    "DECP-M-811": ([_FRAMEWORK, {"idAccordCadre": "AC2"}], [{"id": "AC3"}, {"idAccordCadre": "AC3"}]),
    "DECP-M-812": (
        [{"id": "AC4", "techniques": ["Accord-cadre"]}, {"idAccordCadre": "AC4"}],
        [{"id": "AC5", "techniques": ["Accord-cadre"]}, {"idAccordCadre": "AC5", "dateNotification": DAY(2025, 3, 9)}],
    ),
    "DECP-M-813": (
        _one(techniques=["Accord-cadre"], modalitesExecution=["Bons de commande", "Tranches"]),
        _one(techniques=["Accord-cadre"], modalitesExecution=["Tranches"]),
    ),
    "DECP-M-814": (
        _one(techniques=["Système d'acquisition dynamique"], modalitesExecution=["Marchés subséquents"]),
        _one(modalitesExecution=["Marchés subséquents"]),
    ),
    "DECP-M-815": (_one(**{ACTS: [60_000.0, 40_000.0]}), _one(**{ACTS: [60_000.0, 40_000.01]})),
    "DECP-M-903": (_cut("2019", 59), _cut("2019", 60)),
    "DECP-M-904": (_cut("2022", 255), _cut("2022", 256)),
    "DECP-M-907": (_one(objet="Été à Noël, « Â »"), _one(objet="Ã‰tÃ© Ã  NoÃ«l")),
    "DECP-M-910": (_cut("2022", 1000), _cut("2019", 257)),
}

_VERSIONS: dict[str, tuple[Rows, Rows]] = {
    "001": (_one(), [{"uid": "v001"}, {"uid": "v001"}]),
    "002": (_versions({}, {"modifie": ["montant"]}), [{"version": 1, "modifie": ["montant"]}]),
    "301": (_versions({}, {"modifie": ["montant"]}), _versions({}, {"anterieure_au_contrat": True})),
    "302": (_versions({}, {"modifie": ["montant"]}), _versions({}, {"date": None})),
    "303": (
        _versions({}, {"date_publication": DAY(2025, 5, 10)}),
        _versions({}, {"date_publication": DAY(2025, 5, 11)}),
    ),
    "304": (
        _versions({}, {"date_publication": DAY(2025, 3, 10)}),
        _versions({}, {"date_publication": DAY(2025, 3, 9)}),
    ),
    "305": (_versions({}, {"date": DAY(2026, 1, 8)}), _versions({}, {"date": DAY(2026, 1, 9)})),
    "401": (
        _versions({}, {"montant": 1.0, "modifie": ["montant"]}),
        _versions({}, {"montant": 0.0, "modifie": ["montant"]}),
    ),
    "402": (
        _versions({}, {"montant": 999_999.0, "modifie": ["montant"]}),
        _versions({}, {"montant": 1_000_000.0, "modifie": ["montant"]}),
    ),
    "501": (
        _versions({}, {"dureeMois": 180, "modifie": ["dureeMois"]}),
        _versions({}, {"dureeMois": 361, "modifie": ["dureeMois"]}),
    ),
    "801": (_versions({}, {"modifie": ["titulaires"]}), _versions({}, {"modifie": []})),
    "306": (_versions({}, {"modifie": ["montant"]}), _versions({}, {"date_publication": None})),
    "307": (_versions({}, {"date": DAY(2027, 9, 10)}), _versions({}, {"date": DAY(2027, 9, 11)})),
    "403": (
        _versions({}, {"montant": 150_000.0, "modifie": ["montant"]}),
        _versions({}, {"montant": 150_001.0, "modifie": ["montant"]}),
    ),
    "404": (
        _versions({}, {"montant": 50_000.0, "modifie": ["montant"]}),
        _versions({}, {"montant": 49_999.0, "modifie": ["montant"]}),
    ),
    "802": (
        _versions({}, {"date": DAY(2025, 4, 1)}, {"date": DAY(2025, 5, 1)}),
        _versions({}, {"date": DAY(2025, 4, 1)}, {"date": DAY(2025, 4, 1)}),
    ),
    "803": (
        _versions({}, {"modification_id": 1}, {"modification_id": 2}),
        _versions({}, {"modification_id": 2}, {"modification_id": 1}),
    ),
}

_HOLDERS: dict[str, tuple[Rows, Rows]] = {
    "001": (_one(), [{"uid": "t001"}, {"uid": "t001"}]),
    "101": (
        _one(titulaire_typeIdentifiant="HORS-UE", titulaire_id_publie="CH123456"),
        _one(titulaire_typeIdentifiant="X"),
    ),
    "201": (_one(), _one(titulaire_id_publie=" ", titulaire_id=None)),
    "202": (_one(titulaire_id_publie="808 368 997 00041"), _one(titulaire_id_publie="4014498557120B")),
    "203": (_one(titulaire_id_publie=LA_POSTE), _one(titulaire_id_publie=BAD_KEY)),
    "204": (
        _one(titulaire_typeIdentifiant="TVA", titulaire_id_publie="BE0431911504"),
        _one(titulaire_typeIdentifiant="TVA", titulaire_id_publie="53426867700018"),
    ),
    "205": (_one(), _one(titulaire_id_publie="00000000000000")),
    "206": (_one(), [{"uid": "t206", "rang": 1}, {"uid": "t206", "rang": 2}]),
    "102": (_one(), _one(titulaire_typeIdentifiant=None)),
    "207": (_one(uid="21750001600019A"), _one(uid="21750001600019B", titulaire_id_publie="217 500 016 00019")),
    "208": (_one(), _one(titulaire_id_publie="808 368 997 00041")),
}

_OTHERS: dict[str, tuple[Rows, Rows]] = {
    "DECP-S-001": (_one(), [{"uid": "s001"}, {"uid": "s001"}]),
    "DECP-S-101": (_one(variationPrix="Révisable"), _one(variationPrix="Variable")),
    "DECP-S-201": (_one(), _one(sousTraitant_id=None)),
    "DECP-S-202": (_one(), _one(sousTraitant_id="808368997")),
    "DECP-S-203": (_one(sousTraitant_id=LA_POSTE), _one(sousTraitant_id=BAD_KEY)),
    "DECP-S-301": (_one(), _one(acte_absent=True)),
    "DECP-S-302": (_one(date_publication=DAY(2025, 5, 2)), _one(date_publication=DAY(2025, 5, 1))),
    "DECP-S-303": (_one(date_publication=DAY(2025, 7, 2)), _one(date_publication=DAY(2025, 7, 3))),
    "DECP-S-401": (_one(montant=1.0), _one(montant=0.0)),
    "DECP-S-501": (_one(dureeMois=1), _one(dureeMois=0)),
    "DECP-S-102": (_one(), _one(sousTraitant_typeIdentifiant="SIREN")),
    "DECP-S-103": (_one(), _one(variationPrix=None)),
    "DECP-S-204": (
        _one(sousTraitant_id=LA_POSTE, **{HOLDERS: [BAD_KEY]}),
        _one(sousTraitant_id=LA_POSTE, **{HOLDERS: [LA_POSTE]}),
    ),
    "DECP-S-304": (
        _one(**{CONTRACT: {"dateNotification": DAY(2025, 5, 2)}}),
        _one(**{CONTRACT: {"dateNotification": DAY(2025, 5, 3)}}),
    ),
    "DECP-S-305": (
        _one(date=DAY(2026, 1, 8), date_publication=DAY(2026, 1, 8)),
        _one(date=DAY(2026, 1, 9), date_publication=DAY(2026, 1, 9)),
    ),
    "DECP-S-306": (_versions({}, {"date": DAY(2025, 5, 2)}), _versions({}, {"date": DAY(2025, 5, 1)})),
    "DECP-S-307": (_one(), _one(date=None)),
    "DECP-S-402": (_one(**{CONTRACT: {"montant_actuel": 20_000.0}}), _one(**{CONTRACT: {"montant_actuel": 19_999.0}})),
    "DECP-S-403": (_one(), _one(montant=None)),
    "DECP-CE-302": (_one(), _one(datePublicationDonneesExecution=DAY(2026, 1, 9))),
    "DECP-CE-303": (
        [{"annee_rang": 1}, {"annee_rang": 2, "datePublicationDonneesExecution": DAY(2025, 12, 1)}],
        [{"annee_rang": 1}, {"annee_rang": 2, "datePublicationDonneesExecution": DAY(2025, 11, 30)}],
    ),
    "DECP-CE-403": (_one(), _one(depensesInvestissement=None)),
    "DECP-L-006": (_one(), _one(reason="read.tolerant")),
    "DECP-CE-301": (_one(), _one(datePublicationDonneesExecution=None)),
    "DECP-CE-401": (_one(depensesInvestissement=0.0), _one(depensesInvestissement=-1.0)),
    "DECP-CE-402": (_one(tarif=0.0), _one(tarif=-0.5)),
    "DECP-CE-901": (_one(), _one(intituleTarif=None)),
    "DECP-L-001": (_one(outcome="out_of_scope", reason="scope.other-buyer"), _one(outcome="lost")),
    "DECP-L-002": (_one(), _one(reason=" ")),
    "DECP-L-003": (_one(), _one(uid=None)),
    "DECP-L-004": (
        _one(outcome="merged", reason="x", kept_file_sha256="b", kept_position=1),
        _one(outcome="superseded", reason="x", kept_file_sha256="b"),
    ),
    "DECP-L-005": (_one(), _one(outcome="quarantined", reason="record.malformed")),
    "DECP-L-101": (_one(), _one(reason="identity.lot")),
    "DECP-L-102": (
        _one(),
        _one(outcome="superseded", kept_position=1, kept_file_sha256="b", reason="identity.sequence"),
    ),
    "DECP-L-103": (
        _one(),
        _one(outcome="superseded", kept_position=1, kept_file_sha256="b", reason="identity.amount-only"),
    ),
    "DECP-L-104": (_one(), _one(outcome="merged", kept_position=1, kept_file_sha256="b", reason="identity.content")),
    "DECP-L-105": (_one(), _one(outcome="merged", kept_position=1, kept_file_sha256="b", reason="identity.identical")),
}

_CONCESSIONS: dict[str, tuple[Rows, Rows]] = {
    **{
        rule.replace("-M-", "-C-"): _MARCHES[rule]
        for rule in (f"DECP-M-{n}" for n in ("001", "002", "004", "201", "202", "501", "803", "804", "901", "902"))
    },
    "DECP-C-003": _MARCHES["DECP-M-003"],
    "DECP-C-009": _MARCHES["DECP-M-009"],
    "DECP-C-112": (_one(), _one(nature=None)),
    "DECP-C-113": (_one(), _one(procedure=None)),
    "DECP-C-114": (_one(), _one(considerationsSociales=None)),
    "DECP-C-115": (_one(), _one(considerationsEnvironnementales=None)),
    "DECP-C-307": (_one(), _one(datePublicationDonnees=None)),
    "DECP-C-309": (_one(dateDebutExecution=DAY(2026, 1, 9)), _one(datePublicationDonnees=DAY(2026, 1, 9))),
    "DECP-C-310": (_one(datePublicationDonnees=DAY(2025, 3, 10)), _one(datePublicationDonnees=DAY(2025, 3, 9))),
    "DECP-C-408": (_one(montantSubventionPublique=2_000_000.0), _one(montantSubventionPublique=2_000_001.0)),
    "DECP-C-410": (_one(valeurGlobale=166_666_600.0), _one(valeurGlobale=1_666_666_666.67)),
    "DECP-C-411": (_one(valeurGlobale=1_666_666.67), _one(valeurGlobale=19_999_999.0)),
    "DECP-C-503": (_one(dureeMois=60), _one(dureeMois=61)),
    "DECP-C-903": _MARCHES["DECP-M-905"],
    **{f"DECP-{n}": (_one(), _repaired("objet", rule, "x")) for n, rule in _FORM_REPAIRS.items() if n[0] == "C"},
    **{f"DECP-C-{n}": _MARCHES[f"DECP-M-{n}"] for n in ("005", "907")},
    "DECP-C-904": (_concession_cut("2019", 59), _concession_cut("2019", 60)),
    "DECP-C-910": (_concession_cut("2022", 1000), _concession_cut("2019", 257)),
    "DECP-C-101": (_one(nature="Délégation de service public"), _one(nature="Marché")),
    "DECP-C-102": (_one(procedure="Procédure non négociée restreinte"), _one(procedure="Procédure adaptée")),
    "DECP-C-110": (
        _one(considerationsSociales=["Concession réservée"]),
        _one(considerationsSociales=["Marché réservé"]),
    ),
    "DECP-C-111": _MARCHES["DECP-M-111"],
    "DECP-C-203": (_one(nombre_concessionnaires=1), _one(nombre_concessionnaires=0)),
    "DECP-C-301": (_one(), _one(dateSignature=None)),
    "DECP-C-302": (_one(), _one(dateDebutExecution=None)),
    "DECP-C-303": (_one(dateSignature=DAY(1990, 1, 1)), _one(dateSignature=DAY(1989, 12, 31))),
    "DECP-C-304": (_one(dateSignature=DAY(2025, 3, 1)), _one(dateSignature=DAY(2026, 1, 9))),
    "DECP-C-305": (_one(dateDebutExecution=DAY(2025, 3, 10)), _one(dateDebutExecution=DAY(2025, 3, 9))),
    "DECP-C-306": (_one(datePublicationDonnees=DAY(2025, 6, 1)), _one(datePublicationDonnees=DAY(2025, 6, 2))),
    "DECP-C-401": (_one(), _one(valeurGlobale=None)),
    "DECP-C-402": (_one(valeurGlobale=1.0), _one(valeurGlobale=0.0)),
    "DECP-C-403": (_one(valeurGlobale=11.0), _one(valeurGlobale=10.0)),
    "DECP-C-404": (_one(valeurGlobale=9999998.0), _one(valeurGlobale=9999999.0)),
    "DECP-C-405": (_one(valeurGlobale=123456.0), _one(valeurGlobale=1234567890.0)),
    "DECP-C-406": (_one(valeurGlobale=15e9), _one(valeurGlobale=15e9 + 1)),
    "DECP-C-407": (_one(montantSubventionPublique=0.0), _one(montantSubventionPublique=-1.0)),
    "DECP-C-502": (_one(dureeMois=360), _one(dureeMois=361)),
}

_ONLY_LIST: dict[str, Any] = {"in_decp": False, "uid": None, "regle": None, "etat": "liste seulement"}
_ONLY_DECP: dict[str, Any] = {"in_list": False, "numero_marche": None, "regle": None, "etat": "DECP seulement"}
_RECONCILIATION: dict[str, tuple[Rows, Rows]] = {
    "DECP-R-001": (_one(), _one(**_ONLY_LIST)),
    "DECP-R-002": (_one(), _one(**_ONLY_DECP)),
    "DECP-R-003": (_one(), _one(**_ONLY_DECP, candidats=2)),
    "DECP-R-101": (_one(montant_rapport=9.5), _one(montant_rapport=10.0, montant_glissement="×10")),
    "DECP-R-102": (_one(montant=11.0, montant_position="entre les deux"), _one(montant_position="provisoire")),
    "DECP-R-103": (_one(), _one(montant_accord=False, montant_position="entre les deux")),
    "DECP-R-104": (_one(montant_position="entre les deux"), _one(montant_position="au-dessus")),
    "DECP-R-105": (_one(montant_glissement="×10"), _one(montant_glissement="÷1,2 (TVA)")),
    "DECP-R-201": (_one(), _one(date_accord=False, jours_ecart=3)),
    "DECP-R-301": (_one(titulaire_accord=False), _one(titulaire_accord=False, entreprise_accord=False)),
    "DECP-R-302": (_one(), _one(titulaire_accord=False)),
    "DECP-R-401": (_one(), _one(objet_accord=False, objet_similarite=0.2)),
    "DECP-RM-001": (_one(contrats_decp=4), _one(contrats_decp=3)),
}

CASES: dict[str, tuple[Rows, Rows]] = {
    **_MARCHES,
    **{f"DECP-{kind}-{number}": case for kind in ("V", "CV") for number, case in _VERSIONS.items()},
    **{f"DECP-{kind}-{number}": case for kind in ("T", "CT") for number, case in _HOLDERS.items()},
    **_OTHERS,
    **_CONCESSIONS,
    **_RECONCILIATION,
}
"""Rule id to (rows it accepts, rows of which it refuses at least the last)."""
