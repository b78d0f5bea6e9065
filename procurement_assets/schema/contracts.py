"""The tables of marchés: contracts, versions, holders (DESIGN §5)."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.common import (
    FOUND_IN,
    SUSPECT,
    TITULAIRE_COLUMNS,
    VERSION_COLUMNS,
    key_uid,
    money,
)


def text(name: str, title: str, description: str, source: str, ocds: str = "") -> Column:
    """A column of text."""
    return Column(name=name, type="string", title=title, description=description, source=source, ocds=ocds)


def _list(name: str, title: str, description: str, source: str, ocds: str = "") -> Column:
    return Column(name=name, type="list", title=title, description=description, source=source, ocds=ocds)


def _flag(name: str, title: str, description: str, ocds: str = "") -> Column:
    return Column(name=name, type="boolean", title=title, description=description, source=name, ocds=ocds)


BUYER = (
    Column(
        name="acheteur_id",
        type="string",
        required=True,
        title="SIRET de l'acheteur",
        description="SIRET de l'établissement acheteur.",
        source="acheteur.id",
        ocds="buyer/id",
    ),
    Column(
        name="acheteur_siren",
        type="string",
        required=True,
        title="SIREN de l'acheteur",
        description="Neuf premiers chiffres du SIRET de l'acheteur.",
        source="acheteur.id",
        ocds="parties/identifier/id",
    ),
    text("acheteur_nom", "Nom de l'acheteur", "Nom publié (format 2019).", "acheteur.nom", "buyer/name"),
)
FORMAT = Column(
    name="format",
    type="string",
    required=True,
    enum=("2019", "2022"),
    title="Format",
    description="Famille réglementaire : 2019 (arrêtés 2017-2019) ou 2022 (arrêtés du 22/12/2022).",
)
OBJET = text("objet", "Objet", "Objet du contrat, tel que publié, espaces réduits.", "objet", "tender/title")
CONSIDERATIONS = (
    _list(
        "considerationsSociales",
        "Considérations sociales",
        "Considérations sociales déclarées.",
        "considerationsSociales.considerationSociale[]",
        "tender/sustainability",
    ),
    _list(
        "considerationsEnvironnementales",
        "Considérations environnementales",
        "Considérations environnementales déclarées.",
        "considerationsEnvironnementales.considerationEnvironnementale[]",
        "tender/sustainability",
    ),
)


def duration(name: str, title: str, description: str) -> Column:
    """A duration in months."""
    return Column(
        name=name,
        type="integer",
        title=title,
        description=description,
        source="dureeMois",
        ocds="contracts/period/durationInDays",
        unit="mois",
    )


def day(name: str, title: str, description: str, source: str = "", ocds: str = "") -> Column:
    """A date."""
    return Column(name=name, type="date", title=title, description=description, source=source or name, ocds=ocds)


def count(name: str, title: str, description: str, ocds: str = "") -> Column:
    """A count that the table's maker always knows."""
    return Column(name=name, type="integer", required=True, title=title, description=description, ocds=ocds)


CONTRACTS = Table(
    name="contracts",
    title="Marchés",
    description="Un marché par ligne : état d'attribution et état actuel.",
    key=("uid",),
    columns=(
        key_uid(),
        Column(
            name="id",
            type="string",
            required=True,
            title="Identifiant",
            description="Identifiant du marché chez l'acheteur, tel que publié.",
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
        Column(
            name="type",
            type="string",
            enum=("Travaux", "Fournitures", "Services"),
            title="Type d'achat",
            description="Déduit de la division CPV : 45 travaux ; 03 à 44 et 48 fournitures ; 50 à 98 services.",
            source="codeCPV",
            ocds="tender/mainProcurementCategory",
        ),
        text("procedure", "Procédure", "Procédure de passation.", "procedure", "tender/procurementMethodDetails"),
        _list("techniques", "Techniques d'achat", "Techniques d'achat.", "techniques.technique[]", "tender/techniques"),
        _list(
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
        day("dateNotification", "Date de notification", "Date de notification du marché.", ocds="contracts/dateSigned"),
        day("datePublicationDonnees", "Date de publication", "Date de publication des données.", ocds="date"),
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
        _list("typesPrix", "Types de prix", "Types de prix (format 2022).", "typesPrix.typePrix[]"),
        _flag("attributionAvance", "Avance attribuée", "Une avance a été attribuée."),
        Column(
            name="tauxAvance",
            type="number",
            title="Taux de l'avance",
            description="Taux de l'avance, de 0 à 1.",
            source="tauxAvance",
            unit="fraction",
        ),
        Column(
            name="offresRecues",
            type="integer",
            title="Offres reçues",
            description="Nombre d'offres reçues.",
            source="offresRecues",
            ocds="bids/statistics/value",
        ),
        _flag("marcheInnovant", "Marché innovant", "Le marché est déclaré innovant.", "tender/sustainability"),
        text("ccag", "CCAG", "Cahier des clauses administratives générales de référence.", "ccag"),
        _flag(
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
        Column(
            name="origineUE",
            type="number",
            title="Part d'origine UE",
            description="Part des produits originaires de l'Union européenne, de 0 à 1.",
            source="origineUE",
            unit="fraction",
        ),
        Column(
            name="origineFrance",
            type="number",
            title="Part d'origine France",
            description="Part des produits originaires de France, de 0 à 1.",
            source="origineFrance",
            unit="fraction",
        ),
        *CONSIDERATIONS,
        count("nombre_titulaires", "Nombre de titulaires", "Titulaires à l'attribution."),
        count("nombre_modifications", "Nombre de modifications", "Modifications publiées."),
        day(
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
