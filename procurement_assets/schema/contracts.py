"""The tables of marchés: contracts, versions, holders (DESIGN §5)."""

from procurement_assets.schema.column import Column, Table, count, day, flag, integer, number, text, texts
from procurement_assets.schema.common import (
    FOUND_IN,
    SUSPECT,
    TITULAIRE_COLUMNS,
    VERSION_COLUMNS,
    key_uid,
    money,
)

BUYER = (
    text(
        "acheteur_id",
        "SIRET de l'acheteur",
        "SIRET de l'établissement acheteur.",
        required=True,
        source="acheteur.id",
        ocds="buyer/id",
    ),
    text(
        "acheteur_siren",
        "SIREN de l'acheteur",
        "Neuf premiers chiffres du SIRET de l'acheteur.",
        required=True,
        source="acheteur.id",
        ocds="parties/identifier/id",
    ),
    text("acheteur_nom", "Nom de l'acheteur", "Nom publié (format 2019).", "acheteur.nom", "buyer/name"),
)
FORMAT = text(
    "format",
    "Format",
    "Famille réglementaire : 2019 (arrêtés 2017-2019) ou 2022 (arrêtés du 22/12/2022).",
    required=True,
    enum=("2019", "2022"),
)
OBJET = text("objet", "Objet", "Objet du contrat, tel que publié, espaces réduits.", "objet", "tender/title")
CONSIDERATIONS = (
    texts(
        "considerationsSociales",
        "Considérations sociales",
        "Considérations sociales déclarées.",
        "considerationsSociales.considerationSociale[]",
        "tender/sustainability",
    ),
    texts(
        "considerationsEnvironnementales",
        "Considérations environnementales",
        "Considérations environnementales déclarées.",
        "considerationsEnvironnementales.considerationEnvironnementale[]",
        "tender/sustainability",
    ),
)


def duration(name: str, title: str, description: str) -> Column:
    """A duration in months."""
    return integer(name, title, description, source="dureeMois", ocds="contracts/period/durationInDays", unit="mois")


def dated(name: str, title: str, description: str, source: str = "", ocds: str = "") -> Column:
    """A date, published in the field of the same name unless another is said."""
    return day(name, title, description, source or name, ocds)


def declared(name: str, title: str, description: str, ocds: str = "") -> Column:
    """What a buyer declares with yes or no, in the field of the same name."""
    return flag(name, title, description, name, ocds)


CONTRACTS = Table(
    name="contracts",
    title="Marchés",
    description="Un marché par ligne : état d'attribution et état actuel.",
    key=("uid",),
    columns=(
        key_uid(),
        text(
            "id",
            "Identifiant",
            "Identifiant du marché chez l'acheteur, tel que publié.",
            required=True,
            source="id",
            ocds="tender/id",
        ),
        *BUYER,
        FORMAT,
        text("nature", "Nature", "Nature du marché.", "nature"),
        OBJET,
        text(
            "codeCPV",
            "Code CPV",
            "Code CPV principal, huit chiffres, sans clé.",
            "codeCPV",
            "awards/items/classification/id",
        ),
        text(
            "type",
            "Type d'achat",
            "Déduit de la division CPV : 45 travaux ; 03 à 44 et 48 fournitures ; 50 à 98 services.",
            enum=("Travaux", "Fournitures", "Services"),
            source="codeCPV",
            ocds="tender/mainProcurementCategory",
        ),
        text("procedure", "Procédure", "Procédure de passation.", "procedure", "tender/procurementMethodDetails"),
        texts("techniques", "Techniques d'achat", "Techniques d'achat.", "techniques.technique[]", "tender/techniques"),
        texts(
            "modalitesExecution",
            "Modalités d'exécution",
            "Modalités d'exécution.",
            "modalitesExecution.modaliteExecution[]",
            "tender/techniques/frameworkAgreement/method",
        ),
        text(
            "idAccordCadre",
            "Accord-cadre",
            "Identifiant de l'accord-cadre d'un marché subséquent.",
            "idAccordCadre",
            "relatedProcesses/identifier",
        ),
        text(
            "lieuExecution_code",
            "Lieu d'exécution",
            "Code du lieu principal d'exécution.",
            "lieuExecution.code",
            "tender/items/deliveryLocations",
        ),
        text(
            "lieuExecution_typeCode",
            "Type de code du lieu",
            "Ce que le code désigne (département, commune…).",
            "lieuExecution.typeCode",
            "tender/items/deliveryLocations",
        ),
        text("lieuExecution_nom", "Nom du lieu", "Nom publié (format 2019).", "lieuExecution.nom"),
        duration("dureeMois", "Durée initiale", "Durée initiale du marché."),
        duration("dureeMois_actuelle", "Durée actuelle", "Durée après la dernière modification."),
        dated(
            "dateNotification", "Date de notification", "Date de notification du marché.", ocds="contracts/dateSigned"
        ),
        dated("datePublicationDonnees", "Date de publication", "Date de publication des données.", ocds="date"),
        money(
            "montant",
            "Montant initial",
            "Montant attribué (maximum pour un accord-cadre).",
            "montant",
            "awards/value/amount",
        ),
        money(
            "montant_actuel",
            "Montant actuel",
            "Montant après la dernière modification.",
            "modifications[].modification.montant",
            "contracts/value/amount",
        ),
        SUSPECT,
        text("formePrix", "Forme du prix", "Forme du prix ; la liste dépend du format.", "formePrix"),
        texts("typesPrix", "Types de prix", "Types de prix (format 2022).", "typesPrix.typePrix[]"),
        declared("attributionAvance", "Avance attribuée", "Une avance a été attribuée."),
        number("tauxAvance", "Taux de l'avance", "Taux de l'avance, de 0 à 1.", source="tauxAvance", unit="fraction"),
        integer(
            "offresRecues",
            "Offres reçues",
            "Nombre d'offres reçues.",
            source="offresRecues",
            ocds="bids/statistics/value",
        ),
        declared("marcheInnovant", "Marché innovant", "Le marché est déclaré innovant.", "tender/sustainability"),
        text("ccag", "CCAG", "Cahier des clauses administratives générales de référence.", "ccag"),
        declared(
            "sousTraitanceDeclaree",
            "Sous-traitance déclarée",
            "Une sous-traitance est déclarée à la notification.",
            "awards/hasSubcontracting",
        ),
        text(
            "typeGroupementOperateurs",
            "Groupement",
            "Type de groupement d'opérateurs.",
            "typeGroupementOperateurs",
        ),
        number(
            "origineUE",
            "Part d'origine UE",
            "Part des produits originaires de l'Union européenne, de 0 à 1.",
            source="origineUE",
            unit="fraction",
        ),
        number(
            "origineFrance",
            "Part d'origine France",
            "Part des produits originaires de France, de 0 à 1.",
            source="origineFrance",
            unit="fraction",
        ),
        *CONSIDERATIONS,
        count("nombre_titulaires", "Nombre de titulaires", "Titulaires à l'attribution."),
        count("nombre_modifications", "Nombre de modifications", "Modifications publiées."),
        dated(
            "date_derniere_modification",
            "Dernière modification",
            "Date de la dernière modification.",
            "modifications[]",
        ),
        count("nombre_actes_sous_traitance", "Actes de sous-traitance", "Actes spéciaux de sous-traitance publiés."),
        *FOUND_IN,
    ),
)

CONTRACT_VERSIONS = Table(
    name="contract_versions",
    title="Versions des marchés",
    description="Un marché et une version par ligne : 0 à l'attribution, n après la n-ième modification.",
    key=("uid", "version"),
    columns=(key_uid(), *VERSION_COLUMNS),
)

CONTRACT_TITULAIRES = Table(
    name="contract_titulaires",
    title="Titulaires des marchés",
    description="Un marché, une version et un titulaire par ligne.",
    key=("uid", "version", "rang"),
    columns=(key_uid(), *TITULAIRE_COLUMNS),
)

CONTRACT_TABLES = (CONTRACTS, CONTRACT_VERSIONS, CONTRACT_TITULAIRES)
