"""The calendar of publications: what was sent or refused, when, where, under which checks. A log: its dates are the
clock's."""

from procurement_assets.schema.column import Column, Table

RESULTS = ("publié", "vérifié", "refusé", "restauré", "échec", "interrompu")

PUBLICATIONS = Table(
    name="publications",
    title="Calendrier des publications",
    description="Une exécution par ligne et par portail : publiée, vérifiée sans changement, refusée, reprise ou en "
    "échec, avec les contrôles du moment et les empreintes de ce qui est en ligne.",
    key=("cible", "numero"),
    columns=(
        Column(
            name="cible",
            type="string",
            required=True,
            title="Portail",
            description="Où la publication va : opendatasoft, datagouv ou depot.",
        ),
        Column(
            name="numero",
            type="integer",
            required=True,
            title="Numéro",
            description="Numéro de l'exécution sur ce portail, à partir de 1.",
        ),
        Column(
            name="debut",
            type="string",
            required=True,
            title="Début",
            description="Début de l'exécution (UTC, ISO 8601).",
        ),
        Column(
            name="fin",
            type="string",
            title="Fin",
            description="Dernier évènement de l'exécution (UTC, ISO 8601).",
        ),
        Column(
            name="resultat",
            type="string",
            required=True,
            enum=RESULTS,
            title="Résultat",
            description="« publié » : envoyé et relu. « vérifié » : rien à envoyer, relu. « refusé » : rien n'a été "
            "envoyé. « restauré » : la relecture ne concordait pas, la version d'avant est remise. « interrompu » : le "
            "processus s'est arrêté, l'exécution suivante a repris.",
        ),
        Column(
            name="date_donnees",
            type="string",
            title="Date des données",
            description="Date des données en ligne à la fin de l'exécution.",
        ),
        Column(
            name="manifeste",
            type="string",
            title="Manifeste",
            description="SHA-256 du manifeste en ligne à la fin de l'exécution : il contient l'empreinte de chaque "
            "fichier.",
        ),
        Column(
            name="lignes",
            type="integer",
            title="Contrats",
            description="Marchés et concessions en ligne à la fin de l'exécution.",
            unit="contrats",
        ),
        Column(
            name="fichiers_envoyes",
            type="list",
            required=True,
            title="Fichiers envoyés",
            description="Fichiers que cette exécution a envoyés.",
        ),
        Column(
            name="octets_envoyes",
            type="integer",
            required=True,
            title="Octets envoyés",
            description="Taille de ce que cette exécution a envoyé.",
            unit="octets",
        ),
        Column(
            name="appels",
            type="integer",
            required=True,
            title="Appels",
            description="Étapes exécutées sur le portail.",
        ),
        Column(
            name="controles",
            type="integer",
            required=True,
            title="Contrôles",
            description="Contrôles dont le dernier résultat était connu.",
        ),
        Column(
            name="controles_en_echec",
            type="integer",
            required=True,
            title="Contrôles en échec",
            description="Contrôles en échec, non bloquants s'il y a eu publication.",
        ),
        Column(
            name="run",
            type="string",
            title="Run Dagster",
            description="Identifiant du run, pour ses journaux.",
        ),
        Column(
            name="detail",
            type="string",
            title="Détail",
            description="Ce qui a été refusé, relu autrement ou remis.",
        ),
    ),
)
