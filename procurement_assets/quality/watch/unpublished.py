"""A dataset that is no longer published: what the manifest of raw files says of each source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from procurement_assets.publishers import Source
from procurement_assets.quality.watch.signals import ALERT
from procurement_assets.sources.manifest import ManifestRow

SAID = {
    "gone": ("critical", "n'est plus offert par la source ; sa dernière copie reste en usage"),
    "refused": ("critical", "n'a jamais pu être lu"),
    "stale": ("warning", "est refusé par la source ; sa dernière copie reste en usage"),
}
ADVICE = "Demander au producteur de republier le fichier, ou retirer la source de publishers.toml si c'est voulu."


def unpublished(sources: Iterable[Source], manifest: Sequence[ManifestRow]) -> pl.DataFrame:
    """Alerts (columns of `ALERT`): a file gone, refused or stale; a source whose every file is; one without a file."""
    rows = []
    for source in sources:
        own = [r for r in manifest if r.source == source.id and r.status != "ignored"]
        lost = [r for r in own if r.status in SAID]
        if not own:
            rows.append(_row(source.id, "critical", source.id, f"{source.id} n'offre aucun fichier.", 0, 0))
        for r in lost:
            severity, words = SAID[r.status]
            name = f"{r.title or r.resource_id} ({r.resource_id})"
            text = f"{source.id} : {r.title or r.resource_id} {words}" + (f" ({r.reason})." if r.reason else ".")
            rows.append(_row(source.id, severity, name, text, len(own) - len(lost), len(own)))
        if own and len(lost) == len(own):
            text = f"{source.id} n'est plus publié : aucun de ses {len(own)} fichiers n'est offert."
            rows.append(_row(source.id, "critical", source.id, text, 0, len(own)))
    return pl.DataFrame(rows, schema=ALERT).sort("source", "detail")


def _row(source: str, severity: str, detail: str, message: str, offered: int, known: int) -> dict[str, object]:
    return {
        "source": source,
        "signal": "depublication",
        "mois": "",
        "detail": detail,
        "observe": float(offered),
        "attendu_bas": float(known),
        "attendu_haut": None,
        "severity": severity,
        "actuel": True,
        "message": message,
        "advice": ADVICE,
    }
