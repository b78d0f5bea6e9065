"""A rule, and every way to break it that was thought of: what is replaced by what, the line told, the reason given."""

from __future__ import annotations

GOOD = """\
table: contracts
rules:
  - id: DECP-M-999
    title: Le montant est positif
    explanation: Un montant est positif.
    severity: warning
    legal_basis: bonne pratique
    column: montant
    expectation: expect_column_values_to_be_between
    arguments:
      min_value: 0
    advice: Corriger le montant.
"""

_MONTANT = "montant\n    expectation: expect_column_values_to_be_between\n    arguments:\n      min_value: 0"
_JUDGED = f"    column: {_MONTANT}"

BROKEN = {
    "unknown field": (("severity:", "severite:"), 6, "champ inconnu « severite » ; vouliez-vous « severity » ?"),
    "missing field": (("    advice: Corriger le montant.\n", ""), 3, "champ manquant « advice »"),
    "wrong severity": (
        ("severity: warning", "severity: grave"),
        6,
        "« grave » n'est pas une valeur possible ; au choix",
    ),
    "wrong type": (
        ("title: Le montant est positif", "title: 12"),
        4,
        "il faut un texte, et non un nombre entier",
    ),
    "empty text": (("advice: Corriger le montant.", "advice: ''"), 12, "`advice` est vide"),
    "wrong prefix": (("DECP-M-999", "DECP-C-999"), 3, "l'identifiant doit être DECP-M- suivi de trois chiffres"),
    "unknown column": (
        ("column: montant", "column: montan"),
        8,
        "colonne inconnue « montan » ; vouliez-vous « montant »",
    ),
    "unknown expectation": (("to_be_between", "to_be_betwen"), 9, "attente inconnue"),
    "unknown argument": (("min_value: 0", "minimum: 0"), 11, "argument inconnu « minimum »"),
    "missing argument": (
        ("expect_column_values_to_be_between\n    arguments:\n      min_value: 0", "expect_column_values_to_be_in_set"),
        3,
        "argument manquant « value_set »",
    ),
    "unknown code list": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_be_in_set\n    arguments:\n      code_list: CCAGS"),
        11,
        "liste inconnue « CCAGS » ; vouliez-vous « CCAG » ?",
    ),
    "bad regex": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_match_regex\n    arguments:\n      regex: '['"),
        11,
        "expression régulière incorrecte",
    ),
    "list column": (("column: montant", "column: techniques"), 8, "« techniques » est une liste"),
    "unknown column in scope": (
        ("    column: montant", "    scope: formt = '2019'\n    column: montant"),
        8,
        "`scope` : colonne inconnue « formt » ; vouliez-vous « format » ?",
    ),
    "scope that is no SQL": (
        ("    column:", "    scope: format = = (1\n    column:"),
        8,
        "`scope` : écriture SQL incorrecte",
    ),
    "scope that is a number": (
        ("    column:", "    scope: montant + 1\n    column:"),
        8,
        "`scope` : le résultat n'est pas vrai ou faux, mais DOUBLE",
    ),
    "scope that reads a file": (
        ("    column:", "    scope: (SELECT count(*) FROM '/etc/passwd') > 0\n    column:"),
        8,
        "`scope` : table inconnue « /etc/passwd » : une règle ne lit que sa table",
    ),
    "scope that reads a file by a function": (
        ("    column:", "    scope: (SELECT count(*) FROM read_csv('/etc/passwd')) > 0\n    column:"),
        8,
        "`scope` : une règle ne lit ni fichier ni réseau",
    ),
    "unknown list in SQL": (
        ("    column:", "    scope: list_contains(liste_ccags(), ccag)\n    column:"),
        8,
        "`scope` : fonction inconnue « liste_ccags »",
    ),
    "expression and expectation": (
        ("    advice:", "    expression: montant > 0\n    advice:"),
        12,
        "une règle a une `expression` ou une `expectation`, pas les deux",
    ),
    "blocking threshold on a rule that does not block": (
        ("    advice:", "    thresholds:\n      blocking: {count: 3}\n    advice:"),
        13,
        "un seuil de blocage demande `blocking: true`",
    ),
    "share above one": (
        ("    advice:", "    thresholds:\n      warning: {share: 5}\n    advice:"),
        13,
        "`share` est une part de 0 à 1",
    ),
    "unknown threshold": (
        ("    advice:", "    thresholds:\n      alert: {count: 5}\n    advice:"),
        12,
        "champ inconnu « alert » (champ thresholds)",
    ),
    "field written twice": (("    advice:", "    title: Encore\n    advice:"), 12, "champ « title » écrit deux fois"),
    "not YAML": (("table: contracts", "table: [contracts"), 2, "YAML illisible"),
    "tab": (
        ("    title", "\ttitle"),
        4,
        "YAML illisible : une tabulation en début de ligne : indenter avec des espaces",
    ),
    "colon in a text": (
        ("title: Le montant", "title: Montant : le montant"),
        4,
        "YAML illisible : un deux-points dans un texte : mettre le texte entre guillemets",
    ),
    "quotation mark never closed": (("title: Le", 'title: "Le'), 4, "un guillemet ouvert n'est pas fermé"),
    "two documents": (("    advice:", "---\n    advice:"), 12, "YAML illisible : deux documents dans un fichier"),
    "date that does not exist": (("min_value: 0", "min_value: 2025-13-45"), 11, "« 2025-13-45 » n'est pas une date"),
    "value that holds itself": (("rules:", "rules: &x\n  - *x"), 2, "une valeur se contient elle-même"),
    "table that is a list": (("table: contracts", "table: [contracts]"), 1, "table inconnue"),
    "field in French": (("severity:", "gravité:"), 6, "champ inconnu « gravité » ; vouliez-vous « severity » ?"),
    "boolean in French": (
        ("    advice:", "    correctable: non\n    advice:"),
        12,
        "il faut true ou false, et non un texte",
    ),
    "text for a number": (("min_value: 0", "min_value: zéro"), 11, "`min_value` doit être un nombre, et non « zéro »"),
    "no bound": (("    arguments:\n      min_value: 0\n", ""), 3, "argument manquant : `min_value`, `max_value`"),
    "bounds the wrong way": (
        ("min_value: 0", "min_value: 5\n      max_value: 1"),
        11,
        "`min_value` est plus grand",
    ),
    "bounds of a text": (("column: montant", "column: objet"), 8, "« objet » n'est ni un nombre ni une date"),
    "bound of a date": (("column: montant", "column: dateNotification"), 11, "`min_value` doit être une date"),
    "form of a number": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_match_regex\n    arguments:\n      regex: '[0-9]'"),
        8,
        "« montant » n'est pas un texte : écrire une `expression`",
    ),
    "set of another type": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_be_in_set\n    arguments:\n      value_set: [dix]"),
        11,
        "« montant » est un nombre, et non « dix »",
    ),
    "negative threshold": (
        ("    advice:", "    thresholds:\n      warning: {count: -1}\n    advice:"),
        13,
        "`count` est un nombre de lignes",
    ),
    "threshold that is a text": (
        ("    advice:", "    thresholds:\n      warning: {count: dix}\n    advice:"),
        13,
        "il faut un nombre entier ou rien, et non un texte (champ thresholds.warning.count)",
    ),
    "text that is not closed as YAML wants": (
        ("title: Le montant est positif", "title: 'L'objet est là'"),
        4,
        "un texte entre apostrophes ou guillemets en contient : doubler l'apostrophe ('')",
    ),
    "tag": (("title: Le", "title: !Le"), 4, "« ! » en début de valeur : mettre le texte entre guillemets"),
    "character that cannot be seen": (
        ("title: Le", "title: \x07Le"),
        4,
        "le caractère invisible U+0007 n'y est pas permis",
    ),
    "name of a field that is a list": (
        ("    advice:", "    ? [a, b]\n    : c\n    advice:"),
        12,
        "un mot, et non une liste",
    ),
    "digits of another script": (("DECP-M-999", "DECP-M-٩٩٩"), 3, "l'identifiant doit être DECP-M- suivi de trois"),
    "id on two lines": (
        ("DECP-M-999", '"DECP-M-999\\n"'),
        3,
        "l'identifiant doit être DECP-M- suivi de trois chiffres",
    ),
    "no id": (("DECP-M-999", ""), 3, "il faut un texte, et non rien (champ id)"),
    "neither expression nor expectation": (
        ("    expectation: expect_column_values_to_be_between\n    arguments:\n      min_value: 0\n", ""),
        3,
        "une règle a une `expression` ou une `expectation` : il manque l'une ou l'autre",
    ),
    "brace around no column": (
        ("    advice:", '    expected: "au plus { montant }"\n    advice:'),
        12,
        "une accolade entoure le nom d'une colonne",
    ),
    "bound that is no number": (
        ("min_value: 0", "min_value: .nan"),
        11,
        "`min_value` doit être un nombre, et non « nan »",
    ),
    "bound without end": (("min_value: 0", "min_value: .inf"), 11, "`min_value` doit être un nombre, et non « inf »"),
    "flag in French": (
        ("min_value: 0", "min_value: 0\n      strict_min: oui"),
        12,
        "`strict_min` vaut true ou false, et non « oui »",
    ),
    "date that is a number": (
        (
            _MONTANT,
            "dateNotification\n    expectation: expect_column_values_to_be_between\n    arguments:\n"
            "      min_value: 20250101",
        ),
        11,
        "`min_value` doit être une date (2025-12-31), et non « 20250101 »",
    ),
    "median of a date": (
        (
            "montant\n    expectation: expect_column_values_to_be_between",
            "dateNotification\n    expectation: expect_column_median_to_be_between",
        ),
        8,
        "« dateNotification » n'est pas un nombre",
    ),
    "share of a table above one": (
        (
            "expect_column_values_to_be_between\n    arguments:\n      min_value: 0",
            "expect_column_proportion_of_non_null_values_to_be_between\n    arguments:\n      min_value: 90",
        ),
        11,
        "`min_value` est une part de 0 à 1, et non « 90 »",
    ),
    "part of a row": (
        (
            "expect_column_values_to_be_between\n    arguments:\n      min_value: 0",
            "expect_table_row_count_to_be_between\n    arguments:\n      min_value: 3.5",
        ),
        11,
        "`min_value` doit être un nombre entier, 0 ou plus, et non « 3.5 »",
    ),
    "regular expression that is a number": (
        (
            _MONTANT,
            "id\n    expectation: expect_column_values_to_match_regex\n    arguments:\n      regex: 123",
        ),
        11,
        "`regex` doit être un texte entre guillemets, et non « 123 »",
    ),
    "length that is no number": (
        (
            _MONTANT,
            "id\n    expectation: expect_column_value_lengths_to_equal\n    arguments:\n      value: dix",
        ),
        11,
        "`value` doit être un nombre entier de caractères, et non « dix »",
    ),
    "columns that cannot be compared": (
        (
            _JUDGED,
            "    expectation: expect_column_pair_values_a_to_be_greater_than_b\n    arguments:\n"
            "      column_A: dateNotification\n      column_B: montant",
        ),
        11,
        "« dateNotification » et « montant » ne se comparent pas",
    ),
    "unknown column of a pair": (
        (
            _JUDGED,
            "    expectation: expect_column_pair_values_to_be_equal\n    arguments:\n"
            "      column_A: id\n      column_B: idd",
        ),
        11,
        "colonne inconnue « idd » ; vouliez-vous « id » ?",
    ),
    "list of columns that is none": (
        (
            _JUDGED,
            "    expectation: expect_compound_columns_to_be_unique\n    arguments:\n      column_list: 3",
        ),
        10,
        "`column_list` doit être une liste de deux colonnes au moins",
    ),
    "code list that is a list": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_be_in_set\n    arguments:\n      code_list: [CCAG]"),
        11,
        "liste inconnue « ['CCAG'] »",
    ),
    "two lists": (
        (
            "to_be_between\n    arguments:\n      min_value: 0",
            "to_be_in_set\n    arguments:\n      value_set: [1]\n      code_list: CCAG",
        ),
        12,
        "`code_list` ou `value_set`, pas les deux",
    ),
    "set with nothing": (
        (
            "to_be_between\n    arguments:\n      min_value: 0",
            "to_be_in_set\n    arguments:\n      value_set: [1, null]",
        ),
        11,
        "une valeur absente n'est pas jugée : la retirer de `value_set`",
    ),
    "set of a boolean in French": (
        (
            _MONTANT,
            "marcheInnovant\n    expectation: expect_column_values_to_be_in_set\n    arguments:\n"
            "      value_set: [oui]",
        ),
        11,
        "« marcheInnovant » vaut true ou false, et non « oui »",
    ),
    "set of dates in French": (
        (
            _MONTANT,
            "dateNotification\n    expectation: expect_column_values_to_be_in_set\n    arguments:\n"
            "      value_set: [1/5/2024]",
        ),
        11,
        "« dateNotification » est une date (2025-12-31), et non « 1/5/2024 »",
    ),
    "scope over all rows": (
        ("    column:", "    scope: count(*) > 1\n    column:"),
        8,
        "`scope` : une portée juge chaque ligne seule",
    ),
    "scope over neighbours": (
        ("    column:", "    scope: count(*) OVER (PARTITION BY id) > 1\n    column:"),
        8,
        "`scope` : une portée juge chaque ligne seule",
    ),
    "scope of blanks": (("    column:", "    scope: ' '\n    column:"), 8, "`scope` : vide"),
    "scope that asks for a value": (("    column:", "    scope: montant > ?\n    column:"), 8, "n'ont pas de valeur"),
    "scope that reads the clock": (
        ("    column:", "    scope: dateNotification < current_date\n    column:"),
        8,
        "« current_date » change d'une exécution à l'autre : prendre `date_donnees`",
    ),
    "scope that throws a die": (
        ("    column:", "    scope: random() < 0.5\n    column:"),
        8,
        "« random » change d'une",
    ),
    "age until today": (
        ("    column:", "    scope: age(dateNotification) < INTERVAL 1 YEAR\n    column:"),
        8,
        "« age » change d'une exécution à l'autre",
    ),
    "text compared with a number": (
        ("    column:", "    scope: montant > 'dix'\n    column:"),
        8,
        "`scope` : « dix » n'est pas de la forme attendue (DOUBLE)",
    ),
    "date as the French write it": (
        ("    column:", "    scope: dateNotification > '15/05/2024'\n    column:"),
        8,
        "`scope` : « 15/05/2024 » n'est pas une date",
    ),
    "form that is none in SQL": (
        ("    column:", "    scope: regexp_matches(objet, '(')\n    column:"),
        8,
        "`scope` : expression régulière incorrecte",
    ),
    "unknown table": (("table: contracts", "table: contrats"), 1, "table inconnue « contrats » ; vouliez-vous"),
    "another table's file": (("table: contracts", "table: ledger"), 1, "s'appelle ledger.yml"),
}
