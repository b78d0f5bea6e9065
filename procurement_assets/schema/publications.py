"""The calendar of publications: what was sent or refused, when, where, under which checks. A log: its dates are the
clock's."""

from procurement_assets.schema.column import Table, integer, text, texts

RESULTS = ("publié", "vérifié", "refusé", "restauré", "échec", "interrompu")

PUBLICATIONS = Table(
    name="publications",
    title="Calendrier des publications",
    description="Une exécution par ligne et par portail : publiée, vérifiée sans changement, refusée, reprise ou en "
    "échec, avec les contrôles du moment et les empreintes de ce qui est en ligne.",
    key=("cible", "numero"),
    columns=(
        text("cible", "Portail", "Où la publication va : opendatasoft, datagouv ou depot.", required=True),
        integer("numero", "Numéro", "Numéro de l'exécution sur ce portail, à partir de 1.", required=True),
        text("debut", "Début", "Début de l'exécution (UTC, ISO 8601).", required=True),
        text("fin", "Fin", "Dernier évènement de l'exécution (UTC, ISO 8601)."),
        text(
            "resultat",
            "Résultat",
            "« publié » : envoyé et relu. « vérifié » : rien à envoyer, relu. « refusé » : rien n'a été "
            "envoyé. « restauré » : la relecture ne concordait pas, la version d'avant est remise. « interrompu » : le "
            "processus s'est arrêté, l'exécution suivante a repris.",
            required=True,
            enum=RESULTS,
        ),
        text("date_donnees", "Date des données", "Date des données en ligne à la fin de l'exécution."),
        text(
            "manifeste",
            "Manifeste",
            "SHA-256 du manifeste en ligne à la fin de l'exécution : il contient l'empreinte de chaque fichier.",
        ),
        integer("lignes", "Contrats", "Marchés et concessions en ligne à la fin de l'exécution.", unit="contrats"),
        texts("fichiers_envoyes", "Fichiers envoyés", "Fichiers que cette exécution a envoyés.", required=True),
        integer(
            "octets_envoyes",
            "Octets envoyés",
            "Taille de ce que cette exécution a envoyé.",
            required=True,
            unit="octets",
        ),
        integer("appels", "Appels", "Étapes exécutées sur le portail.", required=True),
        integer("controles", "Contrôles", "Contrôles dont le dernier résultat était connu.", required=True),
        integer(
            "controles_en_echec",
            "Contrôles en échec",
            "Contrôles en échec, non bloquants s'il y a eu publication.",
            required=True,
        ),
        text("run", "Run Dagster", "Identifiant du run, pour ses journaux."),
        text("detail", "Détail", "Ce qui a été refusé, relu autrement ou remis."),
    ),
)
