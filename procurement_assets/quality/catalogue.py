"""Reading of the rule catalogue: one YAML file per table in data_quality/, checked to the last column.

A broken rule stops the load with one line, in French for the working group: file, line, rule, reason.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import duckdb
import msgspec
import polars as pl

from procurement_assets.quality.derived import derived_schema
from procurement_assets.quality.errors import CatalogueError
from procurement_assets.quality.expectations import EXPECTATIONS
from procurement_assets.quality.model import PREFIXES, SEVERITIES, Rule
from procurement_assets.quality.rule_arguments import argument_fault, column_fault
from procurement_assets.quality.rule_words import near, sql_reason, type_reason
from procurement_assets.quality.sql import SqlError, check_boolean, connection, probed
from procurement_assets.quality.yaml_lines import Located, YamlError, read_yaml
from procurement_assets.schema import TABLES
from procurement_assets.settings import load_settings

RULES_FOLDER = Path(__file__).resolve().parent.parent.parent / "data_quality"


class Catalogue(msgspec.Struct, frozen=True):
    """The rules by table, in the order of the files."""

    tables: dict[str, tuple[Rule, ...]]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, table after table."""
        return tuple(rule for rules in self.tables.values() for rule in rules)

    def of(self, table: str) -> tuple[Rule, ...]:
        """The rules of a table; none where it has no file."""
        return self.tables.get(table, ())

    def table_of(self, rule_id: str) -> str:
        """The table of a rule. Raises KeyError."""
        for table, rules in self.tables.items():
            if any(rule.id == rule_id for rule in rules):
                return table
        raise KeyError(rule_id)


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Every `*.yml` of the folder (default: `PROCUREMENT_RULES`, else data_quality/).

    Raises `CatalogueError` on the first thing that is wrong.
    """
    folder = load_settings().rules if folder is None else folder
    files = sorted(folder.glob("*.yml"))
    ignored = sorted(folder.glob("*.yaml"))
    if ignored:
        raise CatalogueError(f"{ignored[0]}:1: un fichier de règles se termine par .yml : le renommer")
    if not files:
        raise CatalogueError(f"{folder}: aucun fichier de règles (*.yml)")
    link = connection()
    read = [_File(path, link).read() for path in files]
    order = list(TABLES)
    tables = dict(sorted(read, key=lambda pair: order.index(pair[0])))
    return Catalogue(tables)


class _File:
    """The reading of one file; keeps where each thing stands, to say it in errors."""

    def __init__(self, path: Path, link: duckdb.DuckDBPyConnection) -> None:
        self.path, self.link = path, link
        self.rule_id = ""

    def read(self) -> tuple[str, tuple[Rule, ...]]:
        """The table and its rules."""
        try:
            document = read_yaml(self.path.read_text(encoding="utf-8"))
        except YamlError as error:
            self.fail(error.line, str(error))
        except UnicodeDecodeError as error:
            self.fail(
                error.object[: error.start].count(b"\n") + 1, "le fichier n'est pas en UTF-8 : l'enregistrer ainsi"
            )
        if not isinstance(document.value, dict):
            self.fail(1, "le fichier doit donner `table:` puis `rules:`")
        self.fields(document, {"table", "rules"}, {"table", "rules"})
        table = str(document.value["table"].plain())
        if table not in TABLES or table not in PREFIXES:
            self.fail(document.value["table"].line, f"table inconnue « {table} »{near(table, PREFIXES)}")
        if self.path.stem != table:
            self.fail(document.value["table"].line, f"le fichier des règles de {table} s'appelle {table}.yml")
        items = document.value["rules"]
        if not isinstance(items.value, list):
            self.fail(items.line, "`rules:` doit être une liste de règles")
        self.table = table
        self.schema: dict[str, pl.DataType] = TABLES[table].schema | derived_schema(table)
        seen: dict[str, int] = {}
        with probed(self.link, self.schema):
            return table, tuple(self.rule(item, seen) for item in items.value)

    def rule(self, item: Located, seen: dict[str, int]) -> Rule:
        """One rule, checked."""
        self.rule_id = ""
        if not isinstance(item.value, dict):
            self.fail(item.line, "une règle est une suite de champs `nom: valeur`")
        identity = item.value.get("id")
        self.rule_id = " ".join(str(identity.value).split()) if identity and identity.value is not None else ""
        info = msgspec.structs.fields(Rule)
        self.fields(item, {f.name for f in info}, {f.name for f in info if f.required})
        try:
            rule = msgspec.convert(item.plain(), Rule)
        except msgspec.ValidationError as error:
            path = re.search(r"at `\$\.([\w.]+)", str(error))
            place = path.group(1).split(".") if path else []
            self.fail(item.line_of(*place), type_reason(str(error), SEVERITIES))
        self.identity(rule, item, seen)
        self.texts(rule, item)
        self.expectation(rule, item)
        self.names(rule, item)
        self.sql(rule, item)
        return rule

    def identity(self, rule: Rule, item: Located, seen: dict[str, int]) -> None:
        """The id has its table's prefix, three digits, and is alone to have it."""
        prefix = PREFIXES[self.table]
        if not re.fullmatch(prefix + r"-[0-9]{3}", rule.id):
            self.fail(item.line_of("id"), f"l'identifiant doit être {prefix}- suivi de trois chiffres")
        if rule.id in seen:
            self.fail(item.line_of("id"), f"identifiant déjà pris par la règle de la ligne {seen[rule.id]}")
        seen[rule.id] = item.line_of("id")

    def texts(self, rule: Rule, item: Located) -> None:
        """No text that people read is empty; thresholds say something that can happen."""
        for name in ("title", "explanation", "legal_basis", "advice"):
            if not getattr(rule, name).strip():
                self.fail(item.line_of(name), f"`{name}` est vide")
        if re.search(r"[{}]", re.sub(r"\{\w+\}", "", rule.expected)):
            self.fail(
                item.line_of("expected"), "une accolade entoure le nom d'une colonne, et rien d'autre : {colonne}"
            )
        for name, limit in (("warning", rule.thresholds.warning), ("blocking", rule.thresholds.blocking)):
            if limit.share is not None and not 0 <= limit.share <= 1:
                self.fail(item.line_of("thresholds", name, "share"), "`share` est une part de 0 à 1")
            if limit.count is not None and limit.count < 0:
                self.fail(item.line_of("thresholds", name, "count"), "`count` est un nombre de lignes, 0 ou plus")
        if not rule.blocking and "blocking" in item.plain().get("thresholds", {}):
            self.fail(item.line_of("thresholds", "blocking"), "un seuil de blocage demande `blocking: true`")

    def expectation(self, rule: Rule, item: Located) -> None:
        """Either an expression, or a known expectation with the arguments it takes."""
        if rule.expression:
            if rule.expectation or rule.arguments:
                self.fail(item.line_of("expression"), "une règle a une `expression` ou une `expectation`, pas les deux")
            return
        if not rule.expectation:
            self.fail(item.line, "une règle a une `expression` ou une `expectation` : il manque l'une ou l'autre")
        if rule.expectation not in EXPECTATIONS:
            line = item.line_of("expectation")
            self.fail(line, f"attente inconnue « {rule.expectation} »{near(rule.expectation, EXPECTATIONS)}")
        if fault := argument_fault(rule, self.schema):
            self.fail(item.line_of("arguments", fault.argument), fault.reason)
        if rule.type.columns == "column" and not rule.column:
            self.fail(item.line, f"{rule.expectation} demande `column`")

    def names(self, rule: Rule, item: Located) -> None:
        """Every column named exists in the table or among its computed columns."""
        places: list[tuple[tuple[str, ...], str]] = [(("column",), rule.column)] if rule.column else []
        places += [(("show",), n) for n in rule.show] + [(("expected",), n) for n in rule.placeholders]
        for argument in ("column_A", "column_B", "column_list"):
            given = rule.arguments.get(argument, ())
            places += [(("arguments", argument), n) for n in ((given,) if isinstance(given, str) else given)]
        for place, name in places:
            if name not in self.schema:
                self.fail(item.line_of(*place), f"colonne inconnue « {name} »{near(name, self.schema)}")
        lists = [n for n in rule.columns if isinstance(self.schema[n], pl.List) and rule.type.kind == "row"]
        if lists and "null" not in rule.expectation:
            self.fail(item.line_of("column"), f"« {lists[0]} » est une liste : écrire une `expression`")
        if not rule.expression and (fault := column_fault(rule, self.schema)):
            self.fail(item.line_of("column"), fault)

    def sql(self, rule: Rule, item: Located) -> None:
        """Scope and expression are true-or-false SQL over the table."""
        for field in ("scope", "expression"):
            text = getattr(rule, field)
            if not text:
                continue
            try:
                check_boolean(self.link, text, scope=field == "scope")
            except SqlError as error:
                said = sql_reason(str(error), self.schema) if error.__cause__ else str(error)
                self.fail(item.line_of(field), f"`{field}` : {said}")

    def fields(self, item: Located, known: set[str], needed: set[str]) -> None:
        """No unknown field, none missing."""
        for name in item.value:
            if name not in known:
                self.fail(item.line_of(name), f"champ inconnu « {name} »{near(name, known)}")
        missing = sorted(needed - set(item.value))
        if missing:
            self.fail(item.line, f"champ manquant « {missing[0]} »")

    def fail(self, line: int, reason: str) -> NoReturn:
        """Stop, with one line."""
        rule = f"{self.rule_id}: " if self.rule_id else ""
        # Without what led to it: whoever reads this wrote YAML, not the library that refused it.
        raise CatalogueError(f"{self.path}:{line}: {rule}{' '.join(reason.split())}") from None
