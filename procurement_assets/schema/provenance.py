"""Tables that say where each record came from and what became of it: records, ledger, quarantine, repairs, files."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.publication import OCIDS, VANISHED

OUTCOMES = ("kept", "merged", "superseded", "out_of_scope", "quarantined")
"""kept: is a contract of the tables. merged: repeats another record. superseded: an older state of another record.
out_of_scope: the buyer is not the publisher's. quarantined: could not be read."""

SOURCE = Column(
    name="source",
    type="string",
    required=True,
    title="Source",
    description="Identifiant de la source dans publishers.toml.",
)
FILE = Column(
    name="file_sha256",
    type="string",
    required=True,
    title="Empreinte du fichier",
    description="SHA-256 du fichier brut ; vide si la source n'a jamais livré de fichier exploitable.",
)
POSITION = Column(
    name="position",
    type="integer",
    required=True,
    title="Position",
    description="Rang de l'enregistrement dans le fichier, à partir de 0 ; -1 pour le fichier entier.",
)
UID = Column(
    name="uid",
    type="string",
    title="Identifiant unique",
    description="SIRET de l'acheteur suivi de l'identifiant du contrat, rendu unique (docs/decisions.md, identité).",
)

DECP_RECORDS = Table(
    name="decp_records",
    title="Enregistrements DECP lus",
    description="Un enregistrement de fichier brut par ligne, tel que lu, avec sa provenance.",
    key=("source", "file_sha256", "position"),
    columns=(
        SOURCE,
        FILE,
        Column(
            name="fichier",
            type="string",
            required=True,
            title="Fichier",
            description="Titre de la ressource dans la source.",
        ),
        Column(
            name="fichier_date",
            type="string",
            required=True,
            title="Date du fichier",
            description="Date de dernière modification publiée par la source (ISO 8601) ; vide si inconnue.",
        ),
        POSITION,
        Column(
            name="kind",
            type="string",
            required=True,
            enum=("marche", "concession"),
            title="Nature juridique",
            description="Marché ou contrat de concession.",
        ),
        Column(
            name="format",
            type="string",
            required=True,
            enum=("2019", "2022"),
            title="Format",
            description="Famille réglementaire : 2019 (schéma 1.x) ou 2022 (schéma 2.0.x).",
        ),
        Column(
            name="layout",
            type="string",
            required=True,
            title="Disposition",
            description="Façon dont le fichier écrit l'enregistrement (research/decp.md §1.4).",
        ),
        Column(
            name="decode",
            type="string",
            required=True,
            enum=("strict", "tolerant"),
            title="Lecture",
            description="Lecture stricte, ou tolérante après une réparation de forme.",
        ),
        Column(
            name="record",
            type="string",
            required=True,
            title="Enregistrement",
            description="L'enregistrement tel que lu, en JSON, sous les noms réglementaires.",
        ),
        Column(
            name="content_sha256",
            type="string",
            required=True,
            title="Empreinte du contenu",
            description="SHA-256 de l'enregistrement lu, hors champs propres à la plateforme.",
        ),
        Column(
            name="notes",
            type="list",
            required=True,
            title="Notes de lecture",
            description="Règles de lecture appliquées (règle, chemin).",
        ),
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
        Column(
            name="fichier",
            type="string",
            required=True,
            title="Fichier",
            description="Titre de la ressource dans la source.",
        ),
        POSITION,
        UID,
        Column(
            name="outcome",
            type="string",
            required=True,
            enum=OUTCOMES,
            title="Sort",
            description="Gardé, fusionné, remplacé, hors périmètre ou mis en quarantaine.",
        ),
        Column(
            name="reason",
            type="string",
            required=True,
            title="Raison",
            description="Identifiant stable de la raison (docs/decisions.md).",
        ),
        Column(name="detail", type="string", title="Précision", description="Ce que la raison a constaté."),
        Column(
            name="kept_file_sha256",
            type="string",
            title="Fichier de l'enregistrement gardé",
            description="Pour un enregistrement fusionné ou remplacé : fichier de celui qui l'emporte.",
        ),
        Column(
            name="kept_position",
            type="integer",
            title="Position de l'enregistrement gardé",
            description="Pour un enregistrement fusionné ou remplacé : position de celui qui l'emporte.",
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
        Column(
            name="fichier",
            type="string",
            required=True,
            title="Fichier",
            description="Titre de la ressource dans la source.",
        ),
        POSITION,
        Column(name="reason", type="string", required=True, title="Raison", description="Identifiant de la raison."),
        Column(name="detail", type="string", title="Précision", description="Ce que la raison a constaté."),
        Column(name="raw", type="binary", required=True, title="Octets", description="Les octets tels que reçus."),
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
        Column(
            name="fichier",
            type="string",
            required=True,
            title="Fichier",
            description="Titre de la ressource dans la source.",
        ),
        Column(name="fichier_date", type="string", required=True, title="Date", description="Date publiée."),
        Column(
            name="fichier_creation",
            type="string",
            required=True,
            title="Date de création",
            description="Date de création publiée par la source ; vide si inconnue.",
        ),
        Column(name="url", type="string", required=True, title="Adresse", description="Adresse publique."),
        Column(
            name="bytes", type="integer", required=True, title="Taille", description="Taille du fichier.", unit="octets"
        ),
        Column(name="encoding", type="string", required=True, title="Encodage", description="Encodage reconnu."),
        Column(
            name="container", type="string", required=True, title="Contenant", description="json, ndjson, xml, none."
        ),
        Column(name="layouts", type="list", required=True, title="Dispositions", description="Dispositions reconnues."),
        Column(
            name="found",
            type="integer",
            required=True,
            title="Enregistrements délimités",
            description="Enregistrements délimités dans le fichier, lisibles ou non.",
        ),
        Column(name="notes", type="list", required=True, title="Notes", description="Règles de lecture appliquées."),
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
        Column(name="path", type="string", required=True, title="Champ", description="Chemin du champ dans le record."),
        Column(name="rule", type="string", required=True, title="Règle", description="Identifiant de la règle."),
        Column(name="original", type="string", title="Valeur publiée", description="Valeur publiée, en JSON."),
        Column(name="value", type="string", title="Valeur retenue", description="Valeur retenue, en JSON."),
        Column(
            name="confiance",
            type="string",
            required=True,
            enum=("certaine", "probable", "possible"),
            title="Confiance",
            description="Confiance de la règle ; une réparation moins que certaine ne remplit aucune colonne.",
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
        Column(
            name="kind",
            type="string",
            required=True,
            enum=("marche", "concession"),
            title="Nature juridique",
            description="Marché ou contrat de concession.",
        ),
        Column(name="record", type="string", required=True, title="Contrat", description="Le contrat, en JSON."),
    ),
)

FINDINGS = Table(
    name="findings",
    title="Constats",
    description="Une règle et une ligne qui ne la respecte pas, par ligne, avec la valeur et le conseil.",
    key=("rule", "table", "record"),
    columns=(
        Column(name="rule", type="string", required=True, title="Règle", description="Identifiant de la règle."),
        Column(name="severity", type="string", required=True, title="Gravité", description="Gravité de la règle."),
        Column(name="table", type="string", required=True, title="Table", description="Table concernée."),
        Column(
            name="record",
            type="string",
            required=True,
            title="Ligne",
            description="Clé de la ligne : valeurs des colonnes de clé, séparées par « | ».",
        ),
        UID,
        Column(name="column", type="string", title="Colonne", description="Colonne concernée."),
        Column(name="value", type="string", title="Valeur", description="Valeur constatée."),
        Column(
            name="expected",
            type="string",
            required=True,
            title="Attendu",
            description="Ce que la règle attend, en français.",
        ),
        Column(name="advice", type="string", title="Conseil", description="Ce qu'il faut faire."),
        Column(name="source", type="string", title="Source", description="Source responsable."),
        Column(
            name="date",
            type="date",
            title="Date de notification",
            description="Date de notification du marché, ou de signature de la concession.",
        ),
        Column(
            name="acheteur_id",
            type="string",
            title="SIRET de l'acheteur",
            description="SIRET de l'établissement acheteur : il dit quel service de la Ville a passé le contrat.",
        ),
        Column(
            name="service",
            type="string",
            title="Service",
            description="Direction ou service de la Ville, là où publishers.toml nomme l'établissement acheteur.",
        ),
    ),
)

PROVENANCE_TABLES = (DECP_RECORDS, LEDGER, QUARANTINE, FILES, NORMALISED_RECORDS, REPAIRS, OCIDS, VANISHED, FINDINGS)
