"""Files to correct: which field a finding is about, what a buyer sees, bytes that never change by themselves."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from procurement_assets.decp.model import Acte, Contract, Execution, Modification, Operateur, Tarif
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.corrections.cells import text_of
from procurement_assets.quality.corrections.columns import COLUMNS, header_of
from procurement_assets.quality.corrections.locate import locate
from procurement_assets.quality.corrections.outgoing import Batch, batches
from procurement_assets.quality.corrections.reading import read_file
from procurement_assets.quality.corrections.sheets import csv_bytes, xlsx_bytes
from procurement_assets.quality.model import Rule

SIRET, APE = "38235772100051", "4014498557120B"
HOLDER = [Operateur(typeIdentifiant="SIRET", id=APE)]
UID = "2175000160001920202020S05759"


def marche(**fields: Any) -> Contract:
    base: dict[str, Any] = {
        "objet": "=cmd|' /C calc'!A0",
        "montant": 10.0,
        "dateNotification": "2024-02-01",
        "titulaires": HOLDER,
        "nature": "Marché",
    }
    return Contract(kind="marche", format="2022", uid=UID, id="20202020S05759", acheteur_id=UID[:14], **(base | fields))


CHANGED = marche(
    modifications=[
        Modification(id=1, dateNotificationModification="2024-03-01", montant=20.0),
        Modification(id=2, dateNotificationModification="2024-04-01", titulaires=HOLDER),
    ],
    actesSousTraitance=[Acte(id=1, montant=1.0)],
)
CONCESSION_CHANGED = Contract(
    kind="concession", format="2022", uid=UID, id="c", acheteur_id=UID[:14], titulaires=HOLDER,
    modifications=[Modification(id=1, valeurGlobale=2.0, dureeMois=3)], donneesExecution=[Execution(tarifs=[Tarif()])],
)  # fmt: skip
CONCESSION = Contract(
    kind="concession", format="2022", uid=UID, id="c", acheteur_id=UID[:14], dateSignature="2024-01-01",
    valeurGlobale=1.0, titulaires=HOLDER, donneesExecution=[Execution(tarifs=[Tarif(), Tarif()])],
)  # fmt: skip


@pytest.mark.parametrize(
    ("contract", "table", "column", "record", "path"),
    [
        (CHANGED, "contracts", "montant", UID, "montant"),
        (CHANGED, "contracts", "lieuExecution_code", UID, "lieuExecution.code"),
        (CHANGED, "contracts", "montant_actuel", UID, "modifications[0].montant"),
        (CHANGED, "contracts", "dureeMois_actuelle", UID, "dureeMois"),
        (CHANGED, "contracts", "nombre_titulaires", UID, "titulaires[1].id"),
        (marche(titulaires=[]), "contracts", "nombre_titulaires", UID, "titulaires[0].id"),
        (CHANGED, "contracts", "type", UID, "codeCPV"),
        (CHANGED, "contracts", "source", UID, None),
        (CHANGED, "contracts", None, UID, None),
        (CHANGED, "contract_versions", "montant", f"{UID} | 2", "modifications[0].montant"),
        (CHANGED, "contract_versions", "date", f"{UID} | 2", "modifications[1].dateNotificationModification"),
        (CHANGED, "contract_versions", "date_publication", f"{UID} | 0", "datePublicationDonnees"),
        (CHANGED, "contract_versions", "date", f"{UID} | 9", "modifications[1].dateNotificationModification"),
        (CHANGED, "contract_versions", "modifie", f"{UID} | 1", None),
        (CHANGED, "contract_titulaires", "titulaire_id_epure", f"{UID} | 0 | 1", "titulaires[0].id"),
        (CHANGED, "contract_titulaires", "titulaire_id_publie", f"{UID} | 1 | 1", "titulaires[0].id"),
        (CHANGED, "contract_titulaires", "titulaire_id", f"{UID} | 2 | 1", "modifications[1].titulaires[0].id"),
        (CHANGED, "contract_titulaires", "titulaire_id", f"{UID} | 2 | 7", None),
        (CHANGED, "subcontracts", "montant", f"{UID} | 1 | 0", "actesSousTraitance[0].montant"),
        (CHANGED, "subcontracts", "montant", f"{UID} | 1 | 1", None),
        (CHANGED, "subcontracts", "montant", f"{UID} | 2 | 0", None),
        (CHANGED, "ledger", "uid", "s | f | 0 | t", None),
        (CHANGED, "contracts", "montant", "(table entière)", "montant"),
        (CHANGED, "contract_versions", "montant", "(table entière)", None),
        (CHANGED, "no_such_table", "montant", UID, None),
        (CHANGED, "contracts", "codeCPV_publie", UID, "codeCPV"),
        (CHANGED, "reconciliation", "montant", f"ville | {UID}", "montant"),
        (CHANGED, "reconciliation", "titulaires", f"ville | {UID}", "titulaires[0].id"),
        (marche(titulaires=HOLDER * 2), "reconciliation", "titulaires", f"ville | {UID}", None),
        (CONCESSION, "concessions", "valeurGlobale_actuelle", UID, "valeurGlobale"),
        (CONCESSION, "concession_versions", "date", f"{UID} | 0", "dateSignature"),
        (CONCESSION, "concession_execution", "tarif", f"{UID} | 1 | 2", "donneesExecution[0].tarifs[1].tarif"),
    ],
)
def test_a_finding_leads_to_the_field_that_published_the_value(
    contract: Contract, table: str, column: str | None, record: str, path: str | None
) -> None:
    assert locate(contract, table, column, record) == path


KEYS = {
    "contract_versions": "1",
    "concession_versions": "1",
    "contract_titulaires": "0 | 1",
    "concession_titulaires": "0 | 1",
    "subcontracts": "1 | 0",
    "concession_execution": "1 | 1",
}


CATALOGUE = load_catalogue()


@pytest.mark.parametrize("rule", [r for r in CATALOGUE.rules if r.correctable], ids=lambda r: r.id)
def test_a_rule_that_is_correctable_is_about_a_field_that_can_be_corrected(rule: Rule) -> None:
    """Otherwise its YAML says `correctable: false`: its findings would never reach a buyer."""
    table = CATALOGUE.table_of(rule.id)
    contract = CONCESSION_CHANGED if table.startswith("concession") else CHANGED
    record = f"{UID} | {KEYS[table]}" if table in KEYS else UID
    assert locate(contract, table, rule.column or rule.columns[0], record) is not None


LATE = ("DECP-M-306", "DECP-V-303", "DECP-CV-303", "DECP-S-303", "DECP-C-306")


@pytest.mark.parametrize("rule", LATE)
def test_a_late_publication_is_not_sent_to_be_corrected(rule: str) -> None:
    late = finding(rule=rule, column="datePublicationDonnees", value="2024-09-01")
    (batch,) = made([finding(), late], [])
    assert [r["rule"] for r in batch.rows] == ["DECP-M-403"]
    assert batch.not_correctable == {rule: 1}


def test_what_the_list_of_the_city_says_otherwise_is_sent_with_its_value() -> None:
    slip = finding(
        rule="DECP-R-101", table="reconciliation", record=f"ville | {UID}", expected="Un montant proche de 100 euros."
    )
    (batch,) = made([slip], [])
    assert [(r["path"], r["published"], r["expected"]) for r in batch.rows] == [
        ("montant", "10", "Un montant proche de 100 euros.")
    ]


def finding(**fields: Any) -> dict[str, Any]:
    base = {
        "rule": "DECP-M-403", "severity": "critical", "table": "contracts", "record": UID, "uid": UID,
        "column": "montant", "value": "10", "expected": "le montant réel", "advice": "Reprendre l'acte.", "source": "s",
    }  # fmt: skip
    return base | fields


def suggestion(**fields: Any) -> dict[str, Any]:
    base = {
        "uid": UID, "source": "s", "champ": "nature", "publie": "Marche", "propose": "Marché", "rule": "code.proche",
        "confiance": "probable", "raison": "pas dans la liste",
    }  # fmt: skip
    return base | fields


def made(findings: list[dict[str, Any]], suggestions: list[dict[str, Any]], **services: str) -> list[Batch]:
    contracts = {UID: marche()}
    return batches(
        findings, suggestions, contracts, {UID: "s"}, load_catalogue(), {UID[:14]: n for n in services.values()}
    )


def test_every_finding_and_suggestion_is_a_row_critical_ones_first() -> None:
    holder = finding(
        rule="DECP-T-202", table="contract_titulaires", record=f"{UID} | 0 | 1", column="titulaire_id_epure"
    )
    (batch,) = made([finding(severity="info"), holder, finding(rule="DECP-L-105", table="ledger")], [suggestion()])
    assert [(r["severity"], r["path"]) for r in batch.rows] == [
        ("critique", "titulaires[0].id"),
        ("suggestion", "nature"),
        ("à savoir", "montant"),
    ]
    assert batch.rows[0]["published"] == APE
    assert batch.rows[0]["proposed"] == "SIREN 401449855 : compléter par le SIRET"
    assert batch.rows[2]["expected"] == "le montant réel"
    assert batch.rows[2]["title"]
    assert batch.rows[2]["legal_basis"]
    assert batch.not_correctable == {"DECP-L-105": 1}


def test_files_are_cut_by_service_where_it_is_known() -> None:
    assert [(b.source, b.direction) for b in made([finding()], [], voirie="Voirie")] == [("s", "Voirie")]
    assert [(b.source, b.direction) for b in made([finding()], [])] == [("s", "")]


def test_a_suggestion_on_the_field_of_a_finding_is_its_proposal() -> None:
    (batch,) = made([finding(column="nature")], [suggestion()])
    assert [(r["rule"], r["proposed"]) for r in batch.rows] == [("DECP-M-403", "Marché")]


def test_the_workbook_has_ids_as_text_dates_as_dates_lists_and_no_formula() -> None:
    (batch,) = made([finding(), finding(column="nature")], [])
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(batch, date(2026, 1, 15), "Source")))
    assert book.sheetnames == ["À corriger", "Lisez-moi", "Listes"]
    sheet = book["À corriger"]
    titles = [c.value for c in sheet[1]]
    assert titles == [c.title for c in COLUMNS]
    cells = dict(zip(titles, sheet[2], strict=True))
    assert (cells["Identifiant unique"].value, cells["Identifiant unique"].number_format) == (UID, "@")
    assert cells["Date du contrat"].value.date() == date(2024, 2, 1)  # type: ignore[union-attr]
    assert cells["Date du contrat"].number_format == "dd/mm/yyyy"
    assert (cells["Objet"].value, cells["Objet"].data_type) == ("=cmd|' /C calc'!A0", "s")
    assert (sheet.freeze_panes, sheet.protection.sheet) == ("C2", False)
    assert all(cells[n].value is None for n in ("Valeur corrigée", "Auteur", "Date", "Motif"))
    (validation,) = sheet.data_validations.dataValidation
    assert (validation.formula1, str(validation.sqref)) == ("Listes!$A$1:$A$5", "I3")
    assert [c.value for c in book["Listes"]["A"]][:2] == ["Marché", "Marché de partenariat"]
    assert book["Listes"].sheet_state == "hidden"


def test_the_csv_is_for_french_excel_and_runs_no_formula() -> None:
    (batch,) = made([finding()], [])
    data = csv_bytes(batch.rows)
    assert data.startswith(b"\xef\xbb\xbf")
    head, line = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    cells = dict(zip(head, line, strict=True))
    assert header_of(head) is not None
    assert cells["Objet"] == "'=cmd|' /C calc'!A0"
    assert cells["SIRET de l'acheteur"] == "'21750001600019"
    assert cells["Date du contrat"] == "01/02/2024"


@pytest.mark.parametrize("published", ["03111000", "2025E0", "0042", "21750001600019", "2175000160001920151120001381"])
def test_a_code_that_a_spreadsheet_would_read_as_a_number_comes_back_as_it_was(published: str) -> None:
    (batch,) = made([finding()], [])
    data = csv_bytes([r | {"published": published} for r in batch.rows])
    (line,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    assert line["Valeur publiée"] == f"'{published}"
    assert text_of(line["Valeur publiée"]) == published


@pytest.mark.parametrize("published", ["12", "10165.95", "0", "0,5", "-5", "2024-03-12", "Marché", "2024T06567"])
def test_what_is_a_number_or_a_text_has_no_apostrophe(published: str) -> None:
    (batch,) = made([finding()], [])
    data = csv_bytes([r | {"published": published} for r in batch.rows])
    (line,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    assert text_of(line["Valeur publiée"]) == published


def test_the_same_rows_give_the_same_bytes() -> None:
    (first,), (second,) = made([finding()], [suggestion()]), made([finding()], [suggestion()])
    assert xlsx_bytes(first, date(2026, 1, 15), "S") == xlsx_bytes(second, date(2026, 1, 15), "S")
    assert xlsx_bytes(first, None, "S") == xlsx_bytes(second, None, "S")
    assert csv_bytes(first.rows) == csv_bytes(second.rows)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_filled_in_comes_back_as_it_was_sent(kind: str) -> None:
    (batch,) = made([finding()], [])
    filled = {"Valeur corrigée": "250000", "Auteur": "A. Durand", "Date": "12/03/2026", "Motif": "acte"}
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(batch, date(2026, 1, 15), "S")))
        sheet = book["À corriger"]
        for cell in sheet[1]:
            if cell.value in filled:
                sheet.cell(2, cell.column or 0).value = filled[str(cell.value)]
        buffer = io.BytesIO()
        book.save(buffer)
        data = buffer.getvalue()
    else:
        rows = list(csv.DictReader(io.StringIO(csv_bytes(batch.rows).decode("utf-8-sig")), delimiter=";"))
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows([row | filled for row in rows])
        data = text.getvalue().encode("cp1252")
    (row,) = read_file(f"f.{kind}", data)
    assert (row["uid"], row["champ"], row["valeur_publiee"]) == (UID, "montant", "10")
    assert (row["valeur_corrigee"], row["date"], row.get("refus")) == ("250000", "2026-03-12", None)
