"""SIRETs that the publisher's other lists name: sources kept raw and not read as DECP (the City's list of contracts).

They say nothing of a contract here; they confirm that a SIREN hidden in a malformed identifier is a supplier's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from procurement_assets.decp.identifiers import is_siret
from procurement_assets.lake import Lake
from procurement_assets.sources.manifest import ManifestRow

SIRET_FIELD = re.compile(rb'"[^"]{0,60}siret[^"]{0,60}"\s*:\s*"?(\d{14})(?!\d)', re.IGNORECASE)
"""A JSON field whose name says that it is a SIRET, as text or as a number."""


def listed_sirets(lake: Lake, manifest: Iterable[ManifestRow]) -> frozenset[str]:
    """Every SIRET with the right key in the raw files that are not read as DECP."""
    found: set[str] = set()
    for row in manifest:
        if not row.read and row.sha256:
            found.update(m.decode() for m in SIRET_FIELD.findall(lake.raw(row.sha256).read_bytes()))
    return frozenset(s for s in found if is_siret(s))
