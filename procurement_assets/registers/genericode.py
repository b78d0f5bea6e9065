"""Reading the CPV from Genericode 1.0, the XML in which the EU's Publications Office gives its code lists.

`gc:CodeList/SimpleCodeList/Row/Value[@ColumnRef]/SimpleValue`, as in OP-TED/eForms-SDK `codelists/*.gc`: column `code`
(eight digits, no check digit), `fra_label`, `eng_label` among those of the official languages, `Name` in English.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

import polars as pl
from lxml import etree

from procurement_assets.registers.errors import RegisterDamagedError
from procurement_assets.schema import TABLES

_CODE = re.compile(r"([0-9]{8})(?:-[0-9])?")
"""Other editions of the vocabulary write the check digit after the code."""
_LEVELS = {2: "division", 3: "groupe", 4: "classe", 5: "catégorie"}
_SHORTEST = 2


def read_cpv(handle: BinaryIO) -> pl.DataFrame:
    """The codes of a Genericode file as table `registre_cpv`. Constant memory: a row is forgotten once it is read.

    Raises `RegisterDamagedError` where the file is no Genericode or is cut, a code is not eight digits or repeats, or a
    French label is missing.
    """
    labels: dict[str, tuple[str, str | None]] = {}
    for values in _rows(handle):
        written = _CODE.fullmatch(values.get("code", ""))
        if not written:
            raise RegisterDamagedError(f"« {values.get('code', '')[:40]} » n'est pas un code CPV de huit chiffres")
        code = written[1]
        if code in labels:
            raise RegisterDamagedError(f"le code {code} est écrit deux fois")
        if not values.get("fra_label"):
            raise RegisterDamagedError(f"le code {code} n'a pas de libellé français (fra_label)")
        labels[code] = (values["fra_label"], values.get("eng_label") or values.get("Name") or None)
    if not labels:
        raise RegisterDamagedError("aucune ligne : ce n'est pas une liste de codes Genericode")
    return TABLES["registre_cpv"].frame(
        [
            {
                "code": code,
                "libelle_fr": french,
                "libelle_en": english,
                "niveau": _LEVELS.get(_digits(code), "sous-catégorie"),
                "parent": _parent(code, labels.keys()),
            }
            for code, (french, english) in labels.items()
        ]
    )


def _rows(handle: BinaryIO) -> Iterator[dict[str, str]]:
    """Column to text of each row. No entity is resolved and nothing is fetched."""
    try:
        parser = etree.iterparse(
            handle, events=("end",), tag="{*}Row", resolve_entities=False, no_network=True, load_dtd=False
        )
        for _, row in parser:
            yield {
                value.get("ColumnRef", ""): " ".join((value.findtext("{*}SimpleValue") or "").split())
                for value in row.iterfind("{*}Value")
            }
            row.clear()
            while row.getprevious() is not None:
                del row.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise RegisterDamagedError(f"XML illisible ({error})") from error


def _digits(code: str) -> int:
    """How many digits say something: 2 for a division, 8 at most."""
    return max(len(code.rstrip("0")), _SHORTEST)


def _parent(code: str, known: Collection[str]) -> str | None:
    """The nearest wider code that exists (the vocabulary skips levels); None for a division."""
    for length in range(_digits(code) - 1, _SHORTEST - 1, -1):
        wider = code[:length].ljust(8, "0")
        if wider in known:
            return wider
    return None
