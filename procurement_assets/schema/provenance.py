"""Tables that say where each record came from and what became of it: records, ledger, quarantine, repairs, files."""

from procurement_assets.schema.column import Table, binary, day, integer, text, texts
from procurement_assets.schema.publication import OCIDS, VANISHED

OUTCOMES = ("kept", "merged", "superseded", "out_of_scope", "quarantined")
"""kept: is a contract of the tables. merged: repeats another record. superseded: an older state of another record.
out_of_scope: the buyer is not the publisher's. quarantined: could not be read."""

SOURCE = text("source", "Source", "Identifiant de la source dans publishers.toml.", required=True)
TITLE = text("fichier", "Fichier", "Titre de la ressource dans la source.", required=True)
FILE = text(
    "file_sha256",
    "Empreinte du fichier",
    "SHA-256 du fichier brut ; vide si la source n'a jamais livré de fichier exploitable.",
    required=True,
)
POSITION = integer(
    "position",
    "Position",
    "Rang de l'enregistrement dans le fichier, à partir de 0 ; -1 pour le fichier entier.",
    required=True,
)
UID = text(
    "uid",
    "Identifiant unique",
    "SIRET de l'acheteur suivi de l'identifiant du contrat, rendu unique (docs/decisions.md, identité).",
)

DECP_RECORDS = Table(
    name="decp_records",
    title="Enregistrements DECP lus",
    description="Un enregistrement de fichier brut par ligne, tel que lu, avec sa provenance.",
    key=("source", "file_sha256", "position"),
    columns=(
        SOURCE,
        FILE,
        TITLE,
        text(
            "fichier_date",
            "Date du fichier",
            "Date de dernière modification publiée par la source (ISO 8601) ; vide si inconnue.",
            required=True,
        ),
        POSITION,
        text(
            "kind", "Nature juridique", "Marché ou contrat de concession.", required=True, enum=("marche", "concession")
        ),
        text(
            "format",
            "Format",
            "Famille réglementaire : 2019 (schéma 1.x) ou 2022 (schéma 2.0.x).",
            required=True,
            enum=("2019", "2022"),
        ),
        text(
            "layout",
            "Disposition",
            "Façon dont le fichier écrit l'enregistrement (research/decp.md §1.4).",
            required=True,
        ),
        text(
            "decode",
            "Lecture",
            "Lecture stricte, ou tolérante après une réparation de forme.",
            required=True,
            enum=("strict", "tolerant"),
        ),
        text(
            "record",
            "Enregistrement",
            "L'enregistrement tel que lu, en JSON, sous les noms réglementaires.",
            required=True,
        ),
        text(
            "content_sha256",
            "Empreinte du contenu",
            "SHA-256 de l'enregistrement lu, hors champs propres à la plateforme.",
            required=True,
        ),
        texts("notes", "Notes de lecture", "Règles de lecture appliquées (règle, chemin).", required=True),
    ),
)

LEDGER = Table(
    name="ledger",
    title="Registre des enregistrements",
    description="Ce qu'est devenu chaque enregistrement de chaque fichier brut : rien n'est perdu.",
    key=("source", "file_sha256", "position", "fichier"),
    columns=(
        SOURCE,
        FILE,
        TITLE,
        POSITION,
        UID,
        text(
            "outcome",
            "Sort",
            "Gardé, fusionné, remplacé, hors périmètre ou mis en quarantaine.",
            required=True,
            enum=OUTCOMES,
        ),
        text("reason", "Raison", "Identifiant stable de la raison (docs/decisions.md).", required=True),
        text("detail", "Précision", "Ce que la raison a constaté."),
        text(
            "kept_file_sha256",
            "Fichier de l'enregistrement gardé",
            "Pour un enregistrement fusionné ou remplacé : fichier de celui qui l'emporte.",
        ),
        integer(
            "kept_position",
            "Position de l'enregistrement gardé",
            "Pour un enregistrement fusionné ou remplacé : position de celui qui l'emporte.",
        ),
    ),
)

QUARANTINE = Table(
    name="quarantine",
    title="Quarantaine",
    description="Ce qui n'a pas pu être lu, avec sa raison et ses octets.",
    key=("source", "file_sha256", "position", "fichier"),
    columns=(
        SOURCE,
        FILE,
        TITLE,
        POSITION,
        text("reason", "Raison", "Identifiant de la raison.", required=True),
        text("detail", "Précision", "Ce que la raison a constaté."),
        binary("raw", "Octets", "Les octets tels que reçus.", required=True),
    ),
)

FILES = Table(
    name="files",
    title="Fichiers bruts lus",
    description="Un fichier brut par ligne : sa taille, son encodage, sa forme, le nombre d'enregistrements.",
    key=("source", "fichier", "file_sha256"),
    columns=(
        SOURCE,
        FILE,
        TITLE,
        text("fichier_date", "Date", "Date publiée.", required=True),
        text(
            "fichier_creation",
            "Date de création",
            "Date de création publiée par la source ; vide si inconnue.",
            required=True,
        ),
        text("url", "Adresse", "Adresse publique.", required=True),
        integer("bytes", "Taille", "Taille du fichier.", required=True, unit="octets"),
        text("encoding", "Encodage", "Encodage reconnu.", required=True),
        text("container", "Contenant", "json, ndjson, xml, none.", required=True),
        texts("layouts", "Dispositions", "Dispositions reconnues.", required=True),
        integer(
            "found",
            "Enregistrements délimités",
            "Enregistrements délimités dans le fichier, lisibles ou non.",
            required=True,
        ),
        texts("notes", "Notes", "Règles de lecture appliquées.", required=True),
    ),
)

REPAIRS = Table(
    name="repairs",
    title="Réparations",
    description="Chaque valeur changée par une règle : l'originale, la nouvelle, la règle. Réversible.",
    key=("source", "file_sha256", "position", "path", "rule"),
    columns=(
        SOURCE,
        FILE,
        POSITION,
        UID,
        text("path", "Champ", "Chemin du champ dans le record.", required=True),
        text("rule", "Règle", "Identifiant de la règle.", required=True),
        text("original", "Valeur publiée", "Valeur publiée, en JSON."),
        text("value", "Valeur retenue", "Valeur retenue, en JSON."),
        text(
            "confiance",
            "Confiance",
            "Confiance de la règle ; une réparation moins que certaine ne remplit aucune colonne.",
            required=True,
            enum=("certaine", "probable", "possible"),
        ),
    ),
)

NORMALISED_RECORDS = Table(
    name="normalised_records",
    title="Contrats normalisés",
    description="Un contrat par ligne, en JSON, sous les noms réglementaires : valeurs propres, modifications en "
    "ordre. C'est ce que lisent la conversion OCDS et l'écriture réglementaire.",
    key=("uid",),
    columns=(
        UID,
        text(
            "kind", "Nature juridique", "Marché ou contrat de concession.", required=True, enum=("marche", "concession")
        ),
        text("record", "Contrat", "Le contrat, en JSON.", required=True),
    ),
)

FINDINGS = Table(
    name="findings",
    title="Constats",
    description="Une règle et une ligne qui ne la respecte pas, par ligne, avec la valeur et le conseil.",
    key=("rule", "table", "record"),
    columns=(
        text("rule", "Règle", "Identifiant de la règle.", required=True),
        text("severity", "Gravité", "Gravité de la règle.", required=True),
        text("table", "Table", "Table concernée.", required=True),
        text("record", "Ligne", "Clé de la ligne : valeurs des colonnes de clé, séparées par « | ».", required=True),
        UID,
        text("column", "Colonne", "Colonne concernée."),
        text("value", "Valeur", "Valeur constatée."),
        text("expected", "Attendu", "Ce que la règle attend, en français.", required=True),
        text("advice", "Conseil", "Ce qu'il faut faire."),
        text("source", "Source", "Source responsable."),
        day(
            "date",
            "Date de notification",
            "Date de notification du marché, ou de signature de la concession ; pour un contrat que la liste a "
            "seule, celle de la liste.",
        ),
        text(
            "acheteur_id",
            "SIRET de l'acheteur",
            "SIRET de l'établissement acheteur : il dit quel service de la Ville a passé le contrat.",
        ),
        text(
            "service",
            "Service",
            "Direction ou service de la Ville, là où publishers.toml nomme l'établissement acheteur.",
        ),
    ),
)

PROVENANCE_TABLES = (DECP_RECORDS, LEDGER, QUARANTINE, FILES, NORMALISED_RECORDS, REPAIRS, OCIDS, VANISHED, FINDINGS)
