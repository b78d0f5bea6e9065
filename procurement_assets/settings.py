"""Every setting of the project, typed, read from the environment, documented here and nowhere else.

| variable | type | default | meaning |
|---|---|---|---|
| `PROCUREMENT_LAKE` | folder or `s3://bucket/prefix` | `lake/` in the working folder | where everything is written |
| `PROCUREMENT_MIRROR` | http(s) address | none | stands for the public hosts: `https://HOST/X` is `MIRROR/HOST/X` |
| `PROCUREMENT_OFFLINE` | 0 or 1 | 0 | 1: no request is made, what is not in the lake yet is told and skipped |
| `PROCUREMENT_PUBLISHERS` | TOML file | `procurement_assets/publishers.toml` | who publishes, from which sources |
| `PROCUREMENT_REGISTERS` | TOML file | `procurement_assets/registers.toml` | CPV, SIRENE…: addresses |
| `PROCUREMENT_CORRECTIONS` | folder or `s3://…` | in the lake | where correction files come back: docs/corrections.md |
| `PROCUREMENT_MAX_DOWNLOAD_MB` | whole number > 0 | 4096 | largest file accepted from a public source |
| `PROCUREMENT_HTTP_ATTEMPTS` | whole number, 1 to 50 | 12 | tries for one request before it is given up |
| `PROCUREMENT_HTTP_BACKOFF_SECONDS` | number >= 0 | 0.5 | first wait between two tries; doubles, at most 60 s |
| `PROCUREMENT_WORKERS` | whole number, 1 to 64 | the cores of the machine | processes for mapping and validation |
| `PROCUREMENT_ALERT_EMAIL` | addresses, comma-separated | none | who is told when a run fails |
| `PROCUREMENT_SMTP_HOST`, `_PORT`, `_USER`, `_PASSWORD`, `_FROM` | text | none, 587 | mail server; without: log only |
| `PROCUREMENT_PUBLISH` | `PUBLISHER:TARGET`, comma-separated | none | where files are sent (`TARGETS`) |
| `PROCUREMENT_ODS_APIKEY` | secret | none | key of the Opendatasoft portal (rights: edit and publish datasets) |
| `PROCUREMENT_DATAGOUV_APIKEY` | secret | none | key of data.gouv.fr |
| `PROCUREMENT_DEPOT` | folder, or `ftps://user@host/folder` | none | drop folder; `{publisher}`: the publisher's id |
| `PROCUREMENT_DEPOT_PASSWORD` | secret | none | password of the FTP server |
| `PROCUREMENT_ACCEPT_DROP` | `PUBLISHER:HASH`, comma-separated | none | publications that a person accepts, once |
| `PROCUREMENT_MAX_ROW_DROP_PERCENT` | number >= 0 | 2 | loss of rows beyond which a person is asked |
| `PROCUREMENT_MAX_SUM_CHANGE_PERCENT` | number >= 0 | 25 | change of a sum beyond which a person is asked |
| `PROCUREMENT_UI_URL` | http(s) address | `http://127.0.0.1:3000` | address of the Dagster UI, for links in alerts |
| `PROCUREMENT_RULES` | folder | `data_quality/` of the project | the rule catalogue, one YAML file per table |
| `PROCUREMENT_DOCS_URL` | http(s) address | `http://127.0.0.1:3001` | the Data Docs server, for links from checks |

A wrong value stops the load with one line that names the variable, what was read and what is expected.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PACKAGE = Path(__file__).resolve().parent
TARGETS = ("opendatasoft", "datagouv", "depot")
"""Where a publisher's files can be sent."""


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message is one line a user can act on."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process; see the module's table for the variables."""

    lake: str
    mirror: str | None = None
    offline: bool = False
    publishers: Path = PACKAGE / "publishers.toml"
    registers: Path = PACKAGE / "registers.toml"
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
    docs_url: str = "http://127.0.0.1:3001"
    rules: Path = PACKAGE.parent / "data_quality"
    publish: tuple[str, ...] = ()
    ods_apikey: str | None = field(default=None, repr=False)
    datagouv_apikey: str | None = field(default=None, repr=False)
    depot: str | None = None
    depot_password: str | None = field(default=None, repr=False)
    accept_drop: tuple[str, ...] = ()
    max_row_drop_percent: float = 2.0
    max_sum_change_percent: float = 25.0


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
        registers=env.file("PROCUREMENT_REGISTERS", PACKAGE / "registers.toml"),
        corrections=env.place("PROCUREMENT_CORRECTIONS"),
        max_download_bytes=env.whole("PROCUREMENT_MAX_DOWNLOAD_MB", 4096, 1, 10**6) * 1024 * 1024,
        http_attempts=env.whole("PROCUREMENT_HTTP_ATTEMPTS", 12, 1, 50),
        http_backoff_seconds=env.number("PROCUREMENT_HTTP_BACKOFF_SECONDS", 0.5, 0),
        workers=env.whole("PROCUREMENT_WORKERS", min(os.cpu_count() or 1, 64), 1, 64),
        alert_email=env.emails("PROCUREMENT_ALERT_EMAIL"),
        smtp_host=env.text("PROCUREMENT_SMTP_HOST", "") or None,
        smtp_port=env.whole("PROCUREMENT_SMTP_PORT", 587, 1, 65535),
        smtp_user=env.text("PROCUREMENT_SMTP_USER", "") or None,
        smtp_password=env.text("PROCUREMENT_SMTP_PASSWORD", "") or None,
        smtp_from=env.text("PROCUREMENT_SMTP_FROM", "") or None,
        ui_url=env.address("PROCUREMENT_UI_URL") or "http://127.0.0.1:3000",
        rules=env.folder("PROCUREMENT_RULES", PACKAGE.parent / "data_quality"),
        docs_url=env.address("PROCUREMENT_DOCS_URL") or "http://127.0.0.1:3001",
        publish=env.pairs("PROCUREMENT_PUBLISH", TARGETS),
        ods_apikey=env.text("PROCUREMENT_ODS_APIKEY", "") or None,
        datagouv_apikey=env.text("PROCUREMENT_DATAGOUV_APIKEY", "") or None,
        depot=env.text("PROCUREMENT_DEPOT", "") or None,
        depot_password=env.text("PROCUREMENT_DEPOT_PASSWORD", "") or None,
        accept_drop=env.pairs("PROCUREMENT_ACCEPT_DROP"),
        max_row_drop_percent=env.number("PROCUREMENT_MAX_ROW_DROP_PERCENT", 2.0, 0),
        max_sum_change_percent=env.number("PROCUREMENT_MAX_SUM_CHANGE_PERCENT", 25.0, 0),
    )


class _Reader:
    """Reads one variable at a time, with the message that belongs to each type."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str, default: str) -> str:
        return self.environ.get(name, "").strip() or default

    def pairs(self, name: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Comma-separated `PUBLISHER:SOMETHING`."""
        found = tuple(p.strip() for p in self.text(name, "").split(",") if p.strip())
        for pair in found:
            publisher, separator, what = pair.partition(":")
            if not (publisher and separator and what) or (allowed and what not in allowed):
                expected = " ou ".join(f"PUBLIEUR:{a}" for a in allowed) or "PUBLIEUR:EMPREINTE"
                raise SettingsError(f"{name}={pair!r} : attendu {expected}")
        return found

    def emails(self, name: str) -> tuple[str, ...]:
        """Comma-separated addresses of people: a mistake here is an alert that nobody gets."""
        found = tuple(a.strip() for a in self.text(name, "").split(",") if a.strip())
        for address in found:
            local, _, domain = address.rpartition("@")
            if not (local and domain) or len(address.split()) > 1:
                raise SettingsError(f"{name}={address!r} : attendu des adresses séparées par des virgules, nom@domaine")
        return found

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
            raise SettingsError(f"{name}={value!r} : attendu un dossier ou s3://bucket/prefixe")
        return value.rstrip("/")

    def address(self, name: str) -> str | None:
        value = self.text(name, "")
        if not value:
            return None
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port out of its range, brackets that hold no address
            usable = False
        if not usable:
            raise SettingsError(f"{name}={value!r} : attendu une adresse, comme http://127.0.0.1:8800")
        return value.rstrip("/")

    def file(self, name: str, default: Path) -> Path:
        value = self.text(name, "")
        if not value:
            return default
        path = Path(value).expanduser().resolve()
        if not path.is_file():
            raise SettingsError(f"{name}={value!r} : ce fichier n'existe pas")
        return path

    def folder(self, name: str, default: Path) -> Path:
        value = self.text(name, "")
        if not value:
            return default
        path = Path(value).expanduser().resolve()
        if not path.is_dir():
            raise SettingsError(f"{name}={value!r} : ce dossier n'existe pas")
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
            raise SettingsError(f"{name}={value!r} : attendu un nombre entier de {low} à {high}")
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
            raise SettingsError(f"{name}={value!r} : attendu un nombre, {low:g} au moins")
        return number
