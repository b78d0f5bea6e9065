"""DECP to OCDS: one module per OCDS section, read beside docs/mapping (research/ocds.md §2 for the reasons).

`releases` is the whole mapping: identity, timeline, then one release per event, each made of the sections' functions.
"""

from __future__ import annotations

from procurement_assets.ocds.mapping.events import releases

__all__ = ["releases"]
