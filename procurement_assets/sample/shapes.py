"""Classes of defect of shape and of bytes: done to the document of a record, or to its JSON, when it is written.

What each is: defects.toml. A shape is done where the document allows it, in the layouts its class names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from procurement_assets.sample.layout_parts import Doc

NAN, BACKSLASH, CONTROL, QUOTE = "\ue000", "\ue001", "\ue002", "\ue003"
"""Marks put in values by `spoil_labels`, replaced once the record is encoded."""


def damage_bytes(data: bytes) -> bytes:
    """The marks replaced by what a strict parser refuses."""
    nan = NAN.encode()
    data = data.replace(b'"' + nan + b'"', b"NaN").replace(nan, b"NaN")
    data = data.replace(BACKSLASH.encode(), b"\\ ").replace(CONTROL.encode(), b"\x0b")
    return data.replace(QUOTE.encode(), b'"')


def apply_shapes(doc: Doc, classes: Iterable[str]) -> None:
    """Does each class to the document."""
    for name in classes:
        SHAPES[name](doc)


def _key(doc: Doc) -> str:
    return "titulaires" if "titulaires" in doc else "concessionnaires"


def _holders(change: Callable[[list[Any]], Any]) -> Callable[[Doc], None]:
    def shape(doc: Doc) -> None:
        key = _key(doc)
        if isinstance(doc.get(key), list) and doc[key]:
            doc[key] = change(doc[key])

    return shape


def _inner(items: list[Any]) -> list[Any]:
    """Items without their wrapper, where they have one."""
    return [next(iter(i.values())) if isinstance(i, dict) and len(i) == 1 else i for i in items]


def _wrapper(items: list[Any]) -> str:
    return str(next(iter(items[0])))


def _modifications(change: Callable[[list[Any]], Any]) -> Callable[[Doc], None]:
    def shape(doc: Doc) -> None:
        if isinstance(doc.get("modifications"), list) and doc["modifications"]:
            doc["modifications"] = change(doc["modifications"])

    return shape


def _modification_holder_keys(items: list[Any]) -> list[Any]:
    next(iter(items[-1].values()))["titulaires"] = [{"titulaire": "typeIdentifiant"}, {"titulaire": "id"}]
    return items


def _list_scalar(doc: Doc) -> None:
    for key in ("techniques", "technique"):
        value = doc.get(key)
        if isinstance(value, dict):
            doc[key] = {k: v[0] for k, v in value.items() if v}
        elif isinstance(value, list) and value:
            doc[key] = value[0]


def _list_bare(doc: Doc) -> None:
    for key in ("considerationsSociales", "typesPrix"):
        if isinstance(doc.get(key), dict):
            doc[key] = next(iter(doc[key].values()))


def _set(key: str, value: Any) -> Callable[[Doc], None]:
    def shape(doc: Doc) -> None:
        doc[key] = value

    return shape


SHAPES: dict[str, Callable[[Doc], None]] = {
    "shape.titulaires-object": _holders(lambda items: items[0]),
    "shape.titulaires-list-inside": _holders(lambda items: [{_wrapper(items): _inner(items)}]),
    "shape.titulaires-unwrapped": _holders(_inner),
    "shape.titulaires-list-of-lists": _holders(lambda items: [items]),
    "shape.titulaires-null": _holders(lambda items: [None]),
    "shape.titulaires-empty": _holders(lambda items: []),
    "shape.titulaires-keys": _holders(lambda items: [{_wrapper(items): "typeIdentifiant"}, {_wrapper(items): "id"}]),
    "shape.titulaires-json": _holders(lambda items: msgspec.json.encode(items).decode()),
    "shape.modif-holder-keys": _modifications(_modification_holder_keys),
    "shape.modifications-object": _modifications(lambda items: items[0]),
    "shape.modifications-list-inside": _modifications(lambda items: {"modification": _inner(items)}),
    "shape.modifications-text": _set("modifications", "aucune"),
    "shape.modifications-null": _set("modifications", None),
    "shape.list-scalar": _list_scalar,
    "shape.list-bare": _list_bare,
    "shape.unknown-field": _set("montant_source", "DUME"),
}
"""By id of class. Those that lose something say so in their name; the others only write it otherwise."""
