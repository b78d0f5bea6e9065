"""Columns that marchés and concessions share."""

from procurement_assets.schema.column import Column
from procurement_assets.schema.provenance import SOURCE


def key_uid(source: str = "acheteur.id + id") -> Column:
    """The `uid` column of a table of contracts."""
    return Column(
        name="uid",
        type="string",
        required=True,
        title="Identifiant unique",
        description="SIRET de l'acheteur suivi de l'identifiant du contrat, rendu unique quand plusieurs lots "
        "partagent un identifiant.",
        source=source,
        ocds="ocid",
    )


VERSION = Column(
    name="version",
    type="integer",
    required=True,
    title="Version",
    description="0 pour l'attribution, n pour l'état après la n-ième modification.",
)
RANG = Column(name="rang", type="integer", required=True, title="Rang", description="Rang de publication, dès 1.")
SOURCES = Column(
    name="sources",
    type="list",
    required=True,
    title="Sources",
    description="Sources où le contrat a été trouvé, par rang.",
)
FOUND_IN = (SOURCE, SOURCES)
"""Where a contract was found. File and position are in the ledger, by `uid`: these tables keep the same bytes when the
same records come in other files or in another order."""

VERSION_COLUMNS = (
    VERSION,
    Column(
        name="modification_id",
        type="integer",
        title="Numéro de modification",
        description="Numéro publié de la modification (format 2022), sinon son rang.",
        source="modifications[].modification.id",
        ocds="contracts/amendments/id",
    ),
    Column(
        name="objetModification",
        type="string",
        title="Objet de la modification",
        description="Objet publié de la modification (format 2019).",
        source="modifications[].objetModification",
        ocds="contracts/amendments/rationale",
    ),
    Column(
        name="date",
        type="date",
        title="Date",
        description="Date de notification ou de signature du contrat, puis de la modification.",
        source="modifications[].modification.dateNotificationModification",
        ocds="contracts/amendments/date",
    ),
    Column(
        name="date_publication",
        type="date",
        title="Date de publication",
        description="Date de publication des données du contrat, puis de la modification.",
        source="modifications[].modification.datePublicationDonneesModification",
        ocds="date",
    ),
    Column(
        name="montant",
        type="number",
        title="Montant en vigueur",
        description="Montant hors taxes en vigueur à cette version, report des versions précédentes.",
        source="modifications[].modification.montant",
        ocds="contracts/value/amount",
        unit="euros hors taxes",
    ),
    Column(
        name="dureeMois",
        type="integer",
        title="Durée en vigueur",
        description="Durée en vigueur à cette version, report des versions précédentes.",
        source="modifications[].modification.dureeMois",
        ocds="contracts/period/durationInDays",
        unit="mois",
    ),
    Column(
        name="titulaires",
        type="list",
        required=True,
        title="Titulaires",
        description="Identifiants des titulaires en vigueur.",
        source="modifications[].modification.titulaires[].titulaire.id",
        ocds="awards/suppliers/id",
    ),
    Column(
        name="modifie",
        type="list",
        required=True,
        title="Ce qui change",
        description="Champs changés par cette version : montant, dureeMois, titulaires.",
    ),
    Column(
        name="anterieure_au_contrat",
        type="boolean",
        required=True,
        title="Antérieure au contrat",
        description="Vrai si la modification est datée d'avant la notification ou la signature du contrat.",
    ),
)


def recovered(prefix: str, whose: str) -> tuple[Column, Column]:
    """The rule that found a SIREN in a malformed identifier, and how sure it is."""
    return (
        Column(
            name=f"{prefix}_siren_regle",
            type="string",
            title="Règle du SIREN",
            description=f"Règle qui a reconnu l'identifiant mal formé {whose} (siren.ape, siren.tronque, id.etranger…) "
            "; vide si le SIREN est celui d'un SIRET valide ou si rien n'a été reconnu.",
        ),
        Column(
            name=f"{prefix}_siren_confiance",
            type="string",
            enum=CONFIDENCES,
            title="Confiance",
            description="Confiance de cette règle. Seule « certaine » remplit le SIREN ; les autres sont des "
            "suggestions (table suggestions).",
        ),
    )


CONFIDENCES = ("certaine", "probable", "possible")
"""How sure a repair is (docs/decisions.md, "Repairs")."""

TITULAIRE_COLUMNS = (
    VERSION,
    RANG,
    Column(
        name="titulaire_typeIdentifiant",
        type="string",
        title="Type d'identifiant",
        description="SIRET, TVA, TAHITI, RIDET, FRWF, IREP, UE, HORS-UE.",
        source="titulaires[].titulaire.typeIdentifiant",
        ocds="parties/identifier/scheme",
    ),
    Column(
        name="titulaire_id",
        type="string",
        title="Identifiant du titulaire",
        description="Identifiant du titulaire, espaces et séparateurs retirés.",
        source="titulaires[].titulaire.id",
        ocds="parties/additionalIdentifiers/id",
    ),
    Column(
        name="titulaire_id_publie",
        type="string",
        title="Identifiant publié",
        description="Identifiant tel que publié.",
        source="titulaires[].titulaire.id",
    ),
    Column(
        name="titulaire_id_regle",
        type="string",
        title="Règle de réparation",
        description="Règle qui a changé l'identifiant publié ; vide s'il est inchangé.",
    ),
    Column(
        name="titulaire_siren",
        type="string",
        title="SIREN du titulaire",
        description="Neuf premiers chiffres d'un SIRET dont la clé est juste ; sinon le SIREN qu'une règle a retrouvé "
        "dans l'identifiant publié avec une confiance certaine ; vide sinon.",
        ocds="parties/identifier/id",
    ),
    *recovered("titulaire", "du titulaire"),
    Column(
        name="titulaire_nom",
        type="string",
        title="Dénomination du titulaire",
        description="Dénomination publiée (format 2019).",
        source="titulaires[].denominationSociale",
        ocds="parties/name",
    ),
)


def money(name: str, title: str, description: str, source: str, ocds: str) -> Column:
    """A column of amounts in euros excluding tax."""
    return Column(
        name=name,
        type="number",
        title=title,
        description=description,
        source=source,
        ocds=ocds,
        unit="euros hors taxes",
    )


SUSPECT = Column(
    name="montant_suspect",
    type="string",
    title="Montant suspect",
    description="Règle qui rend le montant suspect (valeur factice ou absurde) ; exclu des sommes, jamais des tables.",
)
