"""The registers: public lists that tables are compared with, and where each of them stands.

They belong to no publisher. Columns of SIRENE keep the names of INSEE.
"""

from procurement_assets.schema.column import Table, count, day, flag, integer, text

_INSEE = "StockUniteLegale (INSEE)"

REGISTRE_CPV = Table(
    name="registre_cpv",
    title="Registre CPV",
    description="Un code du vocabulaire commun pour les marchés publics (CPV 2008) par ligne.",
    key=("code",),
    columns=(
        text("code", "Code CPV", "Huit chiffres, sans clé de contrôle.", required=True),
        text("libelle_fr", "Libellé français", "Libellé officiel en français.", required=True),
        text("libelle_en", "Libellé anglais", "Libellé officiel en anglais."),
        text(
            "niveau",
            "Niveau",
            "Division (deux chiffres), groupe, classe, catégorie (cinq chiffres), puis sous-catégorie.",
            required=True,
            enum=("division", "groupe", "classe", "catégorie", "sous-catégorie"),
        ),
        text("parent", "Code parent", "Le code plus large le plus proche qui existe ; vide pour une division."),
    ),
)

_ZONE = text(
    "zone",
    "Zone",
    "metro : métropole ; drom : département ou région d'outre-mer ; com : autre collectivité d'outre-mer.",
    required=True,
)
_SEAT = text("chefLieu", "Chef-lieu", "Code INSEE de la commune chef-lieu.")

REGISTRE_DEPARTEMENTS = Table(
    name="registre_departements",
    title="Registre des départements",
    description="Un département ou une collectivité d'outre-mer par ligne (code officiel géographique).",
    key=("code",),
    columns=(
        text("code", "Code", "Code du département : deux caractères, trois outre-mer.", required=True),
        text("nom", "Nom", "Nom du département.", required=True),
        text("region", "Région", "Code de la région.", required=True),
        _ZONE,
        _SEAT,
    ),
)

REGISTRE_REGIONS = Table(
    name="registre_regions",
    title="Registre des régions",
    description="Une région ou une collectivité d'outre-mer par ligne (code officiel géographique).",
    key=("code",),
    columns=(
        text("code", "Code", "Code de la région : deux chiffres, trois outre-mer.", required=True),
        text("nom", "Nom", "Nom de la région.", required=True),
        _ZONE,
        _SEAT,
    ),
)

REGISTRE_SIRENE = Table(
    name="registre_sirene",
    title="Registre SIRENE",
    description="Un SIREN nommé par les tables par ligne, avec ce que le répertoire de l'INSEE dit de l'unité légale. "
    "Jamais le nom d'une personne physique. Un SIREN absent de cette table n'a pas encore été demandé.",
    key=("siren",),
    columns=(
        text("siren", "SIREN", "Numéro de l'unité légale, neuf chiffres.", required=True),
        flag("connu", "Connu de SIRENE", "Faux si le répertoire ne connaît pas ce numéro.", required=True),
        text(
            "statutDiffusionUniteLegale",
            "Statut de diffusion",
            "O : diffusible ; P : diffusion partielle, à la demande de la personne.",
            _INSEE,
        ),
        text(
            "denominationUniteLegale",
            "Dénomination",
            "Raison sociale. Vide pour une personne physique et pour une unité dont la diffusion est partielle.",
            _INSEE,
        ),
        text("categorieJuridiqueUniteLegale", "Catégorie juridique", "Code à quatre chiffres de l'INSEE.", _INSEE),
        text("activitePrincipaleUniteLegale", "Activité principale", "Code APE.", _INSEE),
        text(
            "nomenclatureActivitePrincipaleUniteLegale",
            "Nomenclature d'activité",
            "Nomenclature du code APE (NAFRev2…).",
            _INSEE,
        ),
        text(
            "trancheEffectifsUniteLegale",
            "Tranche d'effectifs",
            "Code de la tranche de salariés ; NN : non employeuse.",
            _INSEE,
        ),
        integer("anneeEffectifsUniteLegale", "Année des effectifs", "Année de validité de la tranche.", _INSEE),
        text("categorieEntreprise", "Catégorie d'entreprise", "PME, ETI ou GE.", _INSEE),
        integer("anneeCategorieEntreprise", "Année de la catégorie", "Année de validité de la catégorie.", _INSEE),
        text("economieSocialeSolidaireUniteLegale", "Économie sociale et solidaire", "O ou N.", _INSEE),
        text("societeMissionUniteLegale", "Société à mission", "O ou N.", _INSEE),
        day("dateCreationUniteLegale", "Date de création", "Date de création de l'unité légale.", _INSEE),
        text("etatAdministratifUniteLegale", "État administratif", "A : active ; C : cessée.", _INSEE),
        day(
            "dateDebut",
            "Depuis le",
            "Début de l'état présent : pour une unité cessée, la date de cessation.",
            _INSEE,
        ),
    ),
)

REGISTRES = Table(
    name="registres",
    title="État des registres",
    description="Un registre par ligne : d'où il vient, où il en est, pourquoi le dernier n'a pas pu être pris.",
    key=("registre",),
    columns=(
        text("registre", "Registre", "Identifiant dans registers.toml.", required=True),
        text("table", "Table", "Table que fait le registre.", required=True),
        text("nom", "Nom", "Ce qu'il est.", required=True),
        text("producteur", "Producteur", "Qui le publie.", required=True),
        text("licence", "Licence", "Licence de réutilisation.", required=True),
        text("adresse", "Adresse", "Adresse publique d'où vient le registre en place.", required=True),
        text(
            "etat",
            "État",
            "à jour : pris ou confirmé à la dernière demande ; ancien : le dernier bon reste ; absent : jamais eu.",
            required=True,
            enum=("à jour", "ancien", "absent"),
        ),
        text("raison", "Raison", "Pourquoi il est ancien ou absent."),
        count("lignes", "Lignes", "Lignes du registre en place."),
        text("sha256", "Empreinte", "SHA-256 du fichier reçu dont est fait le registre en place."),
        count("octets", "Octets", "Taille de ce fichier."),
        text("etag", "ETag", "Version que le serveur donne de ce fichier."),
        text("modifie_le", "Modifié le", "Date de modification que le serveur donne de ce fichier."),
        text("pris_le", "Pris le", "Quand ce fichier a été reçu (UTC)."),
        text("demande_le", "Demandé le", "Quand il a été demandé pour la dernière fois (UTC)."),
    ),
)

REGISTER_TABLES = (REGISTRE_CPV, REGISTRE_DEPARTEMENTS, REGISTRE_REGIONS, REGISTRE_SIRENE)
"""What registers hold. The rules may read them (`quality/derived_registers.py`)."""
