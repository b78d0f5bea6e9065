"""The State's converter (139bercy/decp-rama), field by field: what is right is reproduced, what is wrong is fixed.

`docs/decp-rama.md` is made from the table below:

    python -m procurement_assets_tests.ocds.test_decp_rama
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procurement_assets.decp.clean import clean
from procurement_assets.decp.raw import ReadRecord
from procurement_assets.decp.reader import read_file
from procurement_assets.ocds.compile import Compiler
from procurement_assets.ocds.documentation.table import paths_in
from procurement_assets.ocds.mapping import releases
from procurement_assets.ocds.validate import validate
from procurement_assets_tests.ocds.decp_rama_fields import ADDED, FIELDS, SUPPLIER, Field
from procurement_assets_tests.ocds.support import FALLBACK, PROFILE, PUBLISHER, SHARED, needs_shared, official

ORACLES = SHARED / "oracles/decp-rama-ocds"
DOC = Path(__file__).resolve().parents[2] / "docs" / "decp-rama.md"
STATE = msgspec.structs.replace(PUBLISHER, ocid_prefix="ocds-78apv2")

SIMPLE = "001_marche_simple"
WITH_RELEASE = (
    SIMPLE,
    "001b_duplicate_supplier",
    "003_pas_de_num_sequence_dans_id",
    "005_marche_meme_siret_acheteur_titulaire",
)
WITHOUT = ("002_modification_montant", "002a_modifification_sans_donnees_modifiees")


def _ours(name: str) -> list[Any]:
    with (ORACLES / "source" / f"{name}.json").open("rb") as handle:
        records = [item for item in read_file(handle) if isinstance(item, ReadRecord)]
    assert len(records) == 1
    contract = clean(records[0].record).contract
    made = releases(contract, STATE, fallback_date=FALLBACK)
    return [msgspec.json.decode(msgspec.json.encode(r)) for r in made]


def _theirs(name: str) -> Any:
    return json.loads((ORACLES / "expectedResult" / f"{name}.json").read_bytes())


def _values(node: Any, path: str) -> list[Any]:
    """The distinct values at a path, in order."""
    found = [node]
    for part in path.split("/"):
        found = [v for n in found for v in ([n[part]] if isinstance(n, dict) and part in n else [])]
        found = [x for v in found for x in (v if isinstance(v, list) else [v])]
    return list(dict.fromkeys(found))


@needs_shared
@pytest.mark.parametrize("name", WITH_RELEASE)
def test_every_field_of_the_state_is_judged(name: str) -> None:
    theirs = _theirs(name)["releases"]
    assert len(theirs) == 1
    assert sorted(set(paths_in(theirs[0]))) == sorted({f.theirs for f in FIELDS})


@needs_shared
@pytest.mark.parametrize("name", WITH_RELEASE)
@pytest.mark.parametrize("field", [f for f in FIELDS if f.same], ids=lambda f: f.theirs)
def test_what_is_right_is_reproduced(name: str, field: Field) -> None:
    theirs, ours = _values(_theirs(name)["releases"][0], field.theirs), _values(_ours(name)[0], field.ours)
    if name.startswith("005") and field.theirs in ("parties/name", "awards/suppliers/name"):
        # One SIRET under two names: one party, with the buyer's name; Pelican wants references to repeat it.
        assert "LASAT" in _values(_theirs(name)["releases"][0], "parties/name")
        assert ours == ["LASAT"]
        return
    assert sorted(ours) == sorted(theirs)


@needs_shared
@pytest.mark.parametrize("field", [f for f in FIELDS if not f.same], ids=lambda f: f.theirs)
def test_what_is_wrong_is_fixed(field: Field) -> None:
    assert _values(_ours(SIMPLE)[0], field.ours) == field.value
    assert _values(_theirs(SIMPLE)["releases"][0], field.theirs) != field.value


@needs_shared
def test_what_ours_says_and_the_state_does_not() -> None:
    placed = {f.ours for f in FIELDS}
    # The SIREN stands where the State put the SIRET: it is an addition although the path exists.
    assert set(paths_in(_ours(SIMPLE)[0])) - placed == set(ADDED)


@needs_shared
def test_a_repeated_holder_is_one_supplier() -> None:
    assert [s["id"] for s in _ours("001b_duplicate_supplier")[0]["awards"][0]["suppliers"]] == [SUPPLIER]


@needs_shared
def test_an_organisation_that_is_buyer_and_supplier_is_one_party_with_two_roles() -> None:
    name = "005_marche_meme_siret_acheteur_titulaire"
    assert [(p["id"], p["roles"]) for p in _ours(name)[0]["parties"]] == [
        ("FR-RCS-200013183-00021", ["buyer", "supplier"])
    ]
    assert len(_theirs(name)["releases"][0]["parties"]) == 2


@needs_shared
@pytest.mark.parametrize("name", WITHOUT)
def test_a_modified_contract_is_published_with_its_modification(name: str) -> None:
    assert "releases" not in _theirs(name)  # not even a valid package
    first, second = _ours(name)
    ocid = "ocds-78apv2-20001318300021-2018MAPA20180501"
    assert [(r["id"], r["date"], r["tag"]) for r in (first, second)] == [
        (f"{ocid}-initial", "2019-04-25T00:00:00+02:00", ["tender", "award", "contract"]),
        (f"{ocid}-modification-2019-05-19", "2019-05-21T00:00:00+02:00", ["contractAmendment"]),
    ]
    amendment = second["contracts"][0]["amendments"][0]
    assert amendment["rationale"] == "L'objet de la modification"
    assert amendment["date"] == "2019-05-19T00:00:00+02:00"
    assert (amendment["amendsReleaseID"], amendment["releaseID"]) == (first["id"], second["id"])
    compiled = json.loads(Compiler(PROFILE).compile([msgspec.json.encode(r) for r in (first, second)]))
    changed = name == "002_modification_montant"
    assert compiled["contracts"][0]["value"]["amount"] == (100000 if changed else 80000)
    assert compiled["awards"][0]["value"]["amount"] == 80000
    assert ("value" in second["contracts"][0]) is changed


@needs_shared
def test_all_six_are_valid() -> None:
    lines = [msgspec.json.encode(r) for name in (*WITH_RELEASE, *WITHOUT) for r in _ours(name)]
    assert len(lines) == 8
    report = validate(lines, official(), workers=1, ordered=False)
    assert (report.source, report.problems) == ("official", [])


def document() -> str:
    """`docs/decp-rama.md`."""
    parts = [
        "# Le convertisseur de l'État et le nôtre",
        "",
        "Les six couples source / résultat attendu de `139bercy/decp-rama` (licence MIT), champ par champ : ce qui est",
        "juste est reproduit, ce qui ne l'est pas est corrigé. Table et tests :",
        "`procurement_assets_tests/ocds/test_decp_rama.py` (`python -m procurement_assets_tests.ocds.test_decp_rama`).",
        "",
        "| couple | ce qu'il montre | chez nous |",
        "|---|---|---|",
        "| `001_marche_simple` | le cas de base | la table ci-dessous |",
        "| `001b_duplicate_supplier` | titulaire répété | un seul fournisseur, comme l'État |",
        "| `002_modification_montant` | un contrat modifié n'est pas publié : paquet sans `releases`, invalide | deux "
        "publications, le montant suit |",
        "| `002a_modifification_sans_donnees_modifiees` | idem | deux publications, montant inchangé |",
        "| `003_pas_de_num_sequence_dans_id` | identifiant sans numéro de séquence | traité comme les autres |",
        "| `005_marche_meme_siret_acheteur_titulaire` | acheteur et titulaire confondus | une partie, deux rôles |",
        "",
        "## Champs reproduits",
        "",
        "| État | ici |",
        "|---|---|",
        *(f"| `{f.theirs}` | `{f.ours}` |" for f in FIELDS if f.same),
        "",
        "## Champs corrigés",
        "",
        "| État | ici | valeur (premier couple) | pourquoi |",
        "|---|---|---|---|",
        *(
            f"| `{f.theirs}` | `{f.ours}` | {', '.join(f'`{v}`' for v in f.value or ()) or '–'} | {f.why} |"
            for f in FIELDS
            if not f.same
        ),
        "",
        "## Ce que l'État ne dit pas",
        "",
        "| ici | sens |",
        "|---|---|",
        *(f"| `{path}` | {meaning} |" for path, meaning in sorted(ADDED.items())),
        "",
        "Et, hors de ces couples : concessions, modifications, sous-traitance, exécution, états actuels, versions.",
        "",
    ]
    return "\n".join(parts)


def test_the_document_is_up_to_date() -> None:
    assert DOC.read_text(encoding="utf-8") == document()


if __name__ == "__main__":
    DOC.write_text(document(), encoding="utf-8")
