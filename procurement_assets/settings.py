"""Every setting of the project, typed, read from the environment, documented here and nowhere else.

| variable | type | default | meaning |
|---|---|---|---|
| `PROCUREMENT_LAKE` | folder or `s3://bucket/prefix` | `lake/` in the working folder | where everything is written |
| `PROCUREMENT_MIRROR` | http(s) address | none | stands for the public hosts: `https://HOST/X` is `MIRROR/HOST/X` |
| `PROCUREMENT_OFFLINE` | 0 or 1 | 0 | 1: no request is made, what is not in the lake yet is told and skipped |
| `PROCUREMENT_PUBLISHERS` | TOML file | `procurement_assets/publishers.toml` | who publishes, from which sources |
| `PROCUREMENT_CORRECTIONS` | folder or `s3://bucket/prefix` | `corrections/PUBLISHER/recues/` in the lake | where correction files come back: its subfolder of the publisher's name, else the folder itself |
| `PROCUREMENT_MAX_DOWNLOAD_MB` | whole number > 0 | 4096 | largest file accepted from a public source |
| `PROCUREMENT_HTTP_ATTEMPTS` | whole number, 1 to 50 | 12 | tries for one request before it is given up |
| `PROCUREMENT_HTTP_BACKOFF_SECONDS` | number >= 0 | 0.5 | first wait between two tries; doubles, at most 60 s |
| `PROCUREMENT_WORKERS` | whole number, 1 to 64 | the cores of the machine | processes for mapping and validation |
| `PROCUREMENT_ALERT_EMAIL` | addresses, comma-separated | none | who is told when a run fails |
| `PROCUREMENT_SMTP_HOST`, `_PORT`, `_USER`, `_PASSWORD`, `_FROM` | text | none, 587 | mail server; without: log only |
| `PROCUREMENT_UI_URL` | http(s) address | `http://127.0.0.1:3000` | address of the Dagster UI, for links in alerts |

A wrong value stops the load with one line that names the variable, what was read and what is expected.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PACKAGE = Path(__file__).resolve().parent


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message is one line a user can act on."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process; see the module's table for the variables."""

    lake: str
    mirror: str | None = None
    offline: bool = False
    publishers: Path = PACKAGE / "publishers.toml"
    corrections: str | None = None
    max_download_bytes: int = 4096 * 1024 * 1024
    http_attempts: int = 12
    http_backoff_seconds: float = 0.5
    workers: int = 1
    alert_email: tuple[str, ...] = ()
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_from: str | None = None
    ui_url: str = "http://127.0.0.1:3000"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment asks for.

    An empty variable counts as absent. Raises `SettingsError` on the first wrong value.
    """
    env = _Reader(os.environ if environ is None else environ)
    return Settings(
        lake=env.lake("PROCUREMENT_LAKE"),
        mirror=env.address("PROCUREMENT_MIRROR"),
        offline=bool(env.whole("PROCUREMENT_OFFLINE", 0, 0, 1)),
        publishers=env.file("PROCUREMENT_PUBLISHERS", PACKAGE / "publishers.toml"),
        corrections=env.place("PROCUREMENT_CORRECTIONS"),
        max_download_bytes=env.whole("PROCUREMENT_MAX_DOWNLOAD_MB", 4096, 1, 10**6) * 1024 * 1024,
        http_attempts=env.whole("PROCUREMENT_HTTP_ATTEMPTS", 12, 1, 50),
        http_backoff_seconds=env.number("PROCUREMENT_HTTP_BACKOFF_SECONDS", 0.5, 0),
        workers=env.whole("PROCUREMENT_WORKERS", min(os.cpu_count() or 1, 64), 1, 64),
        alert_email=tuple(a.strip() for a in env.text("PROCUREMENT_ALERT_EMAIL", "").split(",") if a.strip()),
        smtp_host=env.text("PROCUREMENT_SMTP_HOST", "") or None,
        smtp_port=env.whole("PROCUREMENT_SMTP_PORT", 587, 1, 65535),
        smtp_user=env.text("PROCUREMENT_SMTP_USER", "") or None,
        smtp_password=env.text("PROCUREMENT_SMTP_PASSWORD", "") or None,
        smtp_from=env.text("PROCUREMENT_SMTP_FROM", "") or None,
        ui_url=env.address("PROCUREMENT_UI_URL") or "http://127.0.0.1:3000",
    )


class _Reader:
    """Reads one variable at a time, with the message that belongs to each type."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str, default: str) -> str:
        return self.environ.get(name, "").strip() or default

    def lake(self, name: str) -> str:
        return self.place(name, "lake") or ""

    def place(self, name: str, default: str = "") -> str | None:
        value = self.text(name, default)
        if not value:
            return None
        scheme, separator, rest = value.partition("://")
        if not separator:
            return str(Path(value).expanduser().resolve())
        if scheme not in ("s3", "memory", "file") or not rest:
            raise SettingsError(f"{name}={value!r}: expected a folder or s3://bucket/prefix")
        return value.rstrip("/")

    def address(self, name: str) -> str | None:
        value = self.text(name, "")
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise SettingsError(f"{name}={value!r}: expected an address such as http://127.0.0.1:8800")
        return value.rstrip("/")

    def file(self, name: str, default: Path) -> Path:
        value = self.text(name, "")
        if not value:
            return default
        path = Path(value).expanduser().resolve()
        if not path.is_file():
            raise SettingsError(f"{name}={value!r}: no such file")
        return path

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, "")
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise SettingsError(f"{name}={value!r}: expected a whole number from {low} to {high}")
        return number

    def number(self, name: str, default: float, low: float) -> float:
        value = self.text(name, "")
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            number = low - 1
        if not low <= number < float("inf"):
            raise SettingsError(f"{name}={value!r}: expected a number of at least {low:g}")
        return number
