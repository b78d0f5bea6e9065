"""OCDS back to regulatory DECP: the normalised record out of the releases of its process.

`decp_of` undoes `ocds.mapping.events.releases`: for every contract that `decp.clean` makes, it gives back an equal one
(tests: `ocds/test_round_trip.py`). Nothing but the releases is read.
"""

from __future__ import annotations

from procurement_assets.ocds.inverse.process import decp_of, published_modifications

__all__ = ["decp_of", "published_modifications"]
