"""Reading departments and regions from the JSON lists of @etalab/decoupage-administratif (code officiel géographique).

`[{"code": "75", "region": "11", "chefLieu": "75056", "nom": "Paris", "typeLiaison": 0, "zone": "metro"}, …]`; `zone` is
`metro`, `drom` or `com`. Regions have no `region`.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import msgspec
import polars as pl

from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.schema import TABLES

_DEPARTEMENT = re.compile(r"[0-9][0-9AB]|9[78][0-9]")
_REGION = re.compile(r"[0-9]{2}|9[78][0-9]")


class _Place(msgspec.Struct):
    code: str
    nom: str
    zone: str
    chefLieu: str | None = None
    region: str | None = None


def read_departements(handle: BinaryIO) -> pl.DataFrame:
    """The departments and overseas collectivities as table `registre_departements`. Raises `RegisterDamagedError`."""
    places = _places(handle, _DEPARTEMENT, "département")
    if wrong := [p.code for p in places if not p.region]:
        raise RegisterDamagedError(f"le département {wrong[0]} n'a pas de région")
    return TABLES["registre_departements"].frame(
        [{"code": p.code, "nom": p.nom, "region": p.region, "zone": p.zone, "chefLieu": p.chefLieu} for p in places]
    )


def read_regions(handle: BinaryIO) -> pl.DataFrame:
    """The regions and overseas collectivities as table `registre_regions`. Raises `RegisterDamagedError`."""
    places = _places(handle, _REGION, "région")
    return TABLES["registre_regions"].frame(
        [{"code": p.code, "nom": p.nom, "zone": p.zone, "chefLieu": p.chefLieu} for p in places]
    )


def _places(handle: BinaryIO, form: re.Pattern[str], what: str) -> list[_Place]:
    try:
        places = msgspec.json.decode(handle.read(), type=list[_Place])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegisterDamagedError(f"liste JSON illisible ({error})") from error
    if not places:
        raise RegisterDamagedError("la liste est vide")
    codes = [p.code for p in places]
    for place in places:
        if not form.fullmatch(place.code) or not place.nom.strip():
            raise RegisterDamagedError(f"« {place.code[:40]} » n'est pas un code de {what} nommé")
    if twice := sorted({c for c in codes if codes.count(c) > 1}):
        raise RegisterDamagedError(f"le code {twice[0]} est écrit deux fois")
    return places
