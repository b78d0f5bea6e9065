"""The reverse proxy of deploy/nginx, for real: who gets in, what they may do, and what a browser is told."""

from __future__ import annotations

import json
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from procurement_assets_tests.deploy.proxy import ANALYST, OPERATOR, Proxy, nginx

PLACES = ("/dagster/", "/lecture/", "/qualite/")
RUNNING = {
    "query": """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
        __typename ... on LaunchRunSuccess { run { id } } ... on UnauthorizedError { message } } }""",
    "variables": {
        "p": {
            "selector": {
                "repositoryLocationName": "job.py",
                "repositoryName": "__repository__",
                "jobName": "make_thing",
            },
            "runConfigData": {},
            "mode": "default",
        }
    },
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The whole service, started once."""
    if nginx() is None:
        pytest.skip("nginx is not installed: run sh .ci/nginx.sh")
    running = Proxy(tmp_path_factory.mktemp("proxy"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_nginx_accepts_the_configuration(tmp_path_factory: pytest.TempPathFactory) -> None:
    if nginx() is None:
        pytest.skip("nginx is not installed: run sh .ci/nginx.sh")
    command = Proxy(tmp_path_factory.mktemp("check")).configure()
    done = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "syntax is ok" in done.stderr
    assert "[warn]" not in done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_without_a_password_nothing_is_shown(proxy: Proxy, place: str) -> None:
    for user in (None, ("analyste", "faux"), ("personne", "x")):
        refused = proxy.get(place, user)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        assert refused.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert proxy.send("POST", f"{place}graphql", json=RUNNING).status_code in (401, 403)


@pytest.mark.parametrize(("place", "user"), [("/dagster/", OPERATOR), ("/lecture/", ANALYST)])
def test_with_a_password_the_ui_loads_with_its_security_headers(
    proxy: Proxy, place: str, user: tuple[str, str]
) -> None:
    page = proxy.get(place, user)
    assert page.status_code == 200
    assert f'"assetPrefix":"{place[:-1]}"' in page.text
    script = page.text.partition(f'src="{place}_next/')[2].partition('"')[0]
    assert proxy.get(f"{place}_next/{script}", user).status_code == 200
    assert "script-src 'nonce-" in page.headers["Content-Security-Policy"]
    expected = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    assert {name: page.headers.get(name) for name in expected} == expected
    assert page.headers["Server"] == "nginx"


def test_an_analyst_does_not_enter_the_full_ui_and_both_read_the_quality_pages(proxy: Proxy) -> None:
    assert proxy.get("/dagster/", ANALYST).status_code == 401
    assert "qualité" in proxy.get("/qualite/", ANALYST).content.decode()
    assert proxy.send("POST", "/qualite/", ANALYST).status_code == 403


def test_an_operator_starts_a_run_and_the_read_only_ui_refuses_it(proxy: Proxy) -> None:
    refused = proxy.send("POST", "/lecture/graphql", ANALYST, json=RUNNING).json()["data"]["launchRun"]
    assert refused["__typename"] == "UnauthorizedError"
    started = proxy.send("POST", "/dagster/graphql", OPERATOR, json=RUNNING).json()["data"]["launchRun"]
    assert started["__typename"] == "LaunchRunSuccess"
    listed = {"query": "{ runsOrError { ... on Runs { results { id } } } }"}
    shown = proxy.send("POST", "/lecture/graphql", ANALYST, json=listed).json()["data"]["runsOrError"]["results"]
    assert shown == [{"id": started["run"]["id"]}]


def test_events_cannot_be_reported_from_outside(proxy: Proxy) -> None:
    address = f"http://127.0.0.1:{proxy.ports['readonly']}/lecture/report_asset_materialization/thing"
    assert requests.post(address, json={}, timeout=30).status_code == 401  # Dagster's own refusal, behind the proxy
    for place, user in (("lecture", ANALYST), ("dagster", OPERATOR)):
        for what in ("materialization", "check", "observation"):
            assert proxy.send("POST", f"/{place}/report_asset_{what}/thing", user, json={}).status_code == 403


@pytest.mark.parametrize("origin", ["https://attaquant.example", "null", "http://127.0.0.1"])
def test_a_request_made_by_another_site_is_refused_even_with_the_password(proxy: Proxy, origin: str) -> None:
    sent = proxy.send("POST", "/dagster/graphql", OPERATOR, json=RUNNING, headers={"Origin": origin})
    assert sent.status_code == 403
    own = proxy.send("POST", "/lecture/graphql", ANALYST, json={"query": "{ version }"}, headers={"Origin": proxy.base})
    assert own.status_code == 200


@pytest.mark.parametrize(("place", "user"), [("/dagster/", OPERATOR), ("/lecture/", ANALYST)])
def test_the_ui_follows_runs_over_a_websocket(proxy: Proxy, place: str, user: tuple[str, str]) -> None:
    sync = pytest.importorskip("websockets.sync.client")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    password = b64encode(":".join(user).encode()).decode()
    address = f"{proxy.base.replace('https', 'wss')}{place}graphql"
    options: dict[str, Any] = {"ssl": context, "subprotocols": ["graphql-ws"], "open_timeout": 20}
    with sync.connect(address, additional_headers={"Authorization": f"Basic {password}"}, **options) as socket:
        socket.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert json.loads(socket.recv(timeout=20))["type"] == "connection_ack"


def test_in_clear_text_a_browser_is_sent_to_tls(proxy: Proxy) -> None:
    address = f"http://127.0.0.1:{proxy.ports['http']}/lecture/"
    moved = requests.get(address, timeout=30, allow_redirects=False)
    assert (moved.status_code, moved.headers["Location"][:8]) == (301, "https://")
    assert proxy.get("/autre").status_code == 404


def test_old_tls_is_refused(proxy: Proxy) -> None:
    port = str(proxy.ports["https"])
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=30)
    assert done.returncode != 0
