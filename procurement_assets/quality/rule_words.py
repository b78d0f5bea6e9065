"""Why a rule is refused, in French: what YAML, msgspec and DuckDB say in English, for people who write no program."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

SYNONYMS = {
    "attente": "expectation",
    "base": "legal_basis",
    "base_legale": "legal_basis",
    "bloquant": "blocking",
    "bloquante": "blocking",
    "colonne": "column",
    "conseil": "advice",
    "corrigible": "correctable",
    "explication": "explanation",
    "gravite": "severity",
    "gravité": "severity",
    "identifiant": "id",
    "portee": "scope",
    "portée": "scope",
    "seuils": "thresholds",
    "titre": "title",
}
"""French names that come to mind for the fields of a rule."""
_KINDS = {
    "str": "un texte",
    "int": "un nombre entier",
    "float": "un nombre",
    "bool": "true ou false",
    "array": "une liste ([a, b])",
    "object": "des champs `nom: valeur`",
    "null": "rien",
}
_YAML = (
    (r"found character '\\t'", "une tabulation en début de ligne : indenter avec des espaces"),
    (r"mapping values are not allowed", "un deux-points dans un texte : mettre le texte entre guillemets"),
    (r"found unexpected end of stream", "un guillemet ouvert n'est pas fermé"),
    (r"but found another document", "deux documents dans un fichier : retirer la ligne « --- »"),
    (r"but found '<scalar>'", "un texte entre apostrophes ou guillemets en contient : doubler l'apostrophe ('')"),
    (r"expected <block end>|did not find expected", "l'indentation ne suit pas celle des lignes voisines"),
    (r"could not find expected ':'", "un champ sans « : », ou une ligne mal indentée"),
    (r"found undefined alias", "« * » en début de valeur : mettre le texte entre guillemets"),
    (r"expected ',' or '\]'|expected ',' or '\}'", "une liste ou une accolade n'est pas fermée"),
    (r"found character .* that cannot start any token", "un signe que YAML réserve : mettre le texte entre guillemets"),
    (r"could not determine a constructor", "« ! » en début de valeur : mettre le texte entre guillemets"),
)
_SQL = (
    (r"syntax error at end of input", "l'expression n'est pas finie"),
    (r"unterminated (?:string literal|quoted string)", "une apostrophe ouverte n'est pas fermée"),
    (r'syntax error at or near "(.*?)"', "écriture SQL incorrecte près de « {} »"),
    (r'Function with name "?(\w+)"? does not exist', "fonction inconnue « {} »"),
    (r'Table with name "?(.*?)"? does not exist', "table inconnue « {} » : une règle ne lit que sa table"),
    (r"Permission Error|disabled by configuration", "une règle ne lit ni fichier ni réseau"),
    (r"(?:Cannot compare values of type|Cannot mix values of type) (.*?) and (?:type )?(.*?)[ .(-]",
     "comparaison de deux types différents : {} et {}"),
    (r"Could not convert string '(.*?)' to (\w+)", "« {} » n'est pas de la forme attendue ({})"),
    (r'invalid date field format: "(.*?)"', "« {} » n'est pas une date (DATE 'AAAA-MM-JJ')"),
    (r"WHERE clause cannot contain", "une portée juge chaque ligne seule : ni count(…), max(…), ni OVER"),
    (r"must appear in the GROUP BY", "un calcul sur toutes les lignes s'écrit (SELECT max(montant) FROM lignes)"),
    (r"Values were not provided", "« ? » ou « $ » n'ont pas de valeur : mettre un texte entre apostrophes"),
    (r"Deprecated lambda arrow", "écrire « lambda x: … » au lieu de « x -> … »"),
    (r"^Invalid Input Error: (?:missing|no argument|bad|invalid|unexpected|trailing)\b.*?: (.*)",
     "expression régulière incorrecte : {}"),
    (r"No function matches the given name and argument types '(.*?)'", "ces types ne vont pas ensemble : {}"),
)  # fmt: skip
_REGEX = (
    (r"unterminated character set", "un crochet ouvert n'est pas fermé"),
    (r"missing \), unterminated subpattern", "une parenthèse ouverte n'est pas fermée"),
    (r"unbalanced parenthesis", "une parenthèse est fermée sans être ouverte"),
    (r"nothing to repeat", "« * », « + » ou « ? » ne suit rien"),
    (r"multiple repeat", "deux répétitions de suite"),
    (r"bad escape (\S+)", "« {} » n'existe pas"),
    (r"bad character range (\S+)", "l'intervalle « {} » est à l'envers"),
)


def regex_reason(problem: str) -> str:
    """Why a text is no regular expression."""
    for theirs, ours in _REGEX:
        if m := re.search(theirs, problem):
            return ours.format(*m.groups())
    return problem


def near(name: Any, known: Iterable[str]) -> str:
    """A suggestion, where a known name looks like the one given."""
    names = sorted(known)
    meant = SYNONYMS.get(str(name).lower())
    close = [meant] if meant in names else difflib.get_close_matches(str(name), names, n=1)
    return f" ; vouliez-vous « {close[0]} » ?" if close else ""


def yaml_reason(problem: str) -> str:
    """Why a text is no YAML."""
    return next((ours for theirs, ours in _YAML if re.search(theirs, problem)), problem)


def type_reason(message: str, choices: Iterable[str]) -> str:
    """Why msgspec refuses a value. `choices`: the values of a field that has a list."""
    place = re.search(r" - at `\$\.(.*?)`", message)
    where = f" (champ {place.group(1)})" if place else ""
    if m := re.match(r"Invalid enum value '(.*?)'", message):
        return f"« {m.group(1)} » n'est pas une valeur possible ; au choix : {', '.join(choices)}{where}"
    if m := re.match(r"Expected `(.*?)`, got `(.*?)`", message):
        wanted, got = (" ou ".join(_KINDS.get(k, k) for k in part.split(" | ")) for part in m.groups())
        quote = (
            " ; le mettre entre guillemets" if m.group(1) == "str" and m.group(2) in ("int", "float", "bool") else ""
        )
        return f"il faut {wanted}, et non {got}{quote}{where}"
    if m := re.match(r"Object contains unknown field `(.*?)`", message):
        return f"champ inconnu « {m.group(1)} »{where}"
    return message


def sql_reason(message: str, columns: Iterable[str]) -> str:
    """Why DuckDB refuses an expression."""
    if m := re.search(r'Referenced column "(.*?)" not found', message):
        return f"colonne inconnue « {m.group(1)} »{near(m.group(1), columns)}"
    for theirs, ours in _SQL:
        if m := re.search(theirs, message):
            return ours.format(*m.groups())
    return f"refusé par DuckDB : {message}"
