"""Rules that read a register: not applicable without it, run again when it changes, silent on clean data."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from procurement_assets.checks import _rule_result
from procurement_assets.lake import Lake
from procurement_assets.publishers import Source
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.derived_registers import REGISTERS
from procurement_assets.quality.results import RuleResult, findings
from procurement_assets.quality.store import Checked
from procurement_assets.quality.suites import needs, run_catalogue
from procurement_assets.quality.trend import record_run
from procurement_assets.registers.refresh import READERS
from procurement_assets.registers.sirene import read_stock
from procurement_assets.registers.store import write_register
from procurement_assets.sample import generate, load_profile, punctual, write
from procurement_assets.sample.registers import write_sample_register
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality import support
from procurement_assets_tests.quality.seeded import DATA_DATE, tables_of

CATALOGUE = load_catalogue()
RULES = {r.id: (t, r) for t, rules in CATALOGUE.tables.items() for r in rules if set(needs(t, [r])) & REGISTERS}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    for name in TABLES:
        made.write_table(TABLES[name].frame([]), name, "paris")
    row = support.row("contracts", "c1", 0, {"codeCPV": "77310001", "lieuExecution_code": "96"})
    made.write_table(support.frame("contracts", [row]), "contracts", "paris")
    return made


def result(lake: Lake, rule_id: str) -> RuleResult:
    table, rule = RULES[rule_id]
    return Checked(lake, "paris").results(table, [rule])[0]


def test_which_rules_read_a_register() -> None:
    assert set(RULES) == {
        f"DECP-{kind}-{number}"
        for kinds, numbers in ((("M", "C"), (611, 612)), (("T", "CT"), (209, 210)))
        for kind in kinds
        for number in numbers
    }
    assert all(rule.severity != "critical" and not rule.blocking for _, rule in RULES.values())


@pytest.mark.parametrize("rule_id", RULES)
def test_without_a_register_the_rule_judges_nothing_and_says_so(lake: Lake, rule_id: str) -> None:
    found = result(lake, rule_id)
    assert (found.in_scope, found.evaluated, found.failing, found.error) == (0, 0, 0, "")
    assert found.not_applicable.startswith("registre ")
    assert found.not_applicable.endswith(" absent")
    check = _rule_result(found, "http://127.0.0.1:3001")
    assert check.passed
    assert check.description == (
        f"Non applicable : {found.not_applicable}. Le demander : python -m procurement_assets registers"
    )
    assert check.metadata["registres absents"].value == ", ".join(found.missing)


def test_the_words_name_the_register(lake: Lake) -> None:
    assert result(lake, "DECP-M-611").not_applicable == "registre CPV absent"
    assert result(lake, "DECP-T-209").not_applicable == "registre SIRENE absent"
    assert result(lake, "DECP-M-612").not_applicable == (
        "registre des départements absent, registre des régions absent"
    )


def test_a_register_that_comes_or_changes_makes_the_rule_run_again(lake: Lake) -> None:
    assert result(lake, "DECP-M-611").evaluated == 0
    cpv = TABLES["registre_cpv"].frame(support.REGISTERS["registre_cpv"])
    write_register(lake, "registre_cpv", cpv)
    found = result(lake, "DECP-M-611")
    assert (found.evaluated, found.failing, found.missing, found.not_applicable) == (1, 1, (), "")
    more = TABLES["registre_cpv"].frame(
        [*support.REGISTERS["registre_cpv"], {"code": "77310001", "libelle_fr": "x", "niveau": "sous-catégorie"}]
    )
    write_register(lake, "registre_cpv", more)
    assert result(lake, "DECP-M-611").failing == 0


def test_a_register_that_comes_is_not_taken_for_a_change_of_the_data(lake: Lake) -> None:
    """The findings that it brings are the rule's, as where a rule is rewritten (`quality.trend_tables`)."""

    def run() -> str:
        found = result(lake, "DECP-M-611")
        return record_run(lake, "paris", [found], findings([found]), DATA_DATE).rules[0].definition

    without = run()
    write_register(lake, "registre_cpv", TABLES["registre_cpv"].frame(support.REGISTERS["registre_cpv"]))
    assert run() == run() != without


def test_one_of_two_registers_is_enough_to_judge_what_it_says(lake: Lake) -> None:
    departements = TABLES["registre_departements"].frame(support.REGISTERS["registre_departements"])
    write_register(lake, "registre_departements", departements)
    found = result(lake, "DECP-M-612")
    assert (found.evaluated, found.failing, found.missing) == (1, 1, ("registre_regions",))
    assert found.not_applicable == ""


@pytest.mark.parametrize("profile", ["paris-2022-nested", "national-2022", "national-v1"])
def test_clean_generated_data_breaks_no_rule_with_the_registers_of_the_sample(profile: str, tmp_path: Path) -> None:
    chosen, stream = punctual(load_profile(profile)), io.BytesIO()
    write(generate(chosen, 400, 5, defects=False), chosen.layout, stream)
    source = Source(id="s", name="s", kind="sample", rank=1, sample_profile=profile, sample_records=400, sample_seed=5)
    frames = tables_of([(profile, stream.getvalue())])
    results = run_catalogue(CATALOGUE, frames | _registers(source, tmp_path), data_date=DATA_DATE)
    judged = {r.rule.id: r for r in results if r.rule.id in RULES}
    assert [i for i, r in judged.items() if r.failing or r.error or r.missing] == []
    for rule_id in ("DECP-M-611", "DECP-M-612", "DECP-T-209", "DECP-T-210"):
        assert judged[rule_id].evaluated > 0, rule_id


def _registers(source: Source, folder: Path) -> dict[str, pl.DataFrame]:
    found = {}
    for kind, reader in READERS.items():
        with write_sample_register(kind, [source], folder).open("rb") as handle:
            frame = reader(handle)
        found[{"genericode": "registre_cpv"}.get(kind, f"registre_{kind}")] = frame
    stock = write_sample_register("sirene", [source], folder)
    return found | {"registre_sirene": read_stock(stock, [], everything=True)}
