"""The tables of reconciliation: DECP beside the publisher's own lists, and the DECP sources beside each other."""

from procurement_assets.schema.column import Column, Table, count, day, flag, integer, number, text, texts
from procurement_assets.schema.provenance import UID

STATES = ("des deux côtés", "DECP seulement", "liste seulement")
FIELDS = ("montant", "date", "titulaire", "objet")


def _share(name: str, title: str, description: str) -> Column:
    return number(name, title, description, unit="fraction")


def _money(name: str, title: str, description: str, *, required: bool = False) -> Column:
    return number(name, title, description, required=required, unit="euros")  # fmt: skip


LISTE = text("liste", "Liste", "Source de la liste comparée (publishers.toml).", required=True)
CLE = text(
    "cle",
    "Clé",
    "Identifiant unique du contrat DECP, sinon numéro dans la liste, sinon ce que la liste en dit.",
    required=True,
)
ANNEE = integer("annee", "Année", "Année de notification selon la liste, sinon selon les DECP.")

RECONCILIATION = Table(
    name="reconciliation",
    title="Rapprochement avec les listes",
    description="Un contrat de l'un ou l'autre côté par ligne : où il se trouve, comment il a été apparié, ce qui ne "
    "concorde pas. Tous les marchés DECP figurent en face de chaque liste.",
    key=("liste", "cle"),
    columns=(
        LISTE,
        CLE,
        UID,
        text("numero_marche", "Numéro", "Numéro du marché dans la liste."),
        ANNEE,
        text("etat", "Présence", "Des deux côtés, DECP seulement ou liste seulement.", required=True, enum=STATES),
        flag("in_decp", "Dans les DECP", "Le contrat est dans les tables DECP.", required=True),
        flag("in_list", "Dans la liste", "Le contrat est dans la liste.", required=True),
        flag(
            "annee_couverte",
            "Année couverte",
            "L'autre côté couvre l'année du contrat : son absence y est une anomalie. Une année vide entre deux années "
            "couvertes est couverte.",
            required=True,
        ),
        text("regle", "Règle d'appariement", "Règle qui a apparié (docs/decisions.md) ; vide sans appariement."),
        number(
            "score", "Concordance", "Part pondérée de ce qui concorde parmi ce qui peut être comparé.", unit="fraction"
        ),
        count(
            "candidats",
            "Candidats",
            "Appariements possibles dont aucun n'a pu être choisi : cas ambigu.",
            unit="contrats",
        ),
        texts("sources", "Sources DECP", "Sources DECP où le contrat se trouve.", required=True),
        text("source", "Source à corriger", "Celle qui répond de l'absence ou de l'écart."),
        text("objet", "Objet (DECP)", "Objet publié dans les DECP."),
        text("objet_liste", "Objet (liste)", "Objet dans la liste."),
        texts("titulaires", "Titulaires (DECP)", "Identifiants des titulaires à l'attribution.", required=True),
        text("titulaire_liste", "Titulaire (liste)", "SIRET ou SIREN ; vide s'il y a plusieurs titulaires."),
        text("titulaire_liste_nom", "Nom du titulaire (liste)", "Nom dans la liste."),
        flag("plusieurs_liste", "Plusieurs titulaires (liste)", "La liste annonce plusieurs titulaires."),
        day("dateNotification", "Notification (DECP)", "Date de notification publiée."),
        day("date_liste", "Notification (liste)", "Date de notification dans la liste."),
        integer("jours_ecart", "Écart de date", "Date de la liste moins date DECP.", unit="jours"),
        _money("montant", "Montant (DECP)", "Montant initial publié."),
        text("montant_suspect", "Montant suspect", "Règle qui rend le montant DECP inutilisable."),
        _money("montant_min_liste", "Minimum (liste)", "Montant minimum dans la liste."),
        _money("montant_max_liste", "Maximum (liste)", "Montant maximum dans la liste."),
        number("montant_rapport", "Rapport des montants", "Montant DECP divisé par le maximum de la liste."),
        _money("montant_ecart", "Écart des montants", "Montant DECP moins maximum de la liste."),
        text(
            "montant_position",
            "Place du montant",
            "Place du montant DECP par rapport au minimum et au maximum de la liste ; provisoire : 10 euros ou moins.",
            enum=("maximum", "minimum", "entre les deux", "au-dessus", "au-dessous", "provisoire"),
        ),
        text(
            "montant_glissement",
            "Glissement",
            "Rapport de 10, 100, 1000 (à 1 % près) ou de TVA (1,2) entre les deux montants.",
        ),
        flag("montant_accord", "Montants égaux", "Le montant DECP est le maximum de la liste, au centime près."),
        flag("date_accord", "Dates égales", "Les deux dates de notification sont égales."),
        flag("titulaire_accord", "Titulaire présent", "Le titulaire de la liste est parmi ceux des DECP (SIRET)."),
        flag("entreprise_accord", "Entreprise présente", "L'entreprise de la liste est parmi celles des DECP (SIREN)."),
        flag(
            "objet_accord",
            "Objets semblables",
            "Au moins la moitié des mots de l'objet le plus court est dans l'autre, et le lot est le même.",
        ),
        _share(
            "objet_similarite", "Similarité des objets", "Part des mots de l'objet le plus court qui sont dans l'autre."
        ),
        text("perimetre_liste", "Périmètre financier", "Budget selon la liste."),
        texts("ecarts", "Écarts", "Ce qui ne concorde pas : montant, date, titulaire, objet.", required=True),
    ),
)

ANNEES = Table(
    name="reconciliation_annees",
    title="Rapprochement par année",
    description="Par liste et par année : ce qui est des deux côtés, ce qui manque, ce qui concorde.",
    key=("liste", "annee"),
    columns=(
        LISTE,
        integer("annee", "Année", "Année de notification selon la liste, sinon selon les DECP.", required=True),
        flag(
            "annee_couverte",
            "Année couverte",
            "Les deux côtés couvrent l'année : ses absences sont des anomalies.",
            required=True,
        ),
        count("contrats_liste", "Contrats de la liste", "Contrats de la liste.", unit="contrats"),
        count("contrats_decp", "Contrats DECP", "Contrats des tables DECP.", unit="contrats"),
        count("des_deux_cotes", "Des deux côtés", "Contrats appariés.", unit="contrats"),
        count("decp_seulement", "DECP seulement", "Contrats DECP absents de la liste.", unit="contrats"),
        count("liste_seulement", "Liste seulement", "Contrats de la liste absents des DECP.", unit="contrats"),
        count(
            "liste_sans_numero_dans_decp",
            "Sans numéro commun",
            "Contrats de la liste dont le numéro n'est pas dans les DECP, même appariés par leurs faits.",
            unit="contrats",
        ),
        count("apparies_par_numero", "Appariés par numéro", "Appariés par leur numéro.", unit="contrats"),
        count(
            "apparies_par_faits",
            "Appariés par faits",
            "Appariés par titulaire, date, montant et objet.",
            unit="contrats",
        ),
        count("ambigus", "Ambigus", "Contrats avec plusieurs candidats, laissés sans appariement.", unit="contrats"),
        _money("montant_liste", "Montant de la liste", "Somme des maximums de la liste.", required=True),
        _money(
            "montant_liste_seulement",
            "Montant absent des DECP",
            "Somme des maximums des contrats absents des DECP.",
            required=True,
        ),
        count("montants_egaux", "Montants égaux", "Le montant DECP est le maximum de la liste.", unit="contrats"),
        count("montants_glisses", "Montants glissés", "Rapport de 10, 100, 1000 ou de TVA.", unit="contrats"),
        count(
            "montants_provisoires",
            "Montants provisoires",
            "10 euros ou moins dans les DECP, connu dans la liste.",
            unit="contrats",
        ),
        count("dates_egales", "Dates égales", "Même date de notification.", unit="contrats"),
        count(
            "titulaires_egaux",
            "Titulaires présents",
            "Le titulaire de la liste est parmi ceux des DECP.",
            unit="contrats",
        ),
        count(
            "titulaires_juges",
            "Titulaires comparés",
            "La liste nomme un titulaire unique et les DECP aussi.",
            unit="contrats",
        ),
        count(
            "objets_semblables",
            "Objets semblables",
            "Au moins la moitié des mots de l'objet le plus court est dans l'autre.",
            unit="contrats",
        ),
        _share("part_liste_absente", "Part absente des DECP", "Contrats de la liste absents des DECP."),
        _share("part_montants_egaux", "Part des montants égaux", "Parmi les contrats des deux côtés."),
        _share("part_dates_egales", "Part des dates égales", "Parmi les contrats des deux côtés."),
        _share("part_titulaires_egaux", "Part des titulaires présents", "Parmi les contrats des deux côtés."),
    ),
)

MOIS = Table(
    name="reconciliation_mois",
    title="Contrats par mois",
    description="Un mois de notification par ligne, sans trou : contrats des DECP et des listes. Un mois vide se voit.",
    key=("mois",),
    columns=(
        text("mois", "Mois", "Mois de notification (AAAA-MM).", required=True),
        integer("annee", "Année", "Année du mois.", required=True),
        count("contrats_decp", "Contrats DECP", "Marchés notifiés dans le mois.", unit="contrats"),
        count("contrats_liste", "Contrats des listes", "Contrats des listes notifiés dans le mois.", unit="contrats"),
        number("contrats_mediane", "Mois habituel", "Médiane des mois DECP non vides.", unit="contrats"),
    ),
)

SOURCES = Table(
    name="reconciliation_sources",
    title="Recouvrement des sources",
    description="Une paire de sources par ligne, listes comprises : combien de contrats elles partagent.",
    key=("source_a", "source_b"),
    columns=(
        text("source_a", "Source A", "Source de publishers.toml.", required=True),
        text("source_b", "Source B", "Source de publishers.toml.", required=True),
        count("contrats_communs", "Contrats communs", "Contrats que A et B contiennent.", unit="contrats"),
        count("contrats_a", "Contrats de A", "Contrats que A contient.", unit="contrats"),
        _share("part_de_a", "Part de A", "Part des contrats de A que B contient aussi."),
    ),
)

CHAMPS = Table(
    name="reconciliation_champs",
    title="Écarts entre sources",
    description="Un contrat, deux sources et un champ qu'elles ne disent pas pareil, par ligne : les deux valeurs.",
    key=("cle", "source_a", "source_b", "champ"),
    columns=(
        CLE,
        UID,
        text("source_a", "Source A", "Source gardée.", required=True),
        text("source_b", "Source B", "Autre source DECP, ou liste.", required=True),
        text("champ", "Champ", "Ce qui diffère.", required=True, enum=FIELDS),
        text("valeur_a", "Valeur de A", "Valeur dans la source A."),
        text("valeur_b", "Valeur de B", "Valeur dans la source B."),
        number("rapport", "Rapport", "Montant de A divisé par celui de B."),
        text("glissement", "Glissement", "Rapport de 10, 100, 1000 ou de TVA entre les montants."),
    ),
)

RECONCILIATION_TABLES = (RECONCILIATION, ANNEES, MOIS, SOURCES, CHAMPS)
