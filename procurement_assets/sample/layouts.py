"""The document of a record in each layout (research/decp.md §1.1 to §1.5): plain dictionaries, ready to encode.

An absent value is left out, except where a schema asks for it. The inverse of the project's reader, written apart from
it and from the official examples, so that one can test the other.
"""

from __future__ import annotations

from collections.abc import Callable

from procurement_assets.decp.raw import Layout, RawRecord
from procurement_assets.sample.layout_parts import Doc
from procurement_assets.sample.layouts_2019 import dotted, v1, xml_1
from procurement_assets.sample.layouts_2022 import consolidated, flat, nested, xml_2

_DOCUMENTS: dict[Layout, Callable[[RawRecord, str], Doc]] = {
    "v1-flat": v1,
    "v1-dotted": dotted,
    "v2-flat": flat,
    "v2-nested": nested,
    "v2-consolidated": consolidated,
    "xml-1": xml_1,
    "xml-2": xml_2,
}


def document(record: RawRecord, layout: Layout, source: str = "") -> Doc:
    """The document of a record in a layout; `source` is the label that some layouts carry."""
    return _DOCUMENTS[layout](record, source)
