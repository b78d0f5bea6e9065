"""The tables of concessions: contracts, versions, holders, yearly execution (DESIGN §5)."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.common import FOUND_IN, SUSPECT, TITULAIRE_COLUMNS, VERSION_COLUMNS, key_uid, money
from procurement_assets.schema.contracts import BUYER, CONSIDERATIONS, FORMAT, OBJET, count, day, duration

_UID = key_uid("autoriteConcedante.id + id")

CONCESSIONS = Table(
    name="concessions",
    title="Concessions",
    description="Un contrat de concession par ligne : état à la signature et état actuel.",
    key=("uid",),
    columns=(
        _UID,
        Column(
            name="id",
            type="string",
            required=True,
            title="Identifiant",
            description="Identifiant du contrat chez l'autorité concédante, tel que publié.",
            source="id",
            ocds="tender/id",
        ),
        *BUYER,
        FORMAT,
        Column(name="nature", type="string", title="Nature", description="Nature du contrat.", source="nature"),
        OBJET,
        Column(
            name="codeCPV",
            type="string",
            title="Code CPV",
            description="Code CPV, huit chiffres, sans clé : publié par certaines plateformes bien que le format ne "
            "le demande pas.",
            ocds="awards/items/classification/id",
        ),
        Column(
            name="procedure",
            type="string",
            title="Procédure",
            description="Procédure de passation.",
            source="procedure",
            ocds="tender/procurementMethodDetails",
        ),
        Column(
            name="lieuExecution_code",
            type="string",
            title="Lieu d'exécution",
            description="Code du lieu principal d'exécution (format 2019).",
            source="lieuExecution.code",
        ),
        Column(
            name="lieuExecution_typeCode",
            type="string",
            title="Type de code du lieu",
            description="Ce que le code désigne (format 2019).",
            source="lieuExecution.typeCode",
        ),
        Column(
            name="lieuExecution_nom",
            type="string",
            title="Nom du lieu",
            description="Nom publié (format 2019).",
            source="lieuExecution.nom",
        ),
        duration("dureeMois", "Durée initiale", "Durée initiale du contrat."),
        duration("dureeMois_actuelle", "Durée actuelle", "Durée après la dernière modification."),
        day("dateSignature", "Date de signature", "Date de signature.", ocds="contracts/dateSigned"),
        day("dateDebutExecution", "Début d'exécution", "Début d'exécution.", ocds="contracts/period/startDate"),
        day("datePublicationDonnees", "Date de publication", "Date de publication des données.", ocds="date"),
        money(
            "valeurGlobale", "Valeur globale", "Valeur globale à la signature.", "valeurGlobale", "awards/value/amount"
        ),
        money(
            "valeurGlobale_actuelle",
            "Valeur globale actuelle",
            "Valeur globale après la dernière modification.",
            "modifications[].modification.valeurGlobale",
            "contracts/value/amount",
        ),
        SUSPECT,
        money(
            "montantSubventionPublique",
            "Subvention publique",
            "Montant de la subvention publique.",
            "montantSubventionPublique",
            "contracts/finance/value/amount",
        ),
        *CONSIDERATIONS,
        count("nombre_concessionnaires", "Nombre de concessionnaires", "Concessionnaires à la signature."),
        count("nombre_modifications", "Nombre de modifications", "Modifications publiées."),
        day(
            "date_derniere_modification",
            "Dernière modification",
            "Date de la dernière modification.",
            "modifications[]",
        ),
        count("nombre_annees_execution", "Années d'exécution", "Années d'exécution publiées."),
        *FOUND_IN,
    ),
)

CONCESSION_VERSIONS = Table(
    name="concession_versions",
    title="Versions des concessions",
    description="Une concession et une version par ligne : 0 à la signature, n après la n-ième modification.",
    key=("uid", "version"),
    columns=(_UID, *VERSION_COLUMNS),
)

CONCESSION_TITULAIRES = Table(
    name="concession_titulaires",
    title="Concessionnaires",
    description="Une concession, une version et un concessionnaire par ligne.",
    key=("uid", "version", "rang"),
    columns=(_UID, *TITULAIRE_COLUMNS),
)

CONCESSION_EXECUTION = Table(
    name="concession_execution",
    title="Exécution des concessions",
    description="Une année d'exécution et un tarif par ligne ; une année sans tarif a une ligne, de tarif_rang 0.",
    key=("uid", "annee_rang", "tarif_rang"),
    columns=(
        _UID,
        Column(name="annee_rang", type="integer", required=True, title="Rang de l'année", description="Rang, dès 1."),
        day(
            "datePublicationDonneesExecution",
            "Date de publication",
            "Date de publication des données d'exécution.",
            "donneesExecution[].donneesAnnuelles.datePublicationDonneesExecution",
            "contracts/implementation/metrics",
        ),
        money(
            "depensesInvestissement",
            "Dépenses d'investissement",
            "Dépenses d'investissement réalisées par le concessionnaire.",
            "donneesExecution[].donneesAnnuelles.depensesInvestissement",
            "contracts/implementation/metrics",
        ),
        Column(
            name="tarif_rang",
            type="integer",
            required=True,
            title="Rang du tarif",
            description="Rang, dès 1 ; 0 sans tarif.",
        ),
        Column(
            name="intituleTarif",
            type="string",
            title="Intitulé du tarif",
            description="Intitulé du tarif.",
            source="donneesExecution[].donneesAnnuelles.tarifs[].tarif.intituleTarif",
            ocds="contracts/implementation/tariffs/title",
        ),
        money(
            "tarif",
            "Tarif",
            "Tarif demandé aux usagers.",
            "donneesExecution[].donneesAnnuelles.tarifs[].tarif.tarif",
            "contracts/implementation/tariffs/value/amount",
        ),
    ),
)

CONCESSION_TABLES = (CONCESSIONS, CONCESSION_VERSIONS, CONCESSION_TITULAIRES, CONCESSION_EXECUTION)
