"""Columns that marchés and concessions share."""

from procurement_assets.schema.column import Column, day, flag, integer, number, text, texts
from procurement_assets.schema.provenance import SOURCE


def key_uid(source: str = "acheteur.id + id") -> Column:
    """The `uid` column of a table of contracts."""
    return text(
        "uid",
        "Identifiant unique",
        "SIRET de l'acheteur suivi de l'identifiant du contrat, rendu unique quand plusieurs lots "
        "partagent un identifiant.",
        required=True,
        source=source,
        ocds="ocid",
    )


VERSION = integer(
    "version", "Version", "0 pour l'attribution, n pour l'état après la n-ième modification.", required=True
)
RANG = integer("rang", "Rang", "Rang de publication, dès 1.", required=True)
SOURCES = texts("sources", "Sources", "Sources où le contrat a été trouvé, par rang.", required=True)
FOUND_IN = (SOURCE, SOURCES)
"""Where a contract was found. File and position are in the ledger, by `uid`: these tables keep the same bytes when the
same records come in other files or in another order."""

VERSION_COLUMNS = (
    VERSION,
    integer(
        "modification_id",
        "Numéro de modification",
        "Numéro publié de la modification (format 2022), sinon son rang.",
        source="modifications[].modification.id",
        ocds="contracts/amendments/id",
    ),
    text(
        "objetModification",
        "Objet de la modification",
        "Objet publié de la modification (format 2019).",
        source="modifications[].objetModification",
        ocds="contracts/amendments/rationale",
    ),
    day(
        "date",
        "Date",
        "Date de notification ou de signature du contrat, puis de la modification.",
        source="modifications[].modification.dateNotificationModification",
        ocds="contracts/amendments/date",
    ),
    day(
        "date_publication",
        "Date de publication",
        "Date de publication des données du contrat, puis de la modification.",
        source="modifications[].modification.datePublicationDonneesModification",
        ocds="date",
    ),
    number(
        "montant",
        "Montant en vigueur",
        "Montant hors taxes en vigueur à cette version, report des versions précédentes.",
        source="modifications[].modification.montant",
        ocds="contracts/value/amount",
        unit="euros hors taxes",
    ),
    integer(
        "dureeMois",
        "Durée en vigueur",
        "Durée en vigueur à cette version, report des versions précédentes.",
        source="modifications[].modification.dureeMois",
        ocds="contracts/period/durationInDays",
        unit="mois",
    ),
    texts(
        "titulaires",
        "Titulaires",
        "Identifiants des titulaires en vigueur.",
        required=True,
        source="modifications[].modification.titulaires[].titulaire.id",
        ocds="awards/suppliers/id",
    ),
    texts(
        "modifie", "Ce qui change", "Champs changés par cette version : montant, dureeMois, titulaires.", required=True
    ),
    flag(
        "anterieure_au_contrat",
        "Antérieure au contrat",
        "Vrai si la modification est datée d'avant la notification ou la signature du contrat.",
        required=True,
    ),
)


def recovered(prefix: str, whose: str) -> tuple[Column, Column]:
    """The rule that found a SIREN in a malformed identifier, and how sure it is."""
    return (
        text(
            f"{prefix}_siren_regle",
            "Règle du SIREN",
            f"Règle qui a reconnu l'identifiant mal formé {whose} (siren.ape, siren.tronque, id.etranger…) "
            "; vide si le SIREN est celui d'un SIRET valide ou si rien n'a été reconnu.",
        ),
        text(
            f"{prefix}_siren_confiance",
            "Confiance",
            "Confiance de cette règle. Seule « certaine » remplit le SIREN ; les autres sont des "
            "suggestions (table suggestions).",
            enum=CONFIDENCES,
        ),
    )


CONFIDENCES = ("certaine", "probable", "possible")
"""How sure a repair is (docs/decisions.md, "Repairs")."""

TITULAIRE_COLUMNS = (
    VERSION,
    RANG,
    text(
        "titulaire_typeIdentifiant",
        "Type d'identifiant",
        "SIRET, TVA, TAHITI, RIDET, FRWF, IREP, UE, HORS-UE.",
        source="titulaires[].titulaire.typeIdentifiant",
        ocds="parties/identifier/scheme",
    ),
    text(
        "titulaire_id",
        "Identifiant du titulaire",
        "Identifiant du titulaire, espaces et séparateurs retirés.",
        source="titulaires[].titulaire.id",
        ocds="parties/additionalIdentifiers/id",
    ),
    text(
        "titulaire_id_publie", "Identifiant publié", "Identifiant tel que publié.", source="titulaires[].titulaire.id"
    ),
    text(
        "titulaire_id_regle", "Règle de réparation", "Règle qui a changé l'identifiant publié ; vide s'il est inchangé."
    ),
    text(
        "titulaire_siren",
        "SIREN du titulaire",
        "Neuf premiers chiffres d'un SIRET dont la clé est juste ; sinon le SIREN qu'une règle a retrouvé "
        "dans l'identifiant publié avec une confiance certaine ; vide sinon.",
        ocds="parties/identifier/id",
    ),
    *recovered("titulaire", "du titulaire"),
    text(
        "titulaire_nom",
        "Dénomination du titulaire",
        "Dénomination publiée (format 2019).",
        source="titulaires[].denominationSociale",
        ocds="parties/name",
    ),
)


def money(name: str, title: str, description: str, source: str, ocds: str) -> Column:
    """A column of amounts in euros excluding tax."""
    return number(name, title, description, source=source, ocds=ocds, unit="euros hors taxes")


SUSPECT = text(
    "montant_suspect",
    "Montant suspect",
    "Règle qui rend le montant suspect (valeur factice ou absurde) ; exclu des sommes, jamais des tables.",
)
