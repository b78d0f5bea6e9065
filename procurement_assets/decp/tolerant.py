"""The tolerant reader: any object that resembles a contract, to the canonical structure.

It follows the structure that is there, not a schema: nothing is refused, nothing is dropped. What has no place goes to
`extras` by its path, and everything unusual is a note. Values stay as published.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from procurement_assets.decp import names
from procurement_assets.decp.classify import Shape, classify
from procurement_assets.decp.names import Names
from procurement_assets.decp.raw import (
    Layout,
    Note,
    RawActe,
    RawExecution,
    RawLieu,
    RawModification,
    RawModificationActe,
    RawOperateur,
    RawRecord,
    RawTarif,
)
from procurement_assets.decp.split import Holder
from procurement_assets.decp.structure import Structure

CODE_LISTS = frozenset(
    {"techniques", "modalitesExecution", "typesPrix", "considerationsSociales", "considerationsEnvironnementales"}
)

_S = TypeVar("_S", bound=msgspec.Struct)
_OPERATEUR_FIELDS = frozenset(names.OPERATEUR.exact)
_SCALARS = frozenset(names.SCALARS.split())


class Tolerant(NamedTuple):
    """A record read leniently."""

    record: RawRecord
    layout: Layout
    notes: tuple[Note, ...]


def read_object(value: dict[str, object], holder: Holder | None, xml: bool = False) -> Tolerant | None:
    """The record of an object; None if it has no field of a contract at all."""
    return _Walker(holder, xml).read(value)


class _Walker(Structure):
    """Reads one record."""

    def __init__(self, holder: Holder | None, xml: bool) -> None:
        super().__init__(xml)
        self.holder = holder
        self.fields: dict[str, object] = {}
        self.lieu: dict[str, object] = {}
        self.parties: dict[str, dict[str, object]] = {"acheteur": {}, "autoriteConcedante": {}}
        self.holders: dict[str, list[RawOperateur] | None] = {"titulaires": None, "concessionnaires": None}
        self.dotted = False

    def read(self, value: dict[str, object]) -> Tolerant | None:
        for key, item in value.items():
            name, variant = names.RECORD.find(key)
            if name is None:
                self.keep(key, item, "" if key in names.KNOWN_EXTRAS else "read.unknown-field")
                continue
            if variant:
                self.note("read.key-variant", key, name)
            if item is not None:
                self._field(name, key, item)
        return self._finish()

    # -- the fields of a record ----------------------------------------------------------------------------------

    def _field(self, name: str, key: str, item: object) -> None:
        if name in _SCALARS:
            self._set(self.fields, name, self.scalar(item, name), key)
        elif name in CODE_LISTS:
            self._set(self.fields, name, self.codes(item, name, name), key)
        elif name in self.parties:
            self._party(name, item)
        elif name in self.holders:
            holders = self.operateurs(item, name)
            if self.holders[name] is None:
                self.holders[name] = holders
            elif holders is not None:
                self.keep(key, item, "read.value-conflict")
        elif name == "lieuExecution":
            self._lieu(item)
        elif "." in name:
            self._dotted(name, key, item)
        else:
            self._set(self.fields, name, _READERS[name](self, item, name), key)

    def _set(self, target: dict[str, object], name: str, value: object, key: str, at: str = "") -> None:
        """First value wins, except over nothing: the same field may be there under two names."""
        if value is None:
            return
        if target.get(name) in (None, "", []):
            target[name] = value
        elif target[name] != value:
            self.keep(at + key, msgspec.to_builtins(value), "read.value-conflict")

    def _dotted(self, name: str, key: str, item: object) -> None:
        parent, field = name.split(".")
        if parent == "lieuExecution":
            self._set(self.lieu, field, self.scalar(item, key), key)
            return
        self.dotted = self.dotted or key == name
        self._set(self.parties[parent], field, self.scalar(item, key), key)

    def _party(self, name: str, item: object) -> None:
        self._one(self.parties[name], self.one(item, name, name, names.PARTY), name, names.PARTY, "id")

    def _lieu(self, item: object) -> None:
        place = self.one(item, "lieuExecution", "lieuExecution", names.LIEU)
        self._one(self.lieu, place, "lieuExecution", names.LIEU, "code")

    def _one(self, target: dict[str, object], value: object, path: str, fields: Names, code: str) -> None:
        """An object of simple fields; in its place, a bare value is its code or its name."""
        if isinstance(value, dict):
            self._fill(target, value, fields, f"{path}.")
        elif value is not None:
            self.note("read.scalar-object", path, value)
            self._set(target, _code_or_name(value, code), value, path)

    def _fill(self, target: dict[str, object], source: dict[str, object], fields: Names, at: str) -> None:
        """Copy the simple fields of an object; what it has besides is kept apart."""
        for key, item in source.items():
            name, variant = fields.find(key)
            if name is None:
                self.keep(at + key, item, "read.unknown-field")
                continue
            if variant:
                self.note("read.key-variant", at + key, name)
            reader = _READERS.get(name) if fields is not names.TARIF else None
            if reader is not None:
                self._set(target, name, reader(self, item, at + name), key, at)
            else:
                self._set(target, name, self.scalar(item, at + name), key, at)

    # -- the lists of a record -----------------------------------------------------------------------------------

    def structures(self, item: object, field: str, path: str, fields: Names, struct: type[_S]) -> list[_S] | None:
        """The objects of a list field; a text in their place is kept apart."""
        found = self.items(item, field, path, fields)
        if found is None:
            return None
        out: list[_S] = []
        for value in found:
            at = f"{path}[{len(out)}]"
            if not isinstance(value, dict):
                self.keep(at, value, "read.unexpected-text")
                continue
            filled: dict[str, object] = {}
            self._fill(filled, value, fields, f"{at}.")
            if filled:
                out.append(struct(**filled))
            else:
                self.note("read.null-item", path)
        return out or (None if self.xml else out)

    def operateurs(self, item: object, path: str) -> list[RawOperateur] | None:
        """Holders; a simple value in place of one is its identifier."""
        found = self.items(item, "titulaires", path, names.OPERATEUR)
        if found is None:
            return None
        if found and all(isinstance(value, str) and value in _OPERATEUR_FIELDS for value in found):
            self.note("read.holder-keys-only", path, ", ".join(map(str, found)))
            return []
        rows: list[object] = []
        for value in found:
            if isinstance(value, dict):
                rows.append(value)
            else:
                self.note("read.bare-holder", path, value)
                rows.append({"id": value})
        return self.structures(rows, "", path, names.OPERATEUR, RawOperateur)

    def sous_traitant(self, item: object, path: str) -> RawOperateur | None:
        """The one subcontractor of an act."""
        value = self.one(item, "sousTraitant", path, names.OPERATEUR)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.note("read.bare-holder", path, value)
            return RawOperateur(id=self.scalar(value, path))
        filled: dict[str, object] = {}
        self._fill(filled, value, names.OPERATEUR, f"{path}.")
        return msgspec.convert(filled, RawOperateur) if filled else None

    # -- the whole -----------------------------------------------------------------------------------------------

    def _finish(self) -> Tolerant | None:
        record = RawRecord(kind="marche", format="2019")
        for name, value in self.fields.items():
            setattr(record, name, value)
        record.lieuExecution = msgspec.convert(self.lieu, RawLieu) if self.lieu else None
        marche, autorite = self.parties["acheteur"], self.parties["autoriteConcedante"]
        known = bool(
            self.fields or self.lieu or marche or autorite or any(v is not None for v in self.holders.values())
        )
        if not known:
            return None
        record.extras = self.extras or None
        shape = Shape(
            holder=self.holder,
            wrapped=bool(self.wrapped),
            dotted=self.dotted,
            marche_fields=bool(marche or self.holders["titulaires"]),
            concession_fields=bool(autorite or self.holders["concessionnaires"]),
            xml=self.xml,
        )
        layout, conflict = classify(record, shape)
        self._parties(record)
        record.extras = self.extras or None
        if conflict:
            self.note(conflict.rule, conflict.path, conflict.detail)
        if layout in ("v2-nested", "v2-consolidated") and self.unwrapped:
            for path in dict.fromkeys(self.unwrapped):
                self.note("read.wrapper-missing", path)
        return Tolerant(record, layout, tuple(self.notes))

    def _parties(self, record: RawRecord) -> None:
        """Buyer and holders of the kind; those of the other kind only if the first are absent."""
        buyers, holders = ["acheteur", "autoriteConcedante"], ["titulaires", "concessionnaires"]
        if record.kind == "concession":
            buyers.reverse()
            holders.reverse()
        chosen = next((name for name in buyers if self.parties[name]), buyers[0])
        party = msgspec.convert(self.parties[chosen], dict[str, str | int | float | bool])
        record.acheteur_id, record.acheteur_nom = party.get("id"), party.get("nom")
        kept = next((name for name in holders if self.holders[name]), None)
        empty = next((name for name in holders if self.holders[name] is not None), holders[0])
        record.titulaires = self.holders[kept or empty]
        for name in buyers:
            if name != chosen and self.parties[name]:
                self.keep(name, self.parties[name], "read.value-conflict")
        for name in holders:
            if name != (kept or empty) and self.holders[name]:
                self.keep(name, msgspec.to_builtins(self.holders[name]), "read.value-conflict")


def _code_or_name(value: object, code: str) -> str:
    """Whether a bare value in place of a buyer or a place is its code or its name."""
    text = str(value)
    return code if any(letter.isdigit() for letter in text[:2]) and " " not in text.strip() else "nom"


_READERS: dict[str, Callable[[_Walker, object, str], object]] = {
    "titulaires": _Walker.operateurs,
    "sousTraitant": _Walker.sous_traitant,
    "modifications": lambda walker, item, path: walker.structures(
        item, "modifications", path, names.MODIFICATION, RawModification
    ),
    "actesSousTraitance": lambda walker, item, path: walker.structures(
        item, "actesSousTraitance", path, names.ACTE, RawActe
    ),
    "modificationsActesSousTraitance": lambda walker, item, path: walker.structures(
        item, "modificationsActesSousTraitance", path, names.MODIFICATION_ACTE, RawModificationActe
    ),
    "donneesExecution": lambda walker, item, path: walker.structures(
        item, "donneesExecution", path, names.EXECUTION, RawExecution
    ),
    "tarifs": lambda walker, item, path: walker.structures(item, "tarifs", path, names.TARIF, RawTarif),
}


__all__ = ["CODE_LISTS", "Tolerant", "read_object"]
