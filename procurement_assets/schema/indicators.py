"""Tables of the indicators: Pelican's checks, aggregated indicators, what each means, points of attention."""

from procurement_assets.schema.column import Table, flag, integer, number, text, texts

_INDICATOR = text("indicateur", "Indicateur", "Identifiant de l'indicateur.", required=True)
_TITLE = text("titre", "Titre", "Titre en français.", required=True)
_CHECK = text("controle", "Contrôle", "Nom du contrôle chez Pelican.", required=True)
_LEVEL = text(
    "niveau",
    "Niveau",
    "Ce que le contrôle regarde : un champ, un processus, le jeu entier, deux instantanés.",
    required=True,
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
        text("champ", "Champ", "Champ OCDS, au niveau du champ ; vide ailleurs.", required=True),
        _TITLE,
        text("explication", "Explication", "Ce que le contrôle demande, et ce que dit un échec.", required=True),
        text(
            "resultat",
            "Résultat",
            "respecté, échec, sans objet (rien à regarder), attendu (échec qui tient à ce qu'est DECP).",
            required=True,
            enum=("respecté", "échec", "attendu", "sans objet"),
        ),
        integer("total", "Total", "Processus examinés ; au niveau du champ, emplacements possibles.", required=True),
        integer("juges", "Jugés", "Processus (ou valeurs) auxquels le contrôle s'applique.", required=True),
        integer("respectes", "Respectés", "Parmi les jugés.", required=True),
        integer("en_echec", "En échec", "Parmi les jugés.", required=True),
        number("couverture", "Couverture", "Part des examinés auxquels le contrôle s'applique.", unit="fraction"),
        number("taux", "Taux de respect", "Part des jugés qui respectent le contrôle.", unit="fraction"),
        text("raison", "Raison", "Pourquoi le contrôle est sans objet, dans les mots de Pelican."),
        texts("exemples", "Exemples", "Identifiants OCDS en échec, les premiers.", required=True),
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
        text("champ", "Champ", "Champ OCDS, au niveau du champ ; vide ailleurs.", required=True),
        text("ocid", "Identifiant OCDS", "Processus en échec.", required=True, ocds="ocid"),
        text("detail", "Détail", "Ce qui échoue : chemins et valeurs.", required=True),
    ),
)

OCDS_COVERAGE = Table(
    name="ocds_coverage",
    title="Couverture des champs OCDS",
    description="Un champ OCDS rempli par ligne : combien de fois, dans quelle part des processus.",
    key=("chemin",),
    columns=(
        text(
            "chemin",
            "Chemin",
            "Chemin du champ, à la manière de Cardinal : [] pour un élément, / pour un objet.",
            required=True,
        ),
        integer("valeurs", "Valeurs", "Nombre de valeurs non vides.", required=True),
        integer("processus", "Processus", "Nombre de processus.", required=True),
        number("par_processus", "Valeurs par processus", "Valeurs divisées par le nombre de processus."),
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
        text(
            "niveau",
            "Niveau",
            "Ce que réunit la ligne.",
            required=True,
            enum=("ensemble", "acheteur", "division", "acheteur_division", "seuil"),
        ),
        text(
            "groupe",
            "Groupe",
            "Acheteur, division ou seuil ; « * » pour l'ensemble, « | » entre deux clés.",
            required=True,
        ),
        text("groupe_libelle", "Libellé du groupe", "Nom du groupe en français.", required=True),
        text("acheteur", "SIRET de l'acheteur", "Quand la ligne est celle d'un acheteur."),
        text("division", "Division CPV", "Deux chiffres, quand la ligne est celle d'une division."),
        integer("annee", "Année", "Année de notification ; 0 pour toutes les années.", required=True),
        number("valeur", "Valeur", "Vide quand l'effectif est sous le minimum."),
        text("unite", "Unité", "part (de 0 à 1), offres, indice (de 0 à 1), jours.", required=True),
        number("numerateur", "Numérateur", "Ce que compte la formule ; vide sous le minimum."),
        number("denominateur", "Dénominateur", "Ce que divise la formule."),
        integer("effectif", "Effectif", "Nombre de cas, comparé au minimum.", required=True),
        integer("minimum", "Effectif minimum", "En dessous, la valeur n'est pas donnée.", required=True),
        number("bas", "Borne basse", "De l'intervalle de Wilson à 95 % (parts), ou premier quartile (médianes)."),
        number("haut", "Borne haute", "De l'intervalle de Wilson à 95 % (parts), ou troisième quartile (médianes)."),
        text("intervalle", "Intervalle", "wilson95, quartiles, ou vide."),
        text("precaution", "Précaution", "Identifiant de la précaution de lecture.", required=True),
    ),
)

INDICATORS_REGISTRY = Table(
    name="indicators_registry",
    title="Registre des indicateurs",
    description="Chaque contrôle et indicateur connu : ce qu'il est, ce qu'il demande, s'il est calculable sur ces "
    "données et sinon le champ qui manque.",
    key=("origine", "indicateur"),
    columns=(
        text(
            "origine",
            "Origine",
            "Qui définit l'indicateur.",
            required=True,
            enum=("Pelican", "Cardinal", "OCP", "Ville de Paris"),
        ),
        _INDICATOR,
        _TITLE,
        text(
            "niveau",
            "Niveau",
            "champ, processus, jeu, temps ; agrégé ; ou processus et titulaires (Cardinal).",
            required=True,
        ),
        text("definition", "Définition", "Ce que mesure l'indicateur."),
        text("formule", "Formule", "Comment il est calculé."),
        texts("champs", "Champs", "Champs OCDS ou DECP nécessaires.", required=True),
        text("denominateur", "Dénominateur", "Sur quoi il est calculé."),
        integer("minimum", "Effectif minimum", "En dessous, la valeur n'est pas donnée."),
        flag("calculable", "Calculable", "Sur ces données.", required=True),
        texts("champs_manquants", "Champs manquants", "Champs qui manquent à ces données.", required=True),
        text("raison", "Raison", "Pourquoi il n'est pas calculé ou pas retenu."),
        text("remplace_par", "Remplacé par", "Indicateur agrégé de la Ville qui en tient lieu."),
        text("precaution", "Précaution", "Comment le lire, et ce qu'il ne dit pas."),
    ),
)

ATTENTION_POINTS = Table(
    name="attention_points",
    title="Points d'attention",
    description="Réservé au groupe de travail, jamais publié. Un marché ou un titulaire à regarder d'abord, avec ce "
    "qu'il faut vérifier : la plupart ont une explication ordinaire, beaucoup sont des erreurs de saisie.",
    key=("point", "identifiant"),
    columns=(
        text("point", "Point d'attention", "Identifiant du point.", required=True),
        _TITLE,
        text("objet", "Objet", "Ce que désigne l'identifiant.", required=True, enum=("marché", "titulaire")),
        text(
            "identifiant",
            "Identifiant",
            "Identifiant unique du marché, ou identifiant OCDS du titulaire.",
            required=True,
        ),
        text("acheteur", "SIRET de l'acheteur", "Acheteur du marché."),
        integer("annee", "Année", "Année de notification du marché."),
        number("valeur", "Valeur", "Valeur constatée."),
        number("limite", "Limite", "Valeur à partir de laquelle on regarde."),
        text("a_verifier", "À vérifier", "Ce qu'il faut vérifier.", required=True),
        text("precaution", "Précaution", "Comment le lire, et ce qu'il ne dit pas.", required=True),
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
