"""How long a server asks to be left alone: the header `Retry-After`, read alike for sources and portals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], longest: float) -> float | None:
    """Seconds asked for (RFC 9110 §10.2.3: seconds or a date), at most `longest`; None where nothing usable is said."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), longest)
    try:
        asked = parsedate_to_datetime(value)
        # Against the server's own clock where it says it: the two machines' may differ.
        date = headers.get("Date")
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return min(max((asked - now).total_seconds(), 0.0), longest)
    except (ValueError, TypeError):
        return None
