"""The registers of generated data, in the real forms of their files: CPV (Genericode), departments and regions (JSON),
SIRENE (Parquet).

They hold what the generator draws from: its CPV codes with their divisions, the departments of its places (places.csv),
and the suppliers of the sources, all made up. Same sources: same bytes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from procurement_assets.decp.raw import RawOperateur, RawRecord
from procurement_assets.publishers import Source
from procurement_assets.sample.files import STREAM, parts_of
from procurement_assets.sample.generator import generate
from procurement_assets.sample.profiles import HERE, cpv_codes

NAMES = {
    "genericode": "cpv.gc",
    "departements": "departements.json",
    "regions": "regions.json",
    "sirene": "StockUniteLegale_utf8.parquet",
}
_NATURAL, _PARTIAL = 97, 89
"""One unit in so many is a natural person, or asked for a partial diffusion."""
_FORMS = (5710, 5499, 5720, 5699, 9220)
_STAFF = ("NN", "00", "01", "11", "12", "21", "22", "32", "41")
_OLDEST = date(1975, 1, 1)
_LATEST_STATE = date(2024, 1, 1)


def write_sample_register(kind: str, sources: Sequence[Source], folder: Path) -> Path:
    """Write the file of a register of this kind (`registers.model.Kind`) and say where it lies."""
    path = folder / NAMES[kind]
    if kind == "genericode":
        path.write_text(genericode(_codes()), encoding="utf-8")
    elif kind == "sirene":
        stock(suppliers(sources)).write_parquet(path)
    else:
        path.write_text(_json(_places(departements=kind == "departements")), encoding="utf-8")
    return path


def genericode(rows: Iterable[tuple[str, str, str]]) -> str:
    """A Genericode list of (code, French label, English label), as the eForms SDK writes its own."""
    values = "".join(
        f"      <Row>\n{_value('code', code)}{_value('Name', english)}{_value('eng_label', english)}"
        f"{_value('fra_label', french)}      </Row>\n"
        for code, french, english in rows
    )
    columns = "".join(
        f'      <Column Id="{name}" Use="{use}">\n         <ShortName>{short}</ShortName>\n'
        f'         <Data Lang="{lang}" Type="string"/>\n      </Column>\n'
        for name, use, short, lang in (
            ("code", "required", "Code", "eng"),
            ("Name", "optional", "Name", "eng"),
            ("eng_label", "optional", "engLabel", "eng"),
            ("fra_label", "optional", "fraLabel", "fra"),
        )
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/">\n'
        "   <Identification>\n      <ShortName>Cpv</ShortName>\n      <LongName>cpv</LongName>\n"
        '      <LongName Identifier="listId">http://data.europa.eu/cpv/Cpv2008/Code</LongName>\n'
        f"   </Identification>\n   <ColumnSet>\n{columns}   </ColumnSet>\n"
        f"   <SimpleCodeList>\n{values}   </SimpleCodeList>\n</gc:CodeList>\n"
    )


def suppliers(sources: Sequence[Source]) -> dict[str, str]:
    """SIREN to name of the holders and subcontractors that the sources tell of (their truth, without defects)."""
    found: dict[str, str] = {}
    for (profile, stream, seed), count in sorted(_streams(sources).items()):
        for record in generate(profile, count, seed, defects=False, first=stream * STREAM):
            for one in _operators(record.truth):
                if one.typeIdentifiant == "SIRET":
                    found.setdefault(str(one.id)[:9], str(one.denominationSociale or f"ENTREPRISE {str(one.id)[:9]}"))
    return found


def stock(units: dict[str, str]) -> pl.DataFrame:
    """The units as INSEE's stock gives them: numbers where Parquet has numbers, names of natural persons apart."""
    rows = [_unit(siren, name, n) for n, (siren, name) in enumerate(sorted(units.items()), start=1)]
    return pl.DataFrame(rows, schema_overrides={"nomUniteLegale": pl.String, "denominationUniteLegale": pl.String})


def _unit(siren: str, name: str, rank: int) -> dict[str, Any]:
    body = int(siren)
    natural, partial = rank % _NATURAL == 0, rank % _PARTIAL == 0
    founded = _OLDEST + timedelta(days=body % 14_000)
    return {
        "siren": siren,
        "statutDiffusionUniteLegale": "P" if partial else "O",
        "dateCreationUniteLegale": founded,
        "nomUniteLegale": "NOM DE PERSONNE" if natural and not partial else None,
        "denominationUniteLegale": None if natural else "[ND]" if partial else name,
        "categorieJuridiqueUniteLegale": 1000 if natural else _FORMS[body % len(_FORMS)],
        "activitePrincipaleUniteLegale": f"{10 + body % 80}.{body % 90:02d}Z",
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
        "trancheEffectifsUniteLegale": _STAFF[body % len(_STAFF)],
        "anneeEffectifsUniteLegale": 2023,
        "categorieEntreprise": ("PME", "PME", "PME", "ETI", "GE")[body % 5],
        "anneeCategorieEntreprise": 2023,
        "economieSocialeSolidaireUniteLegale": "O" if body % 23 == 0 else "N",
        "societeMissionUniteLegale": "O" if body % 211 == 0 else "N",
        "etatAdministratifUniteLegale": "A",
        "dateDebut": max(founded, _LATEST_STATE - timedelta(days=body % 3_000)),
    }


def _operators(truth: RawRecord) -> Iterator[RawOperateur]:
    lists = [truth.titulaires, *(m.titulaires for m in truth.modifications or ())]
    found = [one for group in lists for one in group or ()]
    found += [act.sousTraitant for act in truth.actesSousTraitance or () if act.sousTraitant is not None]
    yield from (one for one in found if isinstance(one, RawOperateur))


def _streams(sources: Sequence[Source]) -> dict[tuple[str, int, int], int]:
    """Profile, stream and seed to how many records of it the sources tell of at most."""
    found: dict[tuple[str, int, int], int] = {}
    for source in sources:
        for part in parts_of(source):
            if part.profile:
                key = (part.profile, part.stream, source.sample_seed)
                found[key] = max(found.get(key, 0), round(part.share * source.sample_records))
    return found


def _codes() -> list[tuple[str, str, str]]:
    """The codes drawn from, under the words of their subjects, and their divisions."""
    own = {c.code: c.words[:1].upper() + c.words[1:] for c in cpv_codes()}
    divisions = {c[:2] + "000000": f"Division {c[:2]}" for c in own}
    return [(code, label, f"{label} (sample)") for code, label in sorted((divisions | own).items())]


def _places(*, departements: bool) -> list[dict[str, Any]]:
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as lines:
        rows = [{**row, "typeLiaison": 0} for row in csv.DictReader(lines)]
    kept = [row for row in rows if bool(row["region"]) == departements]
    return [{k: v for k, v in row.items() if k != "region" or departements} for row in kept]


def _json(places: list[dict[str, Any]]) -> str:
    lines = ",\n".join(json.dumps(p, ensure_ascii=False, separators=(",", ":")) for p in places)
    return f"[\n{lines}\n]\n"


def _value(column: str, text: str) -> str:
    simple = f"            <SimpleValue>{escape(text)}</SimpleValue>\n"
    return f'         <Value ColumnRef="{column}">\n{simple}         </Value>\n'
