"""Write the documentation of the mapping into `docs/`.

    python -m procurement_assets.ocds.documentation [FOLDER]

FOLDER: a copy of the public addresses (`HOST/PATH`), to work offline; else they are read over HTTP. Both are checked
against the pins.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from procurement_assets.ocds.documentation.markdown import markdown
from procurement_assets.ocds.documentation.sheet import as_csv, as_xlsx, sheet
from procurement_assets.ocds.schema import Fetch

DOCS = Path(__file__).resolve().parents[3] / "docs"


def files(fetch: Fetch) -> dict[str, bytes]:
    """Every file of the documentation: name to content."""
    columns, found = sheet(fetch)
    return {
        "mapping.fr.md": markdown("fr").encode(),
        "mapping.en.md": markdown("en").encode(),
        "mapping.csv": as_csv(columns, found).encode(),
        "mapping.xlsx": as_xlsx(columns, found),
    }


def fetch_from(folder: str | None) -> Fetch:
    """Official files from a folder, or from their public addresses; refused when they are not what is pinned."""

    def fetch(url: str, sha256: str) -> bytes:
        if folder is not None:
            data = (Path(folder) / url.removeprefix("https://")).read_bytes()
        else:
            import requests

            response = requests.get(url, timeout=60)
            response.raise_for_status()
            data = response.content
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ValueError(f"{url}: not the pinned bytes")
        return data

    return fetch


if __name__ == "__main__":
    for name, data in files(fetch_from(sys.argv[1] if len(sys.argv) > 1 else None)).items():
        (DOCS / name).write_bytes(data)
