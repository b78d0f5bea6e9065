"""The commands behind `make demo`, `make refresh` and `make ui`.

    python -m procurement_assets refresh [--publisher PUBLISHER]
    python -m procurement_assets demo
    python -m procurement_assets registers
    python -m procurement_assets publish [--publisher PUBLISHER] [--dry-run] [--full]
    python -m procurement_assets ui [--demo] [--port 3000]
    python -m procurement_assets docs [--demo]
    python -m procurement_assets backup --to FOLDER [--keep N]      (and restore, prune: docs/operations.md)

The demo has its own lake (`lake/demo`) and its own Dagster instance (`.dagster/demo`): generated data never mixes with
the City's, and `ui` opens the instance that exists.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from procurement_assets import prune
from procurement_assets.backup import command as backup
from procurement_assets.backup.model import BackupError
from procurement_assets.in_process import InstanceError, opened_instance, stoppable, was_interrupted
from procurement_assets.outside_errors import outside_cause
from procurement_assets.publishers import PublishersError, load_publishers
from procurement_assets.quality.errors import CatalogueError
from procurement_assets.registers.model import RegistersError
from procurement_assets.settings import PACKAGE, Settings, SettingsError, load_settings
from procurement_assets.storage_errors import StorageError, reason

ROOT = Path.cwd()
"""Where the lake and the instances are, unless the environment names others."""
PROJECT = PACKAGE.parent
"""Where `dagster.yaml` and `workspace.yaml` are, whatever the folder that a command is typed in."""
DEMO_PUBLISHERS = PACKAGE / "sample" / "publishers.toml"
DEMO_REGISTERS = PACKAGE / "sample" / "registers.toml"
_OF_THE_CITY = ("DAGSTER_HOME", "PROCUREMENT_CORRECTIONS", "PROCUREMENT_ALERT_EMAIL")
"""What a server's environment says of the real instance: the demo has its own, writes in no folder of the working
group and wakes nobody."""

_TOLD = (SettingsError, PublishersError, RegistersError, BackupError, CatalogueError, StorageError, InstanceError)
"""What is raised for a person: the message says all."""
STOPPED = "interrompu ; chaque fichier est entier. Relancer la même commande pour finir."
INTERRUPTED = 130
"""The exit status of a command that was stopped, as shells have it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors a user can meet are one line on stderr."""
    args = _parser().parse_args(argv)
    try:
        with stoppable():
            status: int = args.run(args)
        return status
    except KeyboardInterrupt:
        return _refuse(STOPPED, INTERRUPTED)
    except _TOLD as error:
        return _refuse(str(error))
    except Exception as error:
        if was_interrupted(error):
            return _refuse(STOPPED, INTERRUPTED)
        cause = outside_cause(error)
        if cause is None:
            raise
        return _refuse(cause)


def _refuse(why: str, status: int = 2) -> int:
    """Tell in one line why a command did not do what was asked; returns the exit status."""
    print(f"procurement_assets: {why}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="procurement_assets", description="DECP de la Ville de Paris : tables et OCDS."
    )
    commands = parser.add_subparsers(required=True, metavar="commande")
    refresh = commands.add_parser("refresh", help="toute la chaîne, depuis les sources publiques")
    refresh.add_argument("--publisher", default="", help="identifiant dans publishers.toml (le premier activé)")
    refresh.set_defaults(run=lambda a: _refresh(a.publisher, "main"))
    demo = commands.add_parser("demo", help="toute la chaîne, sur un échantillon généré, sans réseau")
    demo.set_defaults(run=lambda _: _demo())
    registers = commands.add_parser(
        "registers", help="demander les registres publics (CPV, SIRENE…), une fois par mois"
    )
    registers.add_argument("--demo", action="store_true", help="ceux de la démonstration")
    registers.set_defaults(run=_registers)
    publish = commands.add_parser("publish", help="publier les exports en place (docs/publication.md)")
    publish.add_argument("--publisher", default="", help="identifiant dans publishers.toml (le premier activé)")
    publish.add_argument("--dry-run", action="store_true", help="écrire le plan, ne rien envoyer")
    publish.add_argument("--full", action="store_true", help="relire chaque octet de ce qui est publié")
    publish.set_defaults(run=_publish)
    ui = commands.add_parser("ui", help="l'interface de Dagster")
    ui.add_argument("--demo", action="store_true", help="celle de la démonstration")
    ui.add_argument("--port", type=_port, default=3000)
    ui.set_defaults(run=_ui)
    docs = commands.add_parser("docs", help="le serveur des Data Docs, que l'interface lance aussi")
    docs.add_argument("--demo", action="store_true", help="ceux de la démonstration")
    docs.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)
    docs.set_defaults(run=_docs)
    backup.add_commands(commands)
    prune.add_commands(commands)
    return parser


def _port(text: str) -> int:
    """A TCP port. Raises ArgumentTypeError, in one line, for what is none."""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} : attendu un nombre entier de 1 à 65535")
    return int(text)


def _needs_writable(settings: Settings) -> None:
    """Raise SettingsError where the lake cannot be written: at once, before any request to a source."""
    from procurement_assets.lake import Lake, write_bytes

    probe = Lake(settings.lake) / ".essai-d-ecriture"
    try:
        write_bytes(probe, b"")
        probe.unlink()
    except OSError as error:
        raise SettingsError(f"PROCUREMENT_LAKE={settings.lake!r} : écriture impossible, {reason(error)}") from error


def _dagster_home(name: str) -> Path:
    """The folder of a Dagster instance, with the project's `dagster.yaml` in it."""
    home = Path(os.environ.get("DAGSTER_HOME") or ROOT / ".dagster" / name).resolve()
    source, target = PROJECT / "dagster.yaml", home / "dagster.yaml"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if source.is_file() and not _is_of_its_own(target):
            shutil.copyfile(source, target)
    except OSError as error:
        raise SettingsError(f"DAGSTER_HOME={str(home)!r} : écriture impossible, {reason(error)}") from error
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def _is_of_its_own(target: Path) -> bool:
    """Whether an instance has settings of its own (a service on PostgreSQL: deploy/dagster.postgres.yaml): kept."""
    return target.is_file() and not target.read_text(encoding="utf-8").startswith("# The Dagster instance.")


def _use_demo() -> None:
    """The demo's publishers and lake, whatever the environment says: its data must never reach a real lake."""
    os.environ["PROCUREMENT_PUBLISHERS"] = str(DEMO_PUBLISHERS)
    os.environ["PROCUREMENT_REGISTERS"] = str(DEMO_REGISTERS)
    os.environ["PROCUREMENT_LAKE"] = str(ROOT / "lake" / "demo")
    os.environ["PROCUREMENT_OFFLINE"] = "1"
    for name in ("PROCUREMENT_MIRROR", "PROCUREMENT_PUBLISH", *_OF_THE_CITY):
        os.environ.pop(name, None)


def _demo() -> int:
    _use_demo()
    status = _refresh("paris", "demo")
    if status == 0:
        print("Ouvrir l'interface de Dagster : make ui, puis http://127.0.0.1:3000")
    return status


def _refresh(publisher: str, instance: str) -> int:
    """One run of the `refresh` job for a publisher (empty: the first one switched on), in this process."""
    settings = load_settings()
    publisher = publisher or load_publishers(settings.publishers).first
    from procurement_assets.run import UnknownPublisherError, run_refresh
    from procurement_assets.run_registers import try_missing

    _needs_writable(settings)
    home = _dagster_home(instance)
    try:
        try_missing(publisher, settings)
        status = run_refresh(publisher, settings, home)
        try_missing(publisher, settings, of_tables=True)
        return status
    except UnknownPublisherError as error:
        return _refuse(str(error))


def _registers(args: argparse.Namespace) -> int:
    """The registers, through Dagster."""
    if args.demo:
        _use_demo()
    settings = load_settings()
    from procurement_assets.run_registers import run_registers

    _needs_writable(settings)
    return run_registers(settings, _dagster_home("demo" if args.demo else "main"))


def _publish(args: argparse.Namespace) -> int:
    """The publication of what is in the exports: its plan alone, or through Dagster with its checks and its journal."""
    settings = load_settings()
    publisher = args.publisher or load_publishers(settings.publishers).first
    if args.dry_run:
        from procurement_assets.dry_run import dry_run

        return dry_run(publisher, settings)
    from procurement_assets.run import UnknownPublisherError, run_refresh

    home = _dagster_home("main")
    tags = {"procurement/relecture": "complete"} if args.full else {}
    try:
        return run_refresh(publisher, settings, home, name="publication", tags=tags)
    except UnknownPublisherError as error:
        return _refuse(str(error))


def _only_the_demo_was_run() -> bool:
    """Whether to open the demo unasked: nothing in the environment names another lake, and only the demo is there."""
    named = any(os.environ.get(n) for n in ("DAGSTER_HOME", "PROCUREMENT_LAKE", "PROCUREMENT_PUBLISHERS"))
    homes = ROOT / ".dagster"
    return not named and (homes / "demo").exists() and not (homes / "main").exists()


def _docs(args: argparse.Namespace) -> int:
    """The server of the Data Docs of the lake that is in use."""
    if args.demo or _only_the_demo_was_run():
        _use_demo()
    settings = load_settings()
    from procurement_assets.docs_server import docs_port, serve_docs
    from procurement_assets.lake import Lake

    port = docs_port(settings.docs_url)
    print(f"Data Docs : {settings.docs_url} (lac {settings.lake})", flush=True)
    try:
        serve_docs(Lake(settings.lake), port, with_parent=args.with_parent)
    except OSError as error:
        if error.filename:  # the folder of the pages, and not the port
            return _refuse(f"Data Docs, {error.filename} : {reason(error)}", 1)
        return _refuse(f"Data Docs, port {port} : {reason(error)} ; PROCUREMENT_DOCS_URL en nomme un autre", 1)
    return 0


def _port_fault(port: int) -> str:
    """Why a port of this machine cannot be listened to; empty where it can."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            return reason(error)
    return ""


def _ui(args: argparse.Namespace) -> int:
    if fault := _port_fault(args.port):
        return _refuse(f"port {args.port} : {fault} ; --port en nomme un autre")
    demo = args.demo or _only_the_demo_was_run()
    if demo:
        _use_demo()
    settings = load_settings()
    from procurement_assets.quality.catalogue import load_catalogue

    load_catalogue(
        settings.rules
    )  # a broken rule is told here, in one line, rather than by an interface without assets
    home = _dagster_home("demo" if demo else "main")
    with opened_instance():
        pass  # the same for an instance that does not open: Dagster would give its stack
    print(f"Interface de Dagster : http://127.0.0.1:{args.port} ({'démonstration' if demo else 'données réelles'})")
    print(f"Lac : {settings.lake}   Instance : {home}", flush=True)
    subprocess.Popen([sys.executable, "-m", "procurement_assets", "docs", "--with-parent"])
    dagster = Path(sys.executable).with_name("dagster")
    command = [str(dagster), "dev", "-w", str(PROJECT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(args.port)]
    os.execv(dagster, command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
