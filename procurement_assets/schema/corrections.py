"""The tables of the working group's corrections: lines received, what became of each, and suggestions to accept."""

from procurement_assets.schema.column import Column, Table
from procurement_assets.schema.common import CONFIDENCES, key_uid
from procurement_assets.schema.provenance import SOURCE, UID

STATUSES = ("appliquée", "refusée", "sans objet", "contredite", "remplacée")
"""appliquée: the tables have the corrected value. refusée: cannot be applied, with the reason. sans objet: the source
already says so. contredite: the source has since published another value, which is kept. remplacée: another
correction of the same field, dated later, is applied in its place."""


def _text(name: str, title: str, description: str, *, required: bool = False) -> Column:
    return Column(name=name, type="string", title=title, description=description, required=required)


_PLACE = (
    _text("fichier", "Fichier", "Nom du fichier reçu, dans le dossier des corrections.", required=True),
    _text("feuille", "Feuille", "Feuille du classeur ; vide pour un fichier CSV.", required=True),
    Column(
        name="ligne",
        type="integer",
        required=True,
        title="Ligne",
        description="Numéro de la ligne dans le fichier, l'en-tête comptée ; 0 pour le fichier entier.",
    ),
    _text("file_sha256", "Empreinte du fichier", "SHA-256 du fichier reçu.", required=True),
)
_SAID = (
    UID,
    _text("champ", "Champ", "Chemin du champ dans le contrat normalisé (montant, titulaires[0].id…)."),
    _text("valeur_publiee", "Valeur publiée", "Valeur que la ligne corrige, telle qu'écrite dans le fichier."),
    _text("valeur_corrigee", "Valeur corrigée", "Valeur proposée, telle qu'écrite dans le fichier."),
    _text("auteur", "Auteur", "Qui corrige."),
    _text("date", "Date", "Date de la correction (AAAA-MM-JJ)."),
    _text("motif", "Motif", "Pourquoi."),
)

CORRECTIONS_RECUES = Table(
    name="corrections_recues",
    title="Lignes de correction reçues",
    description="Une ligne remplie d'un fichier de correction reçu, telle que lue ; celles qu'on ne peut pas lire ont "
    "leur motif de refus.",
    key=("fichier", "feuille", "ligne"),
    columns=(*_PLACE, *_SAID, _text("refus", "Refus", "Pourquoi la ligne ne peut pas être lue ; vide sinon.")),
)

CORRECTIONS = Table(
    name="corrections",
    title="Corrections",
    description="Une correction reçue du groupe de travail par ligne, et ce qu'elle est devenue.",
    key=("fichier", "feuille", "ligne"),
    columns=(
        *_PLACE,
        _text("correction", "Correction", "Empreinte de la correction : règle correction.… de la table repairs."),
        Column(
            name="statut",
            type="string",
            required=True,
            enum=STATUSES,
            title="Statut",
            description="Appliquée, refusée, sans objet (la source dit déjà cela), contredite (la source a publié "
            "depuis une autre valeur, gardée) ou remplacée (par une correction plus récente).",
        ),
        _text("raison", "Raison", "Pourquoi ce statut ; vide si la correction est appliquée."),
        *_SAID,
        _text("valeur_source", "Valeur de la source", "Valeur que la source publie aujourd'hui."),
    ),
)

SUGGESTIONS = Table(
    name="suggestions",
    title="Suggestions",
    description="Une valeur que la machine croit fausse, avec ce qu'elle propose : jamais appliquée, à accepter par un "
    "fichier de correction.",
    key=("uid", "champ", "rule"),
    columns=(
        key_uid(),
        SOURCE,
        _text("champ", "Champ", "Chemin du champ dans le contrat normalisé.", required=True),
        _text("publie", "Valeur publiée", "Valeur publiée."),
        _text("propose", "Valeur proposée", "Valeur proposée."),
        _text("rule", "Règle", "Identifiant de la règle qui propose.", required=True),
        Column(
            name="confiance",
            type="string",
            required=True,
            enum=CONFIDENCES,
            title="Confiance",
            description="Confiance de la règle.",
        ),
        _text("raison", "Raison", "Pourquoi, en une phrase.", required=True),
    ),
)

CORRECTION_TABLES = (CORRECTIONS_RECUES, CORRECTIONS, SUGGESTIONS)
