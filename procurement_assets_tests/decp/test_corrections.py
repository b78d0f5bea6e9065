"""Applying corrections: every status, dates that decide, values refused with their reason, never applied twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.decp.correctable import FIELDS, RefusedValueError, read_published, read_value, same, show
from procurement_assets.decp.corrections import Correction, Corrections, apply
from procurement_assets.decp.model import Acte, Contract, Execution, Modification, Operateur, Tarif
from procurement_assets.decp.paths import NoSuchFieldError, get, put
from procurement_assets.schema import TABLES

UID = "217500016000192024T00001"
GOOD, OTHER, BAD = "38235772100051", "73282932000074", "38235772100052"


def contract(**fields: Any) -> Contract:
    base: dict[str, Any] = {
        "montant": 10.0,
        "objet": "Travaux",
        "codeCPV": "45000000",
        "dateNotification": "2024-02-01",
        "titulaires": [Operateur(typeIdentifiant="SIRET", id=BAD)],
    }
    return Contract(kind="marche", format="2022", uid=UID, id="2024T00001", acheteur_id=UID[:14], **(base | fields))


def correction(path: str, published: str | None, value: str, **fields: Any) -> Correction:
    base: dict[str, Any] = {
        "uid": UID,
        "author": "A. Durand",
        "date": "2026-01-10",
        "reason": "acte d'engagement",
        "fichier": "f.xlsx",
        "feuille": "À corriger",
        "ligne": 2,
        "file_sha256": "0" * 64,
    }
    return Correction(path=path, published=published, value=value, **(base | fields))


def one(c: Contract, *corrections: Correction) -> tuple[Contract, str, str | None]:
    changed, outcomes, _ = apply(c, corrections)
    return changed, outcomes[0].status, outcomes[0].reason


def test_a_correction_of_what_the_source_publishes_is_applied_and_leaves_a_repair() -> None:
    c = correction("montant", "10", "12 345,67")
    changed, outcomes, repairs = apply(contract(), [c])
    assert changed.montant == 12345.67
    assert (outcomes[0].status, outcomes[0].source_value) == ("appliquée", "10")
    assert [(r.path, r.rule, r.original, r.value) for r in repairs] == [
        ("montant", f"correction.{c.digest}", 10.0, 12345.67)
    ]


def test_a_correction_that_the_source_already_made_has_no_object() -> None:
    changed, status, reason = one(contract(montant=12345.67), correction("montant", "10", "12345,67"))
    assert (changed.montant, status, reason) == (12345.67, "sans objet", "la source publie déjà cette valeur")


def test_a_source_that_publishes_a_third_value_keeps_it_and_contradicts() -> None:
    changed, status, reason = one(contract(montant=500.0), correction("montant", "10", "12345,67"))
    assert (changed.montant, status) == (500.0, "contredite")
    assert reason is not None
    assert "« 500 »" in reason


def test_of_two_corrections_of_one_field_the_later_dated_wins_and_the_other_is_told() -> None:
    old = correction("objet", "Travaux", "Voirie", date="2026-01-10", ligne=9)
    new = correction("objet", "Travaux", "Voirie du 12e", date="2026-02-01", ligne=2, author="B. Petit")
    for pair in ([old, new], [new, old]):
        changed, outcomes, repairs = apply(contract(), pair)
        assert changed.objet == "Voirie du 12e"
        assert {o.correction.ligne: o.status for o in outcomes} == {9: "remplacée", 2: "appliquée"}
        told = next(o.reason for o in outcomes if o.status == "remplacée")
        assert told == "remplacée par la correction du 2026-02-01 de B. Petit (f.xlsx, ligne 2)"
        assert len(repairs) == 1


@pytest.mark.parametrize(("late", "status"), [(("10", "abc"), "refusée"), (("999", "13000"), "contredite")])
def test_a_later_correction_that_cannot_be_used_does_not_undo_an_earlier_one(
    late: tuple[str, str], status: str
) -> None:
    good = correction("montant", "10", "12000", date="2026-01-10")
    bad = correction("montant", *late, date="2026-02-01", author="B. Petit", ligne=3)
    for pair in ([good, bad], [bad, good]):
        changed, outcomes, repairs = apply(contract(), pair)
        assert changed.montant == 12000.0
        assert {o.correction.author: o.status for o in outcomes} == {"A. Durand": "appliquée", "B. Petit": status}
        assert [r.rule for r in repairs] == [f"correction.{good.digest}"]


def test_a_file_made_after_a_first_correction_corrects_it_again() -> None:
    first = correction("montant", "10", "100", date="2026-01-10")
    second = correction("montant", "100", "120", date="2026-02-10", ligne=3)
    assert apply(contract(), [first, second])[0].montant == 120.0


def test_the_same_line_in_two_files_is_applied_once() -> None:
    first, again = correction("montant", "10", "100"), correction("montant", "10", "100", fichier="g.csv")
    changed, outcomes, repairs = apply(contract(), [first, again])
    assert changed.montant == 100.0
    assert sorted(o.status for o in outcomes) == ["appliquée", "remplacée"]
    assert len(repairs) == 1
    assert first.digest == again.digest


def test_a_foreign_holder_needs_its_type_and_its_id_corrected_together() -> None:
    alone = one(contract(), correction("titulaires[0].id", BAD, "BE0431911504"))
    assert alone[1] == "refusée"
    assert "corriger aussi le type d'identifiant" in (alone[2] or "")
    pair = [
        correction("titulaires[0].id", BAD, "BE0431911504"),
        correction("titulaires[0].typeIdentifiant", "SIRET", "TVA", ligne=3),
    ]
    changed, outcomes, _ = apply(contract(), pair)
    assert changed.titulaires == [Operateur(typeIdentifiant="TVA", id="BE0431911504")]
    assert {o.status for o in outcomes} == {"appliquée"}


def test_a_missing_holder_is_added() -> None:
    changed, status, _ = one(contract(titulaires=[]), correction("titulaires[0].id", None, GOOD))
    assert (status, changed.titulaires) == ("appliquée", [Operateur(typeIdentifiant="SIRET", id=GOOD)])
    two = [correction("titulaires[0].id", None, GOOD), correction("titulaires[1].id", None, OTHER, ligne=3)]
    changed, outcomes, _ = apply(contract(titulaires=[]), two)
    assert ([t.id for t in changed.titulaires], {o.status for o in outcomes}) == ([GOOD, OTHER], {"appliquée"})
    both, status, _ = one(contract(), correction("titulaires[1].id", None, f"{OTHER[:9]} {OTHER[9:]}"))
    assert (status, [t.id for t in both.titulaires]) == ("appliquée", [BAD, OTHER])


def test_a_field_is_emptied_by_the_word_vide() -> None:
    changed, status, _ = one(contract(idAccordCadre="X"), correction("idAccordCadre", "X", "VIDE"))
    assert (status, changed.idAccordCadre) == ("appliquée", None)


def test_a_holder_whose_id_is_emptied_is_no_longer_a_holder() -> None:
    two = [Operateur(typeIdentifiant="SIRET", id=BAD), Operateur(typeIdentifiant="SIRET", id=GOOD)]
    changed, status, _ = one(contract(titulaires=two), correction("titulaires[0].id", BAD, "VIDE"))
    assert (status, [t.id for t in changed.titulaires]) == ("appliquée", [GOOD])


def test_identity_cannot_be_emptied() -> None:
    assert one(contract(), correction("id", "2024T00001", "VIDE"))[1] == "refusée"


def test_a_date_that_the_tables_could_not_read_is_corrected_from_its_published_text() -> None:
    changed, status, _ = one(
        contract(dateNotification=None), correction("dateNotification", "0218-02-01", "01/02/2018")
    )
    assert (status, changed.dateNotification) == ("appliquée", "2018-02-01")


def test_modifications_are_put_in_order_again_after_their_dates_are_corrected() -> None:
    mods = [
        Modification(id=1, dateNotificationModification="2024-03-01", montant=20.0),
        Modification(id=2, dateNotificationModification="2024-04-01", montant=30.0),
    ]
    moved = correction("modifications[0].dateNotificationModification", "2024-03-01", "2024-05-01")
    amount = correction("modifications[0].montant", "20", "25", ligne=3)
    changed, outcomes, _ = apply(contract(modifications=mods), [moved, amount])
    assert {o.status for o in outcomes} == {"appliquée"}
    assert [(m.id, m.montant) for m in changed.modifications] == [(2, 30.0), (1, 25.0)]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("id", "2024T2", "ne peut pas être corrigé"),
        ("acheteur_id", GOOD, "ne peut pas être corrigé"),
        ("titulaires[0].id", BAD, "n'est pas un SIRET"),
        ("titulaires[0].id", "3,82358E+13", "n'est pas un SIRET"),
        ("titulaires[4].id", GOOD, "n'a pas de champ"),
        ("montant", "beaucoup", "ne se lit pas comme un montant"),
        ("montant", "-5", "n'est pas un montant possible"),
        ("montant", "1e300", "n'est pas un montant possible"),
        ("codeCPV", "99000000", "division qui existe"),
        ("codeCPV", "4500000", "division qui existe"),
        ("procedure", "Gré à gré", "n'est pas dans la liste"),
        ("techniques", "Concours ; Loterie", "« Loterie » n'est pas dans la liste"),
        ("dateNotification", "32/01/2024", "ne se lit pas comme une date"),
        ("dateNotification", "01/02/0218", "ne se lit pas comme une date"),
        ("tauxAvance", "30", "une part entre 0 et 1"),
        ("dureeMois", "-3", "n'est pas un nombre possible"),
        ("marcheInnovant", "peut-être", "ne se lit pas comme oui ou non"),
        ("modifications[0].montant", "5", "n'a pas de champ"),
        ("valeurGlobale", "5", "ne peut pas être corrigé"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_reason(path: str, value: str, reason: str) -> None:
    before = contract()
    changed, status, told = one(before, correction(path, None, value))
    assert (status, changed) == ("refusée", before)
    assert reason in (told or "")


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("montant", "1 234,50 €", 1234.5),
        ("tauxAvance", "30 %", 0.3),
        ("tauxAvance", "0,3", 0.3),
        ("marcheInnovant", "Oui", True),
        ("codeCPV", "45000000-7", "45000000"),
        ("procedure", "PROCEDURE ADAPTEE", "Procédure adaptée"),
        ("techniques", "Accord-cadre ; concours", ["Accord-cadre", "Concours"]),
        ("dureeMois", "12", 12),
        ("titulaires[0].id", "382 357 721 00051", GOOD),
    ],
)
def test_a_typed_value_is_read_like_a_published_one(path: str, text: str, value: Any) -> None:
    assert read_value(contract(), path, text) == value


def test_a_contract_that_no_source_publishes_refuses_its_corrections() -> None:
    corrections = Corrections([correction("montant", "10", "100", uid="nobody")])
    corrections.apply(contract())
    assert [(o.status, o.reason) for o in corrections.finish()] == [
        ("refusée", "aucun contrat ne porte l'identifiant nobody")
    ]


def test_every_correctable_field_is_a_described_column_and_a_field_of_the_model() -> None:
    full = {
        "marche": contract(
            modifications=[Modification(titulaires=[Operateur()])], actesSousTraitance=[Acte(sousTraitant=Operateur())]
        ),
        "concession": Contract(
            kind="concession", format="2022", uid="u", id="i", acheteur_id="a",
            titulaires=[Operateur()],
            modifications=[Modification(titulaires=[Operateur()])],
            donneesExecution=[Execution(tarifs=[Tarif()])],
        ),
    }  # fmt: skip
    for kind, fields in FIELDS.items():
        for path, field in fields.items():
            assert TABLES[field.table].column(field.column).title
            ranked = path.replace("[]", "[0]")
            get(full[kind], ranked)
            assert get(put(full[kind], ranked, None), ranked) is None


@pytest.mark.parametrize(
    "path", ["nope", "montant.x", "titulaires[0].nope", "titulaires[-1].id", "", "a b", "montant[0]"]
)
def test_a_path_that_leads_nowhere_is_told(path: str) -> None:
    with pytest.raises((NoSuchFieldError, RefusedValueError)):
        put(contract(), path, 1)


values = st.one_of(
    st.text(max_size=20), st.floats(0, 1e9).map(str), st.sampled_from(["VIDE", GOOD, "01/02/2024", "oui"])
)
paths = st.sampled_from([*sorted(FIELDS["marche"]), "id", "x[0]"]).map(lambda p: p.replace("[]", "[0]"))


@given(st.lists(st.tuples(paths, values), max_size=6))
def test_a_correction_is_never_applied_twice(said: list[tuple[str, str]]) -> None:
    """Applied to its own result, a correction that was applied has no object and changes nothing."""
    before = contract(modifications=[Modification(id=1, montant=5.0)])
    corrections = [
        correction(path, show(get(before, path)) if path in ("montant", "objet") else None, value, ligne=n)
        for n, (path, value) in enumerate(said)
    ]
    once, outcomes, _ = apply(before, corrections)
    done = [o.correction for o in outcomes if o.status == "appliquée"]
    twice, again, repairs = apply(once, done)
    assert twice == once
    assert {o.status for o in again} <= {"sans objet"}
    assert repairs == []


@given(values, paths)
def test_reading_a_typed_value_raises_nothing_but_a_refusal(text: str, path: str) -> None:
    try:
        value = read_value(contract(modifications=[Modification(id=1)]), path, text)
    except (RefusedValueError, NoSuchFieldError):
        return
    field = FIELDS["marche"][path.replace("[0]", "[]")]
    if value is not None and field.type != "identifier":
        assert same(read_published(contract(modifications=[Modification(id=1)]), path, show(value)), value)
