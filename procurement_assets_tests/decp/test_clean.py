"""Cleaning: each rule on the value that asks for it, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement_assets.decp.clean import Cleaned, Refused, clean, refusal
from procurement_assets.decp.clean_values import Cleaner
from procurement_assets.decp.codelists import PROCEDURE_MARCHE, TYPE_IDENTIFIANT
from procurement_assets.decp.raw import (
    RawActe,
    RawModification,
    RawModificationActe,
    RawOperateur,
    RawRecord,
)
from procurement_assets.decp.rules import CLEANING_RULES


def cleaned(**fields: Any) -> Cleaned:
    base: dict[str, Any] = {"kind": "marche", "format": "2022", "id": "2024T00001", "acheteur_id": "21750001600019"}
    return clean(RawRecord(**(base | fields)))


def rules(result: Cleaned) -> list[tuple[str, str]]:
    return [(r.path, r.rule) for r in result.repairs]


@pytest.mark.parametrize(
    ("published", "expected", "rule"),
    [
        ("2024-05-15", "2024-05-15", None),
        ("2019-04-25+02:00", "2019-04-25", "date.timezone"),
        ("2024-05-15Z", "2024-05-15", "date.timezone"),
        ("2024-05-15T00:00:00", "2024-05-15", "date.time"),
        ("2024-05-15T00:00:00Z", "2024-05-15", "date.time"),
        ("2024-05-15T23:30:00-02:00", "2024-05-15", "date.time"),
        ("2024-05-15 10:20:30.123", "2024-05-15", "date.time"),
        ("15/05/2024", "2024-05-15", "date.order"),
        ("2019-4-5", "2019-04-05", "date.order"),
        ("20240515", "2024-05-15", "date.order"),
        ("September, 16 2021 00:00:00", "2021-09-16", "date.order"),
        ("15 mai 2024", "2024-05-15", "date.order"),
        ("2024-05-15 00:00:00+00", "2024-05-15", "date.time"),
        ("2024-05-15 23:30:00 UTC", "2024-05-15", "date.time"),
        ("20240515T103000", "2024-05-15", "date.order"),
        ("Wed, 15 May 2024 00:00:00 GMT", "2024-05-15", "date.order"),
        ("15-Mar-2024", "2024-03-15", "date.order"),
        (1715724000000, "2024-05-15", "date.time"),  # milliseconds, midnight in Paris
        ("/Date(1715731200000+0200)/", "2024-05-15", "date.time"),
        ("202405151030", None, "date.invalid"),
        ("lundi 1er Août 2022", "2022-08-01", "date.order"),
        ("31 février 2024", None, "date.invalid"),
        ("15 floréal 2024", None, "date.invalid"),
        ("9999-99-99", None, "date.invalid"),
        ("2023-02-29", None, "date.invalid"),
        ("demain", None, "date.invalid"),
        ("0002-11-30", None, "date.incredible"),
        ("5021-03-01", None, "date.incredible"),
        ("NC", None, "null.nc"),
        ("", None, None),
        (None, None, None),
        (20240515, "2024-05-15", "date.order"),
    ],
)
def test_a_date_is_read_however_it_is_written(published: Any, expected: str | None, rule: str | None) -> None:
    result = cleaned(dateNotification=published)
    assert result.contract.dateNotification == expected
    assert [r for _, r in rules(result)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("published", "expected", "rule"),
    [
        (136043.93, 136043.93, None),
        ("136043.93", 136043.93, "number.text"),
        ("136 043,93 €", 136043.93, "number.text"),
        ("1.0E17", 1e17, "number.text"),
        ("1.234,56", 1234.56, "number.text"),
        ("1,234.56", 1234.56, "number.text"),
        ("-1.234.567,8 €", -1234567.8, "number.text"),
        ("1.234.567", 1234567.0, "number.text"),
        ("1'234'567.89", 1234567.89, "number.text"),
        ("12.500", 12.5, "number.text"),
        ("136 043,93 euros HT", 136043.93, "number.text"),
        ("€ 12.5", 12.5, "number.text"),
        ("12 TTC", None, "number.invalid"),
        ("HT", None, "number.invalid"),
        ("1.23.456", None, "number.invalid"),
        ("1,234,56", None, "number.invalid"),
        ("NC", None, "null.nc"),
        ("douze", None, "number.invalid"),
        (True, None, "number.invalid"),
        (10, 10.0, None),
        (-5, -5.0, None),
        ("nan", None, "null.nc"),
        ("inf", None, "number.invalid"),
    ],
)
def test_an_amount_keeps_its_value_and_only_its_writing_changes(published: Any, expected: Any, rule: Any) -> None:
    result = cleaned(montant=published)
    assert result.contract.montant == expected
    assert [r for _, r in rules(result)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("published", "expected", "rule"),
    [
        ("45210000", "45210000", None),
        ("45210000-2", "45210000", "cpv.key"),
        ("3121000", "03121000", "cpv.leading-zero"),
        ("9310000", "09310000", "cpv.leading-zero"),
        (3121000, "03121000", "cpv.leading-zero"),
        ("4521000", "4521000", None),  # 04 is no division: not repaired, left for the checks to find
        ("", None, None),
        ("NC", None, "null.nc"),
        ("INX 45", "INX 45", None),
    ],
)
def test_a_cpv_code_gets_its_leading_zero_back_and_nothing_else(published: Any, expected: Any, rule: Any) -> None:
    result = cleaned(codeCPV=published)
    assert result.contract.codeCPV == expected
    assert [r for _, r in rules(result)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("MARCHE PASSE SANS PUBLICITE NI MISE EN CONCURRENCE PREALABLE", PROCEDURE_MARCHE.labels[4]),
        ("Marché public négocié sans publicité ni mise en concurrence préalable", PROCEDURE_MARCHE.labels[4]),
        ("Procédure négociée avec mise en concurrence préalable", "Procédure avec négociation"),
        ("Appel d’offres ouvert", "Appel d'offres ouvert"),
        ("Concours de beauté", "Concours de beauté"),
    ],
)
def test_a_label_is_brought_to_the_code_list_and_an_unknown_one_is_left(published: str, expected: str) -> None:
    result = cleaned(procedure=published)
    assert result.contract.procedure == expected
    assert rules(result) == ([("procedure", "code.label")] if published != expected else [])


@pytest.mark.parametrize("published", ["HORS_UE", "HORSUE", "hors-ue", "Hors UE"])
def test_identifier_types_of_platforms_are_known(published: str) -> None:
    assert TYPE_IDENTIFIANT.match(published) == "HORS-UE"


def test_nc_in_a_list_is_dropped_and_its_neighbours_stay() -> None:
    result = cleaned(considerationsSociales=["NC", "Clause sociale", "Clause Sociale"])
    assert result.contract.considerationsSociales == ["Clause sociale"]
    assert rules(result) == [
        ("considerationsSociales[0]", "null.nc"),
        ("considerationsSociales[2]", "code.label"),
        ("considerationsSociales[2]", "list.duplicate"),
    ]


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        *[("oui", True), ("non", False), ("0", False), (1, True), ("NC", None), ("peut-être", None), (False, False)],
        *[(1.0, True), (0.0, False), ("1.0", True), (2.0, None)],
    ],
)
def test_a_boolean_is_read_in_every_writing(published: Any, expected: bool | None) -> None:
    assert cleaned(marcheInnovant=published).contract.marcheInnovant is expected


def test_a_duration_with_its_unit_is_read() -> None:
    result = cleaned(dureeMois="12 mois")
    assert result.contract.dureeMois == 12
    assert rules(result) == [("dureeMois", "number.text")]


def test_a_record_that_names_its_buyer_without_a_siret_says_so() -> None:
    refused = refusal(RawRecord(kind="marche", format="2019", id="1", acheteur_nom="État"))
    assert refused == Refused("record.no-buyer", "l'enregistrement ne donne pas le SIRET de son acheteur (« État »)")


def test_a_fractional_duration_is_raised_to_the_next_month() -> None:
    result = cleaned(dureeMois=5.5)
    assert result.contract.dureeMois == 6
    assert rules(result) == [("dureeMois", "duration.ceil")]


def test_text_keeps_its_words_and_loses_entities_controls_and_repeated_spaces() -> None:
    result = cleaned(objet=" Entretien &amp; r&#233;paration\n des  jardins\x07 ")
    assert result.contract.objet == "Entretien & réparation des jardins"
    assert [r for _, r in rules(result)] == ["text.entities", "text.control", "text.space"]
    assert result.repairs[0].original == " Entretien &amp; r&#233;paration\n des  jardins\x07 "


def test_a_zero_that_means_unknown_is_emptied_only_where_the_source_says_so() -> None:
    raw = RawRecord(kind="marche", format="2022", id="1", acheteur_id="21750001600019", tauxAvance=0.0, origineUE=0.0)
    kept, emptied = clean(raw), clean(raw, frozenset({"tauxAvance"}))
    assert (kept.contract.tauxAvance, kept.contract.origineUE) == (0.0, 0.0)
    assert (emptied.contract.tauxAvance, emptied.contract.origineUE) == (None, 0.0)
    assert rules(emptied) == [("tauxAvance", "zero.unknown")]


def test_a_whole_zero_that_means_unknown_is_emptied_too() -> None:
    raw = RawRecord(kind="marche", format="2022", id="1", acheteur_id="21750001600019", offresRecues=0)
    assert clean(raw).contract.offresRecues == 0
    emptied = clean(raw, frozenset({"offresRecues"}))
    assert emptied.contract.offresRecues is None
    assert rules(emptied) == [("offresRecues", "zero.unknown")]


def test_a_siret_loses_its_separators_and_gets_a_lost_zero_back() -> None:
    assert _holder_id("382 357 721 00051") == "38235772100051"
    assert _holder_id(5580019000011) == "5580019000011"  # no key agrees: left as published
    assert _holder_id(6580011200016) == "06580011200016"
    assert _holder_id("6580011200016") == "6580011200016"  # text may have lost any digit
    assert _holder_id("0611331048300") == "0611331048300"  # starts with a zero: truncated at the end, not at the start


@pytest.mark.parametrize(
    ("published", "expected", "rule"),
    [
        ("38235772100051.0", "38235772100051", "siret.decimal"),
        ("3.8235772100051E13", "38235772100051", "siret.decimal"),
        ("3.82357721E13", "3.82357721E13", None),  # digits are lost: left as published
        ("00038235772100051", "38235772100051", "siret.zeros"),
        ("00012345678901234", "00012345678901234", None),  # the key is wrong
        ("0000000000000000", "0000000000000000", None),
    ],
)
def test_a_siret_loses_what_a_tool_added_to_it(published: str, expected: str, rule: str | None) -> None:
    assert _holder_id(published) == expected
    raw = RawRecord(kind="marche", format="2022", id="1", acheteur_id=published)
    assert clean(raw).contract.acheteur_id == expected
    assert rules(clean(raw)) == ([("acheteur.id", rule)] if rule else [])


def test_a_mark_of_absence_is_no_buyer_no_id_and_no_untyped_holder() -> None:
    known = RawRecord(kind="marche", format="2019", id="1", acheteur_id="21750001600019")
    assert refusal(known) is None
    no_buyer, no_id = (refusal(msgspec.structs.replace(known, **{f: "NC"})) for f in ("acheteur_id", "id"))
    assert (no_buyer and no_buyer.reason, no_id and no_id.reason) == ("record.no-buyer", "record.no-id")
    result = cleaned(titulaires=[RawOperateur(id="NC"), RawOperateur(typeIdentifiant="SIRET", id="NA")])
    assert [t.id for t in result.contract.titulaires] == ["NA"]  # declared as a SIRET: the checks find it


def test_cdata_marks_written_in_a_text_are_removed() -> None:
    result = cleaned(objet="<![CDATA[Chaises & tables]]>")
    assert result.contract.objet == "Chaises & tables"
    assert rules(result) == [("objet", "text.cdata")]


def test_labels_joined_in_one_text_are_told_apart_where_each_is_known() -> None:
    result = cleaned(techniques=["Accord-cadre, concours"], typesPrix=["Ferme, ou non"])
    assert result.contract.techniques == ["Accord-cadre", "Concours"]
    assert result.contract.typesPrix == ["Ferme, ou non"]
    assert rules(result) == [("techniques[0]", "list.joined")]


def _holder_id(published: Any) -> str | None:
    return cleaned(titulaires=[RawOperateur(typeIdentifiant="SIRET", id=published)]).contract.titulaires[0].id


def test_an_untyped_identifier_that_is_a_siret_is_typed() -> None:
    result = cleaned(titulaires=[RawOperateur(id="38235772100051")])
    assert result.contract.titulaires[0].typeIdentifiant == "SIRET"
    assert ("titulaires[0].typeIdentifiant", "id.type-deduced") in rules(result)


def test_empty_and_repeated_holders_are_removed_and_told() -> None:
    holder = RawOperateur(typeIdentifiant="SIRET", id="38235772100051", denominationSociale="PSG")
    result = cleaned(titulaires=[holder, RawOperateur(typeIdentifiant="SIRET", id=""), holder])
    assert [t.id for t in result.contract.titulaires] == ["38235772100051"]
    assert rules(result) == [("titulaires[1]", "holder.empty"), ("titulaires[2]", "holder.duplicate")]


def test_a_concession_field_in_a_modification_of_a_marche_is_read_as_its_own() -> None:
    modification = RawModification(objetModification="Avenant", dateSignatureModification="2021-02-03", montant="12")
    result = cleaned(modifications=[modification])
    found = result.contract.modifications[0]
    assert (found.dateNotificationModification, found.dateSignatureModification) == ("2021-02-03", None)
    assert ("modifications[0].dateSignatureModification", "modification.signature-date") in rules(result)


def test_modifications_are_put_in_order_and_repetitions_removed() -> None:
    late = RawModification(id=2, dateNotificationModification="2025-12-02", montant=5225.0)
    early = RawModification(id=1, dateNotificationModification="2025-02-27", montant=34182.09)
    result = cleaned(modifications=[late, early, late])
    assert [m.id for m in result.contract.modifications] == [1, 2]
    assert ("modifications", "modification.duplicate") in rules(result)


def test_acts_and_their_modifications_count_once_and_modifications_come_in_order() -> None:
    act = RawActe(id=1, montant=100, sousTraitant=RawOperateur(typeIdentifiant="SIRET", id="38235772100051"))
    later = RawModificationActe(id=1, montant=9, dateNotificationModificationSousTraitance="2024-07-01")
    same_day = msgspec.structs.replace(later, montant=20, datePublicationDonnees="2024-07-02")
    first = RawModificationActe(id=1, montant=15, dateNotificationModificationSousTraitance="2024-06-01")
    result = cleaned(
        actesSousTraitance=[act, act], modificationsActesSousTraitance=[later, first, same_day, first, later]
    )
    assert [a.montant for a in result.contract.actesSousTraitance] == [100.0]
    assert [m.montant for m in result.contract.modificationsActesSousTraitance] == [15.0, 20.0, 9.0]
    assert [(r.path, r.rule, r.original, r.value) for r in result.repairs] == [
        ("actesSousTraitance", "entry.duplicate", 2, 1),
        ("modificationsActesSousTraitance", "entry.duplicate", 5, 3),
    ]


def test_the_modifications_of_other_acts_keep_their_places() -> None:
    said = [(2, "2024-07-01"), (1, "2024-09-01"), (2, "2024-06-01"), (1, None)]
    changes = [RawModificationActe(id=i, dateNotificationModificationSousTraitance=d) for i, d in said]
    found = cleaned(modificationsActesSousTraitance=changes).contract.modificationsActesSousTraitance
    assert [(m.id, m.dateNotificationModificationSousTraitance) for m in found] == [
        (2, "2024-06-01"),
        (1, "2024-09-01"),
        (2, "2024-07-01"),
        (1, None),
    ]


def test_a_record_without_buyer_or_id_has_no_identity() -> None:
    no_buyer = refusal(RawRecord(kind="marche", format="2022", id="1"))
    no_id = refusal(RawRecord(kind="marche", format="2022", id=" ", acheteur_id="21750001600019"))
    assert no_buyer is not None
    assert no_id is not None
    assert (no_buyer.reason, no_id.reason) == ("record.no-buyer", "record.no-id")
    assert refusal(RawRecord(kind="marche", format="2022", id=0, acheteur_id="21750001600019")) is None
    with pytest.raises(ValueError, match="without buyer or id"):
        clean(RawRecord(kind="marche", format="2022"))


def test_a_concession_keeps_its_own_names() -> None:
    result = cleaned(
        kind="concession", valeurGlobale="1000", dateSignature="2024-01-02", nature="CONCESSION DE SERVICE"
    )
    assert result.contract.valeurGlobale == 1000.0
    assert result.contract.dateSignature == "2024-01-02"
    assert result.contract.nature == "Concession de service"


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=30)
)


@given(scalars)
def test_no_value_makes_a_cleaner_raise_and_every_change_names_a_known_rule(value: Any) -> None:
    c = Cleaner()
    c.text("a", value)
    c.date("a", value)
    c.number("a", value)
    c.whole("a", value)
    c.boolean("a", value)
    c.cpv("a", value)
    c.siret("a", value)
    c.label("a", value, PROCEDURE_MARCHE)
    assert all(r.rule in CLEANING_RULES for r in c.repairs)


@given(scalars)
def test_cleaning_a_clean_value_changes_nothing(value: Any) -> None:
    for method in (Cleaner.text, Cleaner.date, Cleaner.number, Cleaner.whole, Cleaner.boolean, Cleaner.cpv):
        once = method(Cleaner(), "a", value)
        again = Cleaner()
        assert method(again, "a", once) == once
        assert again.repairs == []
