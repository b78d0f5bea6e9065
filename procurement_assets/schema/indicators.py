"""Tables of the indicators: Pelican's checks, aggregated indicators, what each means, points of attention."""

from procurement_assets.schema.column import Column, Table


def _text(name: str, title: str, description: str, *, required: bool = True, enum: tuple[str, ...] = ()) -> Column:
    return Column(name=name, type="string", required=required, title=title, description=description, enum=enum)


def _number(name: str, title: str, description: str, unit: str = "", *, required: bool = False) -> Column:
    return Column(name=name, type="number", required=required, title=title, description=description, unit=unit)


def _count(name: str, title: str, description: str, *, required: bool = True) -> Column:
    return Column(name=name, type="integer", required=required, title=title, description=description)


_INDICATOR = _text("indicateur", "Indicateur", "Identifiant de l'indicateur.")
_TITLE = _text("titre", "Titre", "Titre en français.")
_CHECK = _text("controle", "Contrôle", "Nom du contrôle chez Pelican.")
_LEVEL = _text(
    "niveau",
    "Niveau",
    "Ce que le contrôle regarde : un champ, un processus, le jeu entier, deux instantanés.",
    enum=("champ", "processus", "jeu", "temps"),
)

OCDS_QUALITY = Table(
    name="ocds_quality",
    title="Qualité du standard",
    description="Un contrôle de Pelican (et un champ, au niveau du champ) par ligne : à quoi il s'applique, ce qui "
    "passe, ce qui échoue, des exemples.",
    key=("niveau", "controle", "champ"),
    columns=(
        _LEVEL,
        _CHECK,
        Column(
            name="champ",
            type="string",
            required=True,
            title="Champ",
            description="Champ OCDS, au niveau du champ ; vide ailleurs.",
        ),
        _TITLE,
        _text("explication", "Explication", "Ce que le contrôle demande, et ce que dit un échec."),
        _text(
            "resultat",
            "Résultat",
            "respecté, échec, sans objet (rien à regarder), attendu (échec qui tient à ce qu'est DECP).",
            enum=("respecté", "échec", "attendu", "sans objet"),
        ),
        _count("total", "Total", "Processus examinés ; au niveau du champ, emplacements possibles."),
        _count("juges", "Jugés", "Processus (ou valeurs) auxquels le contrôle s'applique."),
        _count("respectes", "Respectés", "Parmi les jugés."),
        _count("en_echec", "En échec", "Parmi les jugés."),
        _number("couverture", "Couverture", "Part des examinés auxquels le contrôle s'applique.", "fraction"),
        _number("taux", "Taux de respect", "Part des jugés qui respectent le contrôle.", "fraction"),
        _text("raison", "Raison", "Pourquoi le contrôle est sans objet, dans les mots de Pelican.", required=False),
        Column(
            name="exemples",
            type="list",
            required=True,
            title="Exemples",
            description="Identifiants OCDS en échec, les premiers.",
        ),
    ),
)

OCDS_QUALITY_FAILURES = Table(
    name="ocds_quality_failures",
    title="Échecs des contrôles du standard",
    description="Un contrôle, un processus en échec et le détail, par ligne : pour corriger.",
    key=("niveau", "controle", "champ", "ocid", "detail"),
    columns=(
        _LEVEL,
        _CHECK,
        Column(
            name="champ",
            type="string",
            required=True,
            title="Champ",
            description="Champ OCDS, au niveau du champ ; vide ailleurs.",
        ),
        Column(
            name="ocid",
            type="string",
            required=True,
            title="Identifiant OCDS",
            description="Processus en échec.",
            ocds="ocid",
        ),
        _text("detail", "Détail", "Ce qui échoue : chemins et valeurs."),
    ),
)

OCDS_COVERAGE = Table(
    name="ocds_coverage",
    title="Couverture des champs OCDS",
    description="Un champ OCDS rempli par ligne : combien de fois, dans quelle part des processus.",
    key=("chemin",),
    columns=(
        _text("chemin", "Chemin", "Chemin du champ, à la manière de Cardinal : [] pour un élément, / pour un objet."),
        _count("valeurs", "Valeurs", "Nombre de valeurs non vides."),
        _count("processus", "Processus", "Nombre de processus."),
        _number("par_processus", "Valeurs par processus", "Valeurs divisées par le nombre de processus."),
    ),
)

INDICATORS = Table(
    name="indicators",
    title="Indicateurs",
    description="Un indicateur, un groupe (acheteur, division CPV, seuil) et une année par ligne. Jamais un marché.",
    key=("indicateur", "niveau", "groupe", "annee"),
    columns=(
        _INDICATOR,
        _TITLE,
        _text(
            "niveau",
            "Niveau",
            "Ce que réunit la ligne.",
            enum=("ensemble", "acheteur", "division", "acheteur_division", "seuil"),
        ),
        _text("groupe", "Groupe", "Acheteur, division ou seuil ; « * » pour l'ensemble, « | » entre deux clés."),
        _text("groupe_libelle", "Libellé du groupe", "Nom du groupe en français."),
        _text("acheteur", "SIRET de l'acheteur", "Quand la ligne est celle d'un acheteur.", required=False),
        _text("division", "Division CPV", "Deux chiffres, quand la ligne est celle d'une division.", required=False),
        Column(
            name="annee",
            type="integer",
            required=True,
            title="Année",
            description="Année de notification ; 0 pour toutes les années.",
        ),
        _number("valeur", "Valeur", "Vide quand l'effectif est sous le minimum."),
        _text("unite", "Unité", "part (de 0 à 1), offres, indice (de 0 à 1), jours."),
        _number("numerateur", "Numérateur", "Ce que compte la formule ; vide sous le minimum."),
        _number("denominateur", "Dénominateur", "Ce que divise la formule."),
        _count("effectif", "Effectif", "Nombre de cas, comparé au minimum."),
        _count("minimum", "Effectif minimum", "En dessous, la valeur n'est pas donnée."),
        _number("bas", "Borne basse", "De l'intervalle de Wilson à 95 % (parts), ou premier quartile (médianes)."),
        _number("haut", "Borne haute", "De l'intervalle de Wilson à 95 % (parts), ou troisième quartile (médianes)."),
        _text("intervalle", "Intervalle", "wilson95, quartiles, ou vide.", required=False),
        _text("precaution", "Précaution", "Identifiant de la précaution de lecture."),
    ),
)

INDICATORS_REGISTRY = Table(
    name="indicators_registry",
    title="Registre des indicateurs",
    description="Chaque contrôle et indicateur connu : ce qu'il est, ce qu'il demande, s'il est calculable sur ces "
    "données et sinon le champ qui manque.",
    key=("origine", "indicateur"),
    columns=(
        _text(
            "origine",
            "Origine",
            "Qui définit l'indicateur.",
            enum=("Pelican", "Cardinal", "OCP", "Ville de Paris"),
        ),
        _INDICATOR,
        _TITLE,
        _text("niveau", "Niveau", "champ, processus, jeu, temps ; agrégé ; ou processus et titulaires (Cardinal)."),
        _text("definition", "Définition", "Ce que mesure l'indicateur.", required=False),
        _text("formule", "Formule", "Comment il est calculé.", required=False),
        Column(
            name="champs", type="list", required=True, title="Champs", description="Champs OCDS ou DECP nécessaires."
        ),
        _text("denominateur", "Dénominateur", "Sur quoi il est calculé.", required=False),
        _count("minimum", "Effectif minimum", "En dessous, la valeur n'est pas donnée.", required=False),
        Column(name="calculable", type="boolean", required=True, title="Calculable", description="Sur ces données."),
        Column(
            name="champs_manquants",
            type="list",
            required=True,
            title="Champs manquants",
            description="Champs qui manquent à ces données.",
        ),
        _text("raison", "Raison", "Pourquoi il n'est pas calculé ou pas retenu.", required=False),
        _text("remplace_par", "Remplacé par", "Indicateur agrégé de la Ville qui en tient lieu.", required=False),
        _text("precaution", "Précaution", "Comment le lire, et ce qu'il ne dit pas.", required=False),
    ),
)

ATTENTION_POINTS = Table(
    name="attention_points",
    title="Points d'attention",
    description="Réservé au groupe de travail, jamais publié. Un marché ou un titulaire à regarder d'abord, avec ce "
    "qu'il faut vérifier : la plupart ont une explication ordinaire, beaucoup sont des erreurs de saisie.",
    key=("point", "identifiant"),
    columns=(
        _text("point", "Point d'attention", "Identifiant du point."),
        _TITLE,
        _text("objet", "Objet", "Ce que désigne l'identifiant.", enum=("marché", "titulaire")),
        _text("identifiant", "Identifiant", "Identifiant unique du marché, ou identifiant OCDS du titulaire."),
        _text("acheteur", "SIRET de l'acheteur", "Acheteur du marché.", required=False),
        _count("annee", "Année", "Année de notification du marché.", required=False),
        _number("valeur", "Valeur", "Valeur constatée."),
        _number("limite", "Limite", "Valeur à partir de laquelle on regarde."),
        _text("a_verifier", "À vérifier", "Ce qu'il faut vérifier."),
        _text("precaution", "Précaution", "Comment le lire, et ce qu'il ne dit pas."),
    ),
)

INDICATOR_TABLES = (
    OCDS_QUALITY,
    OCDS_QUALITY_FAILURES,
    OCDS_COVERAGE,
    INDICATORS,
    INDICATORS_REGISTRY,
    ATTENTION_POINTS,
)
