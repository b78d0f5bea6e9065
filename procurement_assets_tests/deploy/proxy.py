"""For the tests of `deploy/`: a real nginx with our configuration, in front of two real Dagster web servers."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import requests
import urllib3

from procurement_assets_tests.conftest import ROOT

CONFIGURATION = ROOT / "deploy" / "nginx" / "procurement-assets.conf"
OPERATOR, ANALYST = ("exploitante", "mot-de-passe-1"), ("analyste", "mot-de-passe-2")
JOB = """
import dagster as dg

@dg.asset
def thing() -> None: ...

defs = dg.Definitions(assets=[thing], jobs=[dg.define_asset_job("make_thing", selection=[thing])])
"""
WRAPPER = """
{user}
daemon off;
pid {root}/nginx.pid;
error_log {root}/error.log warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    include {root}/procurement-assets.conf;
}}
"""


def nginx() -> str | None:
    """The nginx of this machine, if any (in /usr/sbin on Debian)."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Proxy:
    """nginx, the full UI, the read-only UI and the quality pages, on free ports of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports = {name: free_port() for name in ("http", "https", "full", "docs", "readonly")}
        self.base = f"https://127.0.0.1:{self.ports['https']}"
        self._running: list[subprocess.Popen[bytes]] = []

    def configure(self) -> list[str]:
        """Write the configuration for these ports; returns nginx's command."""
        secrets = self.root / "secrets"
        (secrets / "tls").mkdir(parents=True, exist_ok=True)
        certificate(secrets / "tls")
        for name, users in (("exploitants", [OPERATOR]), ("analystes", [ANALYST])):
            lines = [f"{user}:{_hashed(password)}\n" for user, password in users]
            (secrets / f"{name}.htpasswd").write_text("".join(lines))
        text = CONFIGURATION.read_text().replace("/etc/procurement-assets", str(secrets))
        for shown, name in (("3000", "full"), ("3001", "docs"), ("3002", "readonly")):
            text = text.replace(f"127.0.0.1:{shown}", f"127.0.0.1:{self.ports[name]}")
        text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.ports['https']}", text)
        text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{self.ports['http']}", text)
        (self.root / "procurement-assets.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.root / "nginx.conf").write_text(WRAPPER.format(root=self.root, user=user))
        return [str(nginx()), "-p", str(self.root), "-c", str(self.root / "nginx.conf")]

    def start(self) -> None:
        """Start everything and wait until it answers."""
        home, lake = self.root / "home", self.root / "lake"
        home.mkdir()
        (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        (self.root / "job.py").write_text(JOB)
        (lake / "data_docs").mkdir(parents=True)
        (lake / "data_docs" / "index.html").write_text("<!doctype html><title>qualité</title>")
        docs = {"PROCUREMENT_LAKE": str(lake), "PROCUREMENT_DOCS_URL": f"http://127.0.0.1:{self.ports['docs']}"}
        web = [str(Path(sys.executable).with_name("dagster-webserver")), "-h", "127.0.0.1", "-f", "job.py"]
        with dg.DagsterInstance.from_config(str(home)) as instance:
            # Two servers that make the databases of a new instance at once get in each other's way.
            instance.get_runs_count()
            instance.all_asset_keys()
            instance.all_instigator_state()
        self._run([*web, "-p", str(self.ports["full"]), "-l", "/dagster"], DAGSTER_HOME=str(home))
        readonly = ["-p", str(self.ports["readonly"]), "-l", "/lecture", "--read-only"]
        self._run([*web, *readonly], DAGSTER_HOME=str(home))
        self._run([sys.executable, "-m", "procurement_assets", "docs"], PYTHONPATH=str(ROOT), **docs)
        self._run(self.configure())
        self._wait(lambda: self.get("/qualite/", ANALYST).status_code == 200, "/qualite/")
        for place, user in (("/dagster/", OPERATOR), ("/lecture/", ANALYST)):
            self._wait(lambda place=place, user=user: self._loaded(place, user), place)  # type: ignore[misc]

    def _loaded(self, place: str, user: tuple[str, str]) -> bool:
        """Whether a web server has loaded the job: it answers before."""
        query = {"query": "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"}
        answer = self.send("POST", f"{place}graphql", user, json=query)
        return answer.status_code == 200 and bool(answer.json()["data"]["repositoriesOrError"].get("nodes"))

    def _run(self, command: list[str], **environ: str) -> None:
        with (self.root / "servers.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.root, env=os.environ | environ, stdout=log, stderr=log)
        self._running.append(process)

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        for _ in range(2400):  # a busy machine takes a minute to start two web servers
            if any(process.poll() is not None for process in self._running):
                break
            try:
                if ready():
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{what} did not start: {(self.root / 'servers.log').read_text()[-2000:]}")

    def get(self, path: str, user: tuple[str, str] | None = None, **headers: str) -> requests.Response:
        return self.send("GET", path, user, headers=headers)

    def send(self, method: str, path: str, user: tuple[str, str] | None = None, **more: object) -> requests.Response:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # our own certificate
        options = {"auth": user, "verify": False, "timeout": 30, "allow_redirects": False} | more
        return requests.request(method, self.base + path, **options)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Stop everything, children of the web servers included."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def certificate(folder: Path) -> None:
    """A certificate of our own for this machine."""
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "privkey.pem")]
    out = ["-out", str(folder / "fullchain.pem"), "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *key, *out], check=True, capture_output=True)


def _hashed(password: str) -> str:
    command = ["openssl", "passwd", "-6", password]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
