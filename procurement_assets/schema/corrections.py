"""The tables of the working group's corrections: lines received, what became of each, and suggestions to accept."""

from procurement_assets.schema.column import Table, integer, text
from procurement_assets.schema.common import CONFIDENCES, key_uid
from procurement_assets.schema.provenance import SOURCE, UID

STATUSES = ("appliquée", "refusée", "sans objet", "contredite", "remplacée")
"""appliquée: the tables have the corrected value. refusée: cannot be applied, with the reason. sans objet: the source
already says so. contredite: the source has since published another value, which is kept. remplacée: another
correction of the same field, dated later, is applied in its place."""


_PLACE = (
    text("fichier", "Fichier", "Nom du fichier reçu, dans le dossier des corrections.", required=True),
    text("feuille", "Feuille", "Feuille du classeur ; vide pour un fichier CSV.", required=True),
    integer(
        "ligne",
        "Ligne",
        "Numéro de la ligne dans le fichier, l'en-tête comptée ; 0 pour le fichier entier.",
        required=True,
    ),
    text("file_sha256", "Empreinte du fichier", "SHA-256 du fichier reçu.", required=True),
)
_SAID = (
    UID,
    text("champ", "Champ", "Chemin du champ dans le contrat normalisé (montant, titulaires[0].id…)."),
    text("valeur_publiee", "Valeur publiée", "Valeur que la ligne corrige, telle qu'écrite dans le fichier."),
    text("valeur_corrigee", "Valeur corrigée", "Valeur proposée, telle qu'écrite dans le fichier."),
    text("auteur", "Auteur", "Qui corrige."),
    text("date", "Date", "Date de la correction (AAAA-MM-JJ)."),
    text("motif", "Motif", "Pourquoi."),
)

CORRECTIONS_RECUES = Table(
    name="corrections_recues",
    title="Lignes de correction reçues",
    description="Une ligne remplie d'un fichier de correction reçu, telle que lue ; celles qu'on ne peut pas lire ont "
    "leur motif de refus.",
    key=("fichier", "feuille", "ligne"),
    columns=(*_PLACE, *_SAID, text("refus", "Refus", "Pourquoi la ligne ne peut pas être lue ; vide sinon.")),
)

CORRECTIONS_TRAITEES = Table(
    name="corrections_traitees",
    title="Corrections traitées",
    description="Une correction reçue du groupe de travail par ligne, et ce qu'elle est devenue.",
    key=("fichier", "feuille", "ligne"),
    columns=(
        *_PLACE,
        text("correction", "Correction", "Empreinte de la correction : règle correction.… de la table repairs."),
        text(
            "statut",
            "Statut",
            "Appliquée, refusée, sans objet (la source dit déjà cela), contredite (la source a publié "
            "depuis une autre valeur, gardée) ou remplacée (par une correction plus récente).",
            required=True,
            enum=STATUSES,
        ),
        text("raison", "Raison", "Pourquoi ce statut ; vide si la correction est appliquée."),
        *_SAID,
        text("valeur_source", "Valeur de la source", "Valeur que la source publie aujourd'hui."),
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
        text("champ", "Champ", "Chemin du champ dans le contrat normalisé.", required=True),
        text("publie", "Valeur publiée", "Valeur publiée."),
        text("propose", "Valeur proposée", "Valeur proposée."),
        text("rule", "Règle", "Identifiant de la règle qui propose.", required=True),
        text("confiance", "Confiance", "Confiance de la règle.", required=True, enum=CONFIDENCES),
        text("raison", "Raison", "Pourquoi, en une phrase.", required=True),
    ),
)

CORRECTION_TABLES = (CORRECTIONS_RECUES, CORRECTIONS_TRAITEES, SUGGESTIONS)
