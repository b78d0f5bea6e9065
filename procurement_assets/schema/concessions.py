"""The tables of concessions: contracts, versions, holders, yearly execution (DESIGN §5)."""

from procurement_assets.schema.column import Table, count, integer, text
from procurement_assets.schema.common import FOUND_IN, SUSPECT, TITULAIRE_COLUMNS, VERSION_COLUMNS, key_uid, money
from procurement_assets.schema.contracts import BUYER, CONSIDERATIONS, FORMAT, OBJET, dated, duration

_UID = key_uid("autoriteConcedante.id + id")

CONCESSIONS = Table(
    name="concessions",
    title="Concessions",
    description="Un contrat de concession par ligne : état à la signature et état actuel.",
    key=("uid",),
    columns=(
        _UID,
        text(
            "id",
            "Identifiant",
            "Identifiant du contrat chez l'autorité concédante, tel que publié.",
            required=True,
            source="id",
            ocds="tender/id",
        ),
        *BUYER,
        FORMAT,
        text("nature", "Nature", "Nature du contrat.", source="nature"),
        OBJET,
        text(
            "codeCPV",
            "Code CPV",
            "Code CPV, huit chiffres, sans clé : publié par certaines plateformes bien que le format ne "
            "le demande pas.",
            ocds="awards/items/classification/id",
        ),
        text(
            "procedure",
            "Procédure",
            "Procédure de passation.",
            source="procedure",
            ocds="tender/procurementMethodDetails",
        ),
        text(
            "lieuExecution_code",
            "Lieu d'exécution",
            "Code du lieu principal d'exécution (format 2019).",
            source="lieuExecution.code",
        ),
        text(
            "lieuExecution_typeCode",
            "Type de code du lieu",
            "Ce que le code désigne (format 2019).",
            source="lieuExecution.typeCode",
        ),
        text("lieuExecution_nom", "Nom du lieu", "Nom publié (format 2019).", source="lieuExecution.nom"),
        duration("dureeMois", "Durée initiale", "Durée initiale du contrat."),
        duration("dureeMois_actuelle", "Durée actuelle", "Durée après la dernière modification."),
        dated("dateSignature", "Date de signature", "Date de signature.", ocds="contracts/dateSigned"),
        dated("dateDebutExecution", "Début d'exécution", "Début d'exécution.", ocds="contracts/period/startDate"),
        dated("datePublicationDonnees", "Date de publication", "Date de publication des données.", ocds="date"),
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
        dated(
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
        integer("annee_rang", "Rang de l'année", "Rang, dès 1.", required=True),
        dated(
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
        integer("tarif_rang", "Rang du tarif", "Rang, dès 1 ; 0 sans tarif.", required=True),
        text(
            "intituleTarif",
            "Intitulé du tarif",
            "Intitulé du tarif.",
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
