"""Great Expectations Data Docs of a run: a page per table, made from the outcomes that the checks kept.

    data_docs/PUBLISHER/index.html      the tables, with their rules to look at
    data_docs/PUBLISHER/TABLE.html      leads to the latest page of a table: what the checks link to, for ever
    data_docs/PUBLISHER/validations/…   the pages

Nothing is run again: validation results are written from the outcomes (`quality.store`), and Great Expectations builds
its site from them. Its pages are in English and ask public hosts for styles, scripts and images; `datadocs_page` puts
them into French and takes these out, so that opening a page tells nobody and works without a network. Same results,
same bytes: the time of a run is the date of the data.
"""

from __future__ import annotations

import html
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.quality.datadocs_page import STYLE, french_page
from procurement_assets.quality.derived import derived_of
from procurement_assets.quality.expected import expected_for_all
from procurement_assets.quality.report_text import french_date
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.sql import code_lists
from procurement_assets.schema import TABLES
from procurement_assets.settings import load_settings

FOLDER = "data_docs"
SHOWN = 20
"""Failing values shown of a rule."""


def docs_url(publisher: str, table: str = "") -> str:
    """The address of a table's page, or of a publisher's index, on the server that `procurement_assets docs` starts."""
    return f"{load_settings().docs_url}/{publisher}/{table or 'index'}.html"


def docs_folder(lake: Lake, publisher: str = "") -> UPath:
    """Where the pages lie."""
    return lake / (f"{FOLDER}/{publisher}" if publisher else FOLDER)


def write_data_docs(
    lake: Lake, publisher: str, results: Sequence[RuleResult], data_date: date | None
) -> dict[str, int]:
    """Build the site of a publisher's results and put it in the lake. Returns the failed rules by table."""
    by_table: dict[str, list[RuleResult]] = defaultdict(list)
    for result in results:
        by_table[result.table.name].append(result)
    with tempfile.TemporaryDirectory(prefix="procurement-docs-") as name:
        site = _build(Path(name), by_table, data_date)
        # Its own styles, fonts and images are linked by what is taken out: only the pages are kept.
        found = {path.relative_to(site).as_posix(): path.read_bytes() for path in sorted(site.rglob("*.html"))}
    made = {name: _ours(name, page, publisher) for name, page in found.items() if "/" in name}
    made |= {f"{table}.html": _leads_to(made, table) for table in by_table}
    made["index.html"] = _index(publisher, by_table, data_date)  # the library's own is drawn by its scripts
    _put(docs_folder(lake, publisher), made)
    return {table: sum(not r.passed for r in group) for table, group in by_table.items()}


def _build(root: Path, by_table: Mapping[str, Sequence[RuleResult]], data_date: date | None) -> Path:
    """Great Expectations' own site, in a project of its own that is thrown away."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    context: Any = gx.get_context(mode="file", project_root_dir=str(root))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    run_time = datetime.combine(data_date or date(1970, 1, 1), time(), tzinfo=UTC)
    run = RunIdentifier(run_name=run_time.date().isoformat(), run_time=run_time)
    for table, results in by_table.items():
        validated = _validation(table, results, run)
        context.suites.add(
            gx.ExpectationSuite(name=table, expectations=[r.expectation_config for r in validated.results])
        )
        identifier = ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(table), run_id=run, batch_identifier=table
        )
        context.validation_results_store.set(identifier, validated)
    context.build_data_docs()
    found = next(root.rglob("local_site"))
    return Path(found)


def _validation(table: str, results: Sequence[RuleResult], run: Any) -> Any:
    """The outcomes of a table's rules as a validation result of the library."""
    import great_expectations as gx
    from great_expectations.core import ExpectationSuiteValidationResult

    told = [_one(result) for result in results]
    passed = sum(bool(r.success) for r in told)
    share = 100 * passed / len(told) if told else 100.0
    return ExpectationSuiteValidationResult(
        success=passed == len(told),
        results=told,
        suite_name=table,
        statistics={
            "evaluated_expectations": len(told),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(told) - passed,
            "success_percent": share,
        },
        meta={
            "run_id": run,
            "great_expectations_version": gx.__version__,
            "batch_spec": {},
            "active_batch_definition": {"data_asset_name": table},
        },
    )


def _one(result: RuleResult) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    rule, told = result.rule, _told(result)
    config = ExpectationConfiguration(
        type=rule.expectation_name,
        kwargs=_kwargs(result),
        description=told,
        meta={"notes": {"format": "string", "content": [told]}},
    )
    missing = max(result.in_scope - result.evaluated, 0)
    values = [v for v in result.values().head(SHOWN).to_list() if v is not None]
    found: dict[str, Any] = {
        "element_count": result.in_scope,
        "missing_count": missing,
        "missing_percent": 100 * missing / result.in_scope if result.in_scope else 0.0,
        "unexpected_count": result.failing,
        "unexpected_percent": 100 * result.share,
        "unexpected_percent_nonmissing": 100 * result.share,
        "partial_unexpected_list": values,
        "partial_unexpected_counts": [{"value": v, "count": values.count(v)} for v in dict.fromkeys(values)],
    }
    if result.observed:
        found["observed_value"] = result.observed
    raised = {
        "raised_exception": bool(result.error),
        "exception_message": result.error or None,
        "exception_traceback": "",  # the library renders it, and None stops its page
    }
    return ExpectationValidationResult(
        success=result.passed, expectation_config=config, result=found, exception_info=raised
    )


def _told(result: RuleResult) -> str:
    """Everything that the catalogue says of a rule, and why it judged nothing where it could not."""
    rule, expected = result.rule, expected_for_all(result.rule)
    parts = {
        f"{rule.id}. ": rule.title,
        "": rule.explanation,
        "Attendu : ": "" if expected == rule.title else expected,
        "Base légale : ": rule.legal_basis,
        "À faire : ": rule.advice,
        "Non jugée : ": result.not_applicable,
    }
    return " ".join(label + _sentence(text) for label, text in parts.items() if text)


def _sentence(text: str) -> str:
    """A text that ends."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _kwargs(result: RuleResult) -> dict[str, Any]:
    """The arguments of the rule's expectation; an expression is told under the column it judges."""
    rule = result.rule
    if rule.expression:
        return {"column": rule.column or rule.id, "value_set": [True]}
    arguments = dict(rule.arguments)
    name = arguments.pop("code_list", None)
    if name:
        arguments["value_set"] = list(code_lists()[name])
    return arguments | ({"column": rule.column} if rule.type.columns == "column" else {})


def _ours(name: str, page: bytes, publisher: str) -> bytes:
    """A page of the library in French (`datadocs_page`); `name`: validations/TABLE/… or expectations/TABLE.html."""
    table = TABLES[name.split("/")[1].removesuffix(".html")]
    titles = {n: d.title for n, d in derived_of(table.name).items()} | {c.name: c.title for c in table.columns}
    return french_page(page, table.title, titles, publisher)


def _leads_to(pages: Mapping[str, bytes], table: str) -> bytes:
    """A page of fixed address that leads to the page of the latest run."""
    target = next(name for name in sorted(pages) if name.startswith(f"validations/{table}/"))
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Data Docs : {table}</title>'
        f'<meta http-equiv="refresh" content="0; url={target}"></head>'
        f'<body><p><a href="{target}">Contrôles de la table {table}</a></p></body></html>\n'
    ).encode()


def _index(publisher: str, by_table: Mapping[str, Sequence[RuleResult]], data_date: date | None) -> bytes:
    rows = "".join(
        f'<tr><th scope="row"><a href="{table}.html">{TABLES[table].title}</a></th><td>{len(group)}</td>'
        f"<td>{sum(not r.passed for r in group)}</td></tr>"
        for table, group in by_table.items()
    )
    title = f"Contrôles de qualité (Data Docs) : {html.escape(publisher)}"
    told = f"Données au {french_date(data_date)}." if data_date else "Données sans date."
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        "</head><body>"
        f'<h1>{title}</h1><p class="how">{told} Une page par table dit chaque règle, ce qu\'elle attend et des valeurs '
        "en défaut. « À regarder » : règles dont les défauts dépassent la tolérance.</p>"
        "<table><caption>Règles par table</caption><thead><tr>"
        '<th scope="col">Table</th><th scope="col">Règles</th><th scope="col">À regarder</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></body></html>\n"
    ).encode()


def _put(folder: UPath, files: Mapping[str, bytes]) -> None:
    """The files as they are to be, and no other: pages of an earlier run go."""
    for name, data in files.items():
        write_bytes(folder / name, data)
    wanted = {str(folder / name) for name in files}
    for path in list(_files(folder)):
        if str(path) not in wanted:
            path.unlink()


def _files(folder: UPath) -> Iterator[UPath]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def copy_site(lake: Lake, target: Path) -> None:
    """The pages on a local disk, for a lake that is not one."""
    source = docs_folder(lake)
    for path in _files(source):
        relative = str(path).removeprefix(str(source)).lstrip("/")
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as read, (target / relative).open("wb") as written:
            shutil.copyfileobj(read, written)
