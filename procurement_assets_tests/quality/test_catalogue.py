"""The catalogue as it is, and what is said of a broken one: file, line, rule, reason, on one line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml

from procurement_assets.quality import rule_schema
from procurement_assets.quality.catalogue import RULES_FOLDER, CatalogueError, load_catalogue
from procurement_assets.quality.expectations import EXPECTATIONS, class_name
from procurement_assets.quality.expected import expected_text
from procurement_assets.quality.model import PREFIXES, Limit, Rule, Thresholds

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


def _load(folder: Path, text: str, name: str = "contracts.yml") -> None:
    (folder / name).write_text(text, encoding="utf-8")
    load_catalogue(folder)


def test_every_table_has_its_rules() -> None:
    catalogue = load_catalogue()
    assert set(catalogue.tables) == set(PREFIXES)
    assert len(catalogue.rules) >= 45
    ids = [rule.id for rule in catalogue.rules]
    assert len(set(ids)) == len(ids)
    assert catalogue.table_of("DECP-M-403") == "contracts"


def test_a_rule_of_another_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "contracts.yml").write_text(GOOD, encoding="utf-8")
    (rule,) = load_catalogue(tmp_path).rules
    assert (rule.id, rule.column, rule.arguments, rule.blocking) == ("DECP-M-999", "montant", {"min_value": 0}, False)


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
    "unknown argument": (("min_value: 0", "minimum: 0"), 10, "argument inconnu « minimum »"),
    "missing argument": (
        ("expect_column_values_to_be_between\n    arguments:\n      min_value: 0", "expect_column_values_to_be_in_set"),
        3,
        "argument manquant « value_set »",
    ),
    "unknown code list": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_be_in_set\n    arguments:\n      code_list: CCAGS"),
        10,
        "liste inconnue « CCAGS » ; vouliez-vous « CCAG » ?",
    ),
    "bad regex": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_match_regex\n    arguments:\n      regex: '['"),
        10,
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
        12,
        "un seuil de blocage demande `blocking: true`",
    ),
    "share above one": (
        ("    advice:", "    thresholds:\n      warning: {share: 5}\n    advice:"),
        12,
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
    "text for a number": (("min_value: 0", "min_value: zéro"), 10, "`min_value` doit être un nombre, et non « zéro »"),
    "no bound": (("    arguments:\n      min_value: 0\n", ""), 3, "argument manquant : `min_value`, `max_value`"),
    "bounds the wrong way": (
        ("min_value: 0", "min_value: 5\n      max_value: 1"),
        10,
        "`min_value` est plus grand",
    ),
    "bounds of a text": (("column: montant", "column: objet"), 8, "« objet » n'est ni un nombre ni une date"),
    "bound of a date": (("column: montant", "column: dateNotification"), 10, "`min_value` doit être une date"),
    "form of a number": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_match_regex\n    arguments:\n      regex: '[0-9]'"),
        8,
        "« montant » n'est pas un texte : écrire une `expression`",
    ),
    "set of another type": (
        ("to_be_between\n    arguments:\n      min_value: 0", "to_be_in_set\n    arguments:\n      value_set: [dix]"),
        10,
        "« montant » est un nombre, et non « dix »",
    ),
    "negative threshold": (
        ("    advice:", "    thresholds:\n      warning: {count: -1}\n    advice:"),
        12,
        "`count` est un nombre de lignes",
    ),
    "threshold that is a text": (
        ("    advice:", "    thresholds:\n      warning: {count: dix}\n    advice:"),
        12,
        "il faut un nombre entier ou rien, et non un texte (champ thresholds.warning.count)",
    ),
    "unknown table": (("table: contracts", "table: contrats"), 1, "table inconnue « contrats » ; vouliez-vous"),
    "another table's file": (("table: contracts", "table: ledger"), 1, "s'appelle ledger.yml"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_one_line_that_says_where(tmp_path: Path, name: str) -> None:
    (old, new), line, reason = BROKEN[name]
    assert old in GOOD
    with pytest.raises(CatalogueError) as caught:
        _load(tmp_path, GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{tmp_path}/contracts.yml:{line}: "), message
    assert reason in message


def test_two_rules_cannot_share_an_id(tmp_path: Path) -> None:
    twice = GOOD + GOOD.split("rules:\n")[1]
    with pytest.raises(CatalogueError, match=r"contracts.yml:13: DECP-M-999: identifiant déjà pris .* ligne 3"):
        _load(tmp_path, twice)


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="aucun fichier de règles"):
        load_catalogue(tmp_path)


def test_thresholds_tolerate_a_count_or_a_share() -> None:
    rule = Rule(
        id="X", title="", explanation="", severity="warning", legal_basis="", advice="", blocking=True,
        thresholds=Thresholds(warning=Limit(count=2), blocking=Limit(share=0.5)),
    )  # fmt: skip
    assert [rule.status(n, 10) for n in (0, 2, 3, 5, 6)] == ["ok", "ok", "warning", "warning", "blocking"]
    strict = msgspec.structs.replace(rule, thresholds=Thresholds())
    assert [strict.status(n, 10) for n in (0, 1)] == ["ok", "blocking"]
    assert msgspec.structs.replace(strict, blocking=False).status(1, 10) == "warning"


def test_the_json_schema_is_that_of_the_code_and_accepts_the_catalogue() -> None:
    path = RULES_FOLDER / "rules.schema.json"
    assert path.read_text(encoding="utf-8") == rule_schema.as_text(), (
        "run: python -m procurement_assets.quality.rule_schema > data_quality/rules.schema.json"
    )
    validator = jsonschema.Draft202012Validator(json.loads(rule_schema.as_text()))
    for file in sorted(RULES_FOLDER.glob("*.yml")):
        document = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))
        assert list(validator.iter_errors(document)) == [], file
        document["rules"][0]["severite"] = "x"
        assert list(validator.iter_errors(document)), file


def test_expectations_are_those_of_the_library() -> None:
    import great_expectations.expectations as library

    for name, known in EXPECTATIONS.items():
        fields = getattr(library, class_name(name)).model_fields if hasattr(library.Expectation, "model_fields") else {}
        fields = fields or getattr(library, class_name(name)).__fields__
        named = {"column": {"column"}}.get(known.columns, set())
        assert named | set(known.arguments) <= set(fields), name


def test_the_readme_names_every_computed_column_and_code_list() -> None:
    from procurement_assets.quality.derived import DATA_DATE, DERIVED
    from procurement_assets.quality.sql import code_lists

    text = (RULES_FOLDER / "README.md").read_text(encoding="utf-8")
    names = [d.name for d in DERIVED] + [DATA_DATE] + [f"liste_{n.lower()}()" for n in code_lists()]
    assert [n for n in names if f"`{n}`" not in text] == []


def test_the_example_of_the_readme_loads(tmp_path: Path) -> None:
    text = (RULES_FOLDER / "README.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "contracts.yml").write_text(example, encoding="utf-8")
    assert load_catalogue(tmp_path).rules


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, "fichier vide"),
        (b"\n# rien\n", 1, "fichier vide"),
        ("table: contracts\nrules:\n  - title: é".encode("latin-1"), 3, "le fichier n'est pas en UTF-8"),
        ("table: contracts".encode("utf-16"), 1, "le fichier n'est pas en UTF-8"),
        (b"- a\n", 1, "le fichier doit donner `table:` puis `rules:`"),
        (b"table: contracts\nrules:\n", 2, "`rules:` doit "),
        (b"table: contracts\nrules:\n  - bonjour\n", 3, "une règle est une suite de champs"),
    ],
)
def test_a_file_that_holds_no_rules_is_one_line_too(tmp_path: Path, data: bytes, line: int, reason: str) -> None:
    (tmp_path / "contracts.yml").write_bytes(data)
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/contracts.yml:{line}: {reason}")


def test_a_file_under_another_suffix_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "contracts.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "subcontracts.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"subcontracts\.yaml:1: un fichier de règles se termine par \.yml"):
        load_catalogue(tmp_path)


def test_no_person_is_shown_a_regular_expression_or_a_bare_bound_of_a_count() -> None:
    """What a rule expects is read by people of the City: « la forme ^[0-9]{14}$ » or « au plus 0 » says nothing."""
    told = {r.id: expected_text(r) for r in load_catalogue().rules}
    assert {i: t for i, t in told.items() if t.startswith("la forme ") or t in ("au plus 0", "au moins 1")} == {}
