"""What the regulatory schemas ask of each value, told in French when it is not so.

Rules of `schema_decp_v2.0.4.json`, `schema_decp_v2.0.2.xsd`, and of 1.5.0's `marches.json` and `marches.xsd`
(research/decp.md §1.2, §1.3). JSON and XML are held to the stricter of the two, so that both files have the same
contracts: a date exists (`xs:date`), a text holds no character that XML forbids.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import msgspec

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CPV = re.compile(r"[0-9]{8}(-[0-9])?\Z")
_SIRET = re.compile(r"[0-9]{14}\Z")

Document = dict[str, object]


class Exclusion(msgspec.Struct, frozen=True):
    """Why a contract cannot be written validly: a line of `decp_exclus.csv`."""

    uid: str
    path: str
    """Where in the JSON of the contract."""
    message: str


class Rules:
    """Checks the values of one contract; what is wrong is in `exclusions`."""

    def __init__(self, uid: str) -> None:
        self._uid = uid
        self.exclusions: list[Exclusion] = []

    def wrong(self, path: str, message: str) -> None:
        """Remember a reason."""
        self.exclusions.append(Exclusion(self._uid, path, message))

    def required(self, path: str, value: object) -> bool:
        """Whether there is a value; without, a reason."""
        if value is None:
            self.wrong(path, "champ obligatoire absent")
        return value is not None

    def text(self, path: str, value: str | None, longest: int = 0, shortest: int = 0) -> str | None:
        """A text that the schema asks for."""
        if value is None:
            self.required(path, value)
            return None
        if longest and len(value) > longest:
            self.wrong(path, f"{len(value)} caractères, au plus {longest}")
        if len(value) < shortest:
            self.wrong(path, f"{len(value)} caractères, au moins {shortest}")
        if _NOT_XML.search(value):
            self.wrong(path, "contient un caractère interdit en XML")
        return value

    def siret(self, path: str, value: str | None) -> str | None:
        """Fourteen digits."""
        return self._pattern(path, value, _SIRET, "n'a pas 14 chiffres")

    def cpv(self, path: str, value: str | None) -> str | None:
        """Eight digits, and the key."""
        return self._pattern(path, value, _CPV, "n'est pas un code CPV de 8 chiffres")

    def _pattern(self, path: str, value: str | None, pattern: re.Pattern[str], message: str) -> str | None:
        if self.required(path, value) and not pattern.match(value or ""):
            self.wrong(path, message)
        return value

    def day(self, path: str, value: str | None) -> str | None:
        """A date that exists."""
        if self.required(path, value):
            try:
                exists = bool(_DAY.match(value or "")) and date.fromisoformat(value or "") is not None
            except ValueError:
                exists = False
            if not exists:
                self.wrong(path, "n'est pas une date")
        return value

    def number(
        self, path: str, value: float | None, least: float | None = None, most: float | None = None
    ) -> float | None:
        """A number within bounds."""
        if self.required(path, value) and value is not None:
            if least is not None and value < least:
                self.wrong(path, f"inférieur à {least:g}")
            if most is not None and value > most:
                self.wrong(path, f"supérieur à {most:g}")
        return value

    def label(self, path: str, value: str | None, labels: Sequence[str]) -> str | None:
        """A label of a closed code list."""
        if self.required(path, value) and value not in labels:
            self.wrong(path, "valeur hors de la liste de codes")
        return value

    def labels(self, path: str, item: str, values: Sequence[str] | None, labels: Sequence[str]) -> Document | None:
        """A list of labels, at least one, each once: `{item: [...]}`."""
        if not values:
            self.wrong(path, "champ obligatoire absent")
            return None
        for n, value in enumerate(values):
            self.label(f"{path}.{item}[{n}]", value, labels)
        self.unique(path, values)
        return {item: list(values)}

    def boolean(self, path: str, value: bool | None) -> bool | None:
        """True or false, never unknown."""
        self.required(path, value)
        return value

    def unique(self, path: str, values: Sequence[object]) -> None:
        """`uniqueItems`."""
        if len({msgspec.json.encode(v) for v in values}) < len(values):
            self.wrong(path, "deux éléments identiques")
