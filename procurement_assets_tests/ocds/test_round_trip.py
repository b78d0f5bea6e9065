"""DECP to OCDS and back: the same normalised record."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given, settings

from procurement_assets.decp.clean import clean, refusal
from procurement_assets.decp.model import Acte, Contract, Execution, Modification, ModificationActe, Operateur
from procurement_assets.decp.raw import RawRecord, ReadRecord
from procurement_assets.decp.reader import read_path
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.inverse import decp_of
from procurement_assets.ocds.mapping import releases
from procurement_assets.sample import generate, load_profile, profile_names, write
from procurement_assets_tests.ocds.support import PROFILE
from procurement_assets_tests.ocds.support import PUBLISHER as PARIS
from procurement_assets_tests.strategies import contracts


def normalised(contract: Contract) -> Contract:
    """What `decp.clean` makes of the values of a contract: the values that a normalised record can have."""
    values = msgspec.to_builtins(contract)
    uid = values.pop("uid")
    raw = msgspec.convert(values, RawRecord)
    assume(refusal(raw) is None)
    made = clean(raw).contract
    made.uid = made.uid + uid.removeprefix(contract.acheteur_id + contract.id)
    return made


def back(contract: Contract, names: dict[str, str] | None = None) -> Contract:
    """There and back, the releases shuffled and through their JSON."""
    made = releases(contract, PARIS, fallback_date="2026-11-23", names=names)
    lines = [msgspec.json.decode(msgspec.json.encode(r)) for r in made]
    random.Random(1).shuffle(lines)
    return decp_of(lines)


@settings(max_examples=300, deadline=None)
@given(contracts())
def test_any_normalised_contract_comes_back(drawn: Contract) -> None:
    contract = normalised(drawn)
    assert back(contract) == contract


@settings(max_examples=100, deadline=None)
@given(contracts())
def test_names_of_the_register_never_come_back_as_published(drawn: Contract) -> None:
    names = {"21750001600019": "VILLE DE PARIS", "217500016": "VILLE DE PARIS", "552045999": "A SA", "A": "B"}
    contract = normalised(drawn)
    assert back(contract, names) == contract


def marche() -> Contract:
    """A marché with everything in an order that the releases do not have."""
    holder = Operateur(typeIdentifiant="SIRET", id="55204599900869")
    other = Operateur(typeIdentifiant="HORS-UE", id="X1", denominationSociale="Autre")
    act = {"dureeMois": 3, "montant": 10.5, "variationPrix": "Ferme"}
    return Contract(
        kind="marche",
        format="2022",
        uid="217500016000192024T1~0a1b2c3d",
        id="2024T1",
        acheteur_id="21750001600019",
        dateNotification="2024-05-15",
        datePublicationDonnees="2024-05-25",
        montant=100.0,
        techniques=["Catalogue électronique", "Accord-cadre"],
        modalitesExecution=["Bons de commande", "Tranches"],
        considerationsSociales=["Critère social", "Clause sociale", "Concession réservée"],
        offresRecues=-1,
        titulaires=[other, holder],
        modifications=[
            Modification(id=2, dateNotificationModification="2024-07-01", titulaires=[holder, other]),
            Modification(id=1, dateNotificationModification="2024-08-01", montant=120.0),
        ],
        actesSousTraitance=[
            Acte(id=2, sousTraitant=other, dateNotification="2024-09-01", **act),  # type: ignore[arg-type]
            Acte(id=1, sousTraitant=holder, dateNotification="2024-06-01", **act),  # type: ignore[arg-type]
        ],
        modificationsActesSousTraitance=[
            ModificationActe(id=7, montant=1.0, datePublicationDonnees="2024-12-01"),
            ModificationActe(id=1, montant=2.0, datePublicationDonnees="2024-11-01"),
        ],
    )


def test_orders_that_publication_dates_do_not_tell_come_back() -> None:
    contract = marche()
    assert back(contract) == contract


def test_years_of_a_concession_come_back_in_the_published_order() -> None:
    years = [Execution(datePublicationDonneesExecution=d) for d in ("2025-01-02", "2024-01-02", "2024-01-02")]
    contract = Contract(kind="concession", format="2019", uid="1C1", id="C1", acheteur_id="1", donneesExecution=years)
    assert back(contract) == contract


@pytest.mark.parametrize("start", [None, "2024-04-01", "2024-04-02", "2060-01-01"])
def test_the_start_of_a_concession_is_not_its_signature(start: str | None) -> None:
    contract = Contract(
        kind="concession",
        format="2022",
        uid="1C1",
        id="C1",
        acheteur_id="1",
        dateSignature="2024-04-02",
        dateDebutExecution=start,
    )
    assert back(contract) == contract


@settings(max_examples=200, deadline=None)
@given(contracts())
def test_the_compiled_release_alone_gives_the_whole_record(drawn: Contract) -> None:
    contract = normalised(drawn)
    lines = [msgspec.json.encode(r) for r in releases(contract, PARIS, fallback_date="2026-11-23")]
    assert decp_of([Compiler(PROFILE).compile(lines)]) == contract


def test_releases_without_an_award_are_refused() -> None:
    made = releases(marche(), PARIS, fallback_date="2026-11-23")
    with pytest.raises(ValueError, match="no release with a tender"):
        decp_of(made[1:])


def records(path: Path) -> Iterator[Contract]:
    """The normalised records of a file."""
    for read in read_path(path):
        if isinstance(read, ReadRecord) and refusal(read.record) is None:
            yield clean(read.record).contract


def check(found: Iterator[Contract]) -> tuple[int, int]:
    """How many contracts, and how many come back."""
    total = same = 0
    for contract in found:
        total += 1
        same += decp_of(releases(contract, PARIS, fallback_date="2026-11-23")) == contract
    return total, same


def test_every_official_example_comes_back(shared: Path) -> None:
    folder = shared / "reference" / "decp_schemas"
    files = sorted(p for p in folder.rglob("*") if "exemples" in p.parts and p.suffix in (".json", ".xml"))
    counts = [check(records(path)) for path in files]
    assert [str(f) for f, (t, s) in zip(files, counts, strict=True) if t != s] == []
    assert (len(files), sum(t for t, _ in counts)) == (144, 210)


def test_every_file_of_the_mirror_comes_back(shared: Path) -> None:
    folder = shared / "mirror" / "static.data.gouv.fr" / "resources"
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".xml") and p.is_file())
    counts = [check(records(path)) for path in files]
    assert [str(f) for f, (t, s) in zip(files, counts, strict=True) if t != s] == []
    assert sum(t for t, _ in counts) > 15_000


@pytest.mark.parametrize("profile", profile_names())
def test_generated_dirty_records_come_back(profile: str, tmp_path: Path) -> None:
    path = tmp_path / "sample"
    with path.open("wb") as stream:
        write(generate(load_profile(profile), 2_000, 42), load_profile(profile).layout, stream)
    total, same = check(records(path))
    assert same == total > 1_500
