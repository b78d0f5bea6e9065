"""The tables that watch the feeds and keep the trend of the rules."""

from procurement_assets.schema.column import Table, count, day, flag, number, text
from procurement_assets.schema.provenance import SOURCE, UID

SIGNALS = (
    "volume_notification",
    "volume_publication",
    "retard",
    "delai_legal",
    "montant",
    "silence",
    "depublication",
    "format",
    "schema",
    "code_nouveau",
)
SEVERITY = text(
    "severity",
    "Gravité",
    "critical : à traiter le jour même ; warning : à regarder ; info : à savoir.",
    required=True,
    enum=("critical", "warning", "info"),
)


FEED_MONTHS = Table(
    name="feed_months",
    title="Flux par mois",
    description="Une source et un mois par ligne, sans trou, par date de notification et par date de publication : "
    "volume, retard de publication, délai légal, montants, et ce que le passé de la source rend habituel.",
    key=("source", "base", "mois"),
    columns=(
        SOURCE,
        text(
            "base",
            "Base",
            "Date qui range le contrat dans le mois.",
            required=True,
            enum=("notification", "publication"),
        ),
        text("mois", "Mois", "AAAA-MM.", required=True),
        flag(
            "juge", "Mois clos", "Le mois est fini (et, par notification, les deux mois légaux passés).", required=True
        ),
        count("contrats", "Contrats", "Contrats de la source dans le mois.", unit="contrats"),
        number("attendu_bas", "Attendu, au moins", "Borne basse habituelle, d'après son passé.", unit="contrats"),
        number("attendu_haut", "Attendu, au plus", "Borne haute habituelle, d'après son passé.", unit="contrats"),
        number("retard_median", "Retard médian", "Jours de la notification à la publication.", unit="jours"),
        number("retard_p90", "Retard, neuf sur dix", "Neuf contrats sur dix sont publiés plus tôt.", unit="jours"),
        count("delai_connus", "Délais connus", "Contrats dont les deux dates sont connues.", unit="contrats"),
        count("hors_delai", "Hors délai", "Publiés plus de deux mois après la notification.", unit="contrats"),
        number("part_hors_delai", "Part hors délai", "Parmi les délais connus.", unit="fraction"),
        count("montants", "Montants", "Montants utilisables et positifs.", unit="contrats"),
        number("montant_ln_median", "Montant médian (ln)", "Logarithme naturel du montant médian."),
        number("montant_ln_ecart", "Dispersion des montants (ln)", "Écart absolu médian × 1,4826 des logarithmes."),
    ),
)

FEED_WATCH = Table(
    name="feed_watch",
    title="Alertes sur les flux",
    description="Une alerte par ligne : ce qui est constaté sur une source, ce qui était attendu, ce qu'il faut faire.",
    key=("source", "signal", "mois", "detail"),
    columns=(
        SOURCE,
        text("signal", "Signal", "Ce qui est surveillé.", required=True, enum=SIGNALS),
        text("mois", "Mois", "Mois concerné (AAAA-MM) ; vide si l'alerte ne porte pas sur un mois.", required=True),
        text("detail", "Précision", "Fichier, champ ou libellé concerné ; vide sinon.", required=True),
        number("observe", "Constaté", "Valeur constatée, dans l'unité du message."),
        number("attendu_bas", "Attendu, au moins", "Borne basse, ou valeur d'avant."),
        number("attendu_haut", "Attendu, au plus", "Borne haute, ou valeur d'avant."),
        SEVERITY,
        flag(
            "actuel",
            "Actuelle",
            "L'alerte porte sur l'état ou les derniers mois ; les autres sont de l'histoire.",
            required=True,
        ),
        text("message", "Message", "L'alerte en une phrase.", required=True),
        text("advice", "Conseil", "Ce qu'il faut faire.", required=True),
    ),
)

RULE = text("rule", "Règle", "Identifiant de la règle.", required=True)

QUALITY_TREND = Table(
    name="quality_trend",
    title="Évolution par règle",
    description="Une règle et une exécution par ligne : les figures de chaque jour de données, jamais recalculées.",
    key=("rule", "rang"),
    columns=(
        RULE,
        count("rang", "Rang", "Rang de l'exécution dans l'histoire, à partir de 1."),
        day("data_date", "Date des données", "Jour des données de l'exécution."),
        text("run", "Exécution", "Nom de l'exécution dans l'histoire.", required=True),
        SEVERITY,
        text("status", "État", "ok, warning, blocking ou error.", required=True),
        count("evaluated", "Lignes jugées", "Lignes que la règle a jugées.", unit="lignes"),
        count("failing", "Lignes en défaut", "Lignes en défaut.", unit="lignes"),
        number("share", "Part en défaut", "Lignes en défaut parmi les lignes jugées.", unit="fraction"),
        flag("changed", "Règle modifiée", "La règle n'est pas écrite comme à l'exécution précédente.", required=True),
    ),
)

FINDINGS_CHANGES = Table(
    name="findings_changes",
    title="Constats nouveaux et corrigés",
    description="Un constat apparu ou levé depuis l'exécution précédente par ligne.",
    key=("rule", "table", "record"),
    columns=(
        RULE,
        text("table", "Table", "Table concernée.", required=True),
        text("record", "Ligne", "Clé de la ligne, comme dans findings.", required=True),
        UID,
        text(
            "change",
            "Changement",
            "nouveau : le défaut est apparu ; corrigé : la ligne est là et ne l'a plus ; disparu : la ligne n'est plus "
            "là ; règle nouvelle, règle modifiée, règle retirée : la règle a changé, pas les données.",
            required=True,
            enum=("nouveau", "corrigé", "disparu", "règle nouvelle", "règle modifiée", "règle retirée"),
        ),
        day("data_date", "Date des données", "Jour des données de l'exécution."),
        day("since", "Depuis", "Jour des données de l'exécution précédente."),
    ),
)

QUALITY_MONTHS = Table(
    name="quality_months",
    title="Constats par mois de notification",
    description="Une règle et un mois de notification par ligne, sur les douze derniers mois des données : la part des "
    "contrats de ce mois qui ont un constat. Pour le rapprochement, ceux que la liste a seule comptent "
    "au mois de leur date.",
    key=("rule", "mois"),
    columns=(
        RULE,
        text("mois", "Mois", "Mois de notification ou de signature (AAAA-MM).", required=True),
        count("contrats", "Contrats", "Contrats du mois.", unit="contrats"),
        count(
            "en_defaut", "En défaut", "Contrats du mois qui ont au moins un constat de cette règle.", unit="contrats"
        ),
        number("part", "Part en défaut", "Parmi les contrats du mois.", unit="fraction"),
    ),
)

WATCH_TABLES = (FEED_MONTHS, FEED_WATCH, QUALITY_TREND, FINDINGS_CHANGES, QUALITY_MONTHS)
