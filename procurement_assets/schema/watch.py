"""The tables that watch the feeds and keep the trend of the rules."""

from procurement_assets.schema.column import Column, Table
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
SEVERITY = Column(
    name="severity",
    type="string",
    required=True,
    enum=("critical", "warning", "info"),
    title="Gravité",
    description="critical : à traiter le jour même ; warning : à regarder ; info : à savoir.",
)


def _text(name: str, title: str, description: str, *, required: bool = True, enum: tuple[str, ...] = ()) -> Column:
    return Column(name=name, type="string", title=title, description=description, required=required, enum=enum)


def _count(name: str, title: str, description: str, unit: str = "contrats") -> Column:
    return Column(name=name, type="integer", required=True, title=title, description=description, unit=unit)


def _number(name: str, title: str, description: str, unit: str = "") -> Column:
    return Column(name=name, type="number", title=title, description=description, unit=unit)


def _flag(name: str, title: str, description: str) -> Column:
    return Column(name=name, type="boolean", required=True, title=title, description=description)


FEED_MONTHS = Table(
    name="feed_months",
    title="Flux par mois",
    description="Une source et un mois par ligne, sans trou, par date de notification et par date de publication : "
    "volume, retard de publication, délai légal, montants, et ce que le passé de la source rend habituel.",
    key=("source", "base", "mois"),
    columns=(
        SOURCE,
        _text("base", "Base", "Date qui range le contrat dans le mois.", enum=("notification", "publication")),
        _text("mois", "Mois", "AAAA-MM."),
        _flag("juge", "Mois clos", "Le mois est fini (et, par notification, les deux mois légaux passés)."),
        _count("contrats", "Contrats", "Contrats de la source dans le mois."),
        _number("attendu_bas", "Attendu, au moins", "Borne basse habituelle, d'après son passé.", "contrats"),
        _number("attendu_haut", "Attendu, au plus", "Borne haute habituelle, d'après son passé.", "contrats"),
        _number("retard_median", "Retard médian", "Jours de la notification à la publication.", "jours"),
        _number("retard_p90", "Retard, neuf sur dix", "Neuf contrats sur dix sont publiés plus tôt.", "jours"),
        _count("delai_connus", "Délais connus", "Contrats dont les deux dates sont connues."),
        _count("hors_delai", "Hors délai", "Publiés plus de deux mois après la notification."),
        _number("part_hors_delai", "Part hors délai", "Parmi les délais connus.", "fraction"),
        _count("montants", "Montants", "Montants utilisables et positifs."),
        _number("montant_ln_median", "Montant médian (ln)", "Logarithme naturel du montant médian."),
        _number("montant_ln_ecart", "Dispersion des montants (ln)", "Écart absolu médian × 1,4826 des logarithmes."),
    ),
)

FEED_WATCH = Table(
    name="feed_watch",
    title="Alertes sur les flux",
    description="Une alerte par ligne : ce qui est constaté sur une source, ce qui était attendu, ce qu'il faut faire.",
    key=("source", "signal", "mois", "detail"),
    columns=(
        SOURCE,
        _text("signal", "Signal", "Ce qui est surveillé.", enum=SIGNALS),
        _text("mois", "Mois", "Mois concerné (AAAA-MM) ; vide si l'alerte ne porte pas sur un mois."),
        _text("detail", "Précision", "Fichier, champ ou libellé concerné ; vide sinon."),
        _number("observe", "Constaté", "Valeur constatée, dans l'unité du message."),
        _number("attendu_bas", "Attendu, au moins", "Borne basse, ou valeur d'avant."),
        _number("attendu_haut", "Attendu, au plus", "Borne haute, ou valeur d'avant."),
        SEVERITY,
        _flag("actuel", "Actuelle", "L'alerte porte sur l'état ou les derniers mois ; les autres sont de l'histoire."),
        _text("message", "Message", "L'alerte en une phrase."),
        _text("advice", "Conseil", "Ce qu'il faut faire."),
    ),
)

RULE = _text("rule", "Règle", "Identifiant de la règle.")

QUALITY_TREND = Table(
    name="quality_trend",
    title="Évolution par règle",
    description="Une règle et une exécution par ligne : les figures de chaque jour de données, jamais recalculées.",
    key=("rule", "rang"),
    columns=(
        RULE,
        _count("rang", "Rang", "Rang de l'exécution dans l'histoire, à partir de 1.", ""),
        Column(name="data_date", type="date", title="Date des données", description="Jour des données de l'exécution."),
        _text("run", "Exécution", "Nom de l'exécution dans l'histoire."),
        SEVERITY,
        _text("status", "État", "ok, warning, blocking ou error."),
        _count("evaluated", "Lignes jugées", "Lignes que la règle a jugées.", "lignes"),
        _count("failing", "Lignes en défaut", "Lignes en défaut.", "lignes"),
        _number("share", "Part en défaut", "Lignes en défaut parmi les lignes jugées.", "fraction"),
        _flag("changed", "Règle modifiée", "La règle n'est pas écrite comme à l'exécution précédente."),
    ),
)

FINDINGS_CHANGES = Table(
    name="findings_changes",
    title="Constats nouveaux et corrigés",
    description="Un constat apparu ou levé depuis l'exécution précédente par ligne.",
    key=("rule", "table", "record"),
    columns=(
        RULE,
        _text("table", "Table", "Table concernée."),
        _text("record", "Ligne", "Clé de la ligne, comme dans findings."),
        UID,
        _text(
            "change",
            "Changement",
            "nouveau : le défaut est apparu ; corrigé : la ligne est là et ne l'a plus ; disparu : la ligne n'est plus "
            "là ; règle nouvelle, règle modifiée, règle retirée : la règle a changé, pas les données.",
            enum=("nouveau", "corrigé", "disparu", "règle nouvelle", "règle modifiée", "règle retirée"),
        ),
        Column(name="data_date", type="date", title="Date des données", description="Jour des données de l'exécution."),
        Column(name="since", type="date", title="Depuis", description="Jour des données de l'exécution précédente."),
    ),
)

QUALITY_MONTHS = Table(
    name="quality_months",
    title="Constats par mois de notification",
    description="Une règle et un mois de notification par ligne, sur les douze derniers mois des données : la part des "
    "contrats de ce mois qui ont un constat.",
    key=("rule", "mois"),
    columns=(
        RULE,
        _text("mois", "Mois", "Mois de notification ou de signature (AAAA-MM)."),
        _count("contrats", "Contrats", "Contrats du mois."),
        _count("en_defaut", "En défaut", "Contrats du mois qui ont au moins un constat de cette règle."),
        _number("part", "Part en défaut", "Parmi les contrats du mois.", "fraction"),
    ),
)

WATCH_TABLES = (FEED_MONTHS, FEED_WATCH, QUALITY_TREND, FINDINGS_CHANGES, QUALITY_MONTHS)
