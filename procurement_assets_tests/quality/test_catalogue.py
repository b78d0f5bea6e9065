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
from procurement_assets_tests.quality.broken_rules import BROKEN, GOOD


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


@pytest.mark.parametrize(
    "scope",
    [
        "objet = 'now() et current_date' OR \"objet\" = 'random()'",
        "age(datePublicationDonnees, dateNotification) < INTERVAL 1 YEAR",
        "left(id, 4)::INTEGER > 2018",
        "montant < (SELECT max(montant) FROM lignes) -- now()",
        "try_cast('abc' AS DOUBLE) IS NULL AND objet = 'abc'",
    ],
)
def test_sql_that_only_looks_wrong_is_accepted(tmp_path: Path, scope: str) -> None:
    text = GOOD.replace("    column:", f"    scope: >-\n      {scope}\n    column:")
    _load(tmp_path, text)


def test_a_calculation_over_the_table_is_judged_row_by_row(tmp_path: Path) -> None:
    rule = GOOD.split("    column:")[0] + "    advice: Corriger.\n    expression: {}\n"
    with pytest.raises(CatalogueError, match=r"contracts.yml:9: .*s'écrit \(SELECT max\(montant\) FROM lignes\)"):
        _load(tmp_path, rule.format("montant < max(montant)"))
    _load(tmp_path, rule.format("count(*) OVER (PARTITION BY id) = 1"))


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
