"""Data Docs: what a page says, that it asks nothing of other hosts, and that the address a check gives opens it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from procurement_assets.docs_server import docs_port, docs_server
from procurement_assets.lake import Lake
from procurement_assets.quality.catalogue import load_catalogue
from procurement_assets.quality.datadocs import docs_folder, docs_url, write_data_docs
from procurement_assets.quality.results import RuleResult
from procurement_assets.quality.suites import run_rules
from procurement_assets.schema import TABLES
from procurement_assets_tests.quality.support import DATA_DATE, frame, row


def _results(*amounts: float) -> list[RuleResult]:
    rows = [row("contracts", f"c{n}", n, {"montant": v, "objet": "<b>é</b>"}) for n, v in enumerate(amounts)]
    contracts = run_rules(
        TABLES["contracts"], frame("contracts", rows), load_catalogue().of("contracts"), data_date=DATA_DATE
    )
    acts = run_rules(
        TABLES["subcontracts"], frame("subcontracts", []), load_catalogue().of("subcontracts"), data_date=DATA_DATE
    )
    return [*contracts, *acts]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("docs"))
    counts = write_data_docs(made, "paris", _results(10.0, 10.0, 5e9), DATA_DATE)
    assert counts["contracts"] >= 2
    assert counts["subcontracts"] == 0
    return made


def _pages(lake: Lake) -> dict[str, bytes]:
    root = Path(str(docs_folder(lake)))
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_page_says_each_rule_what_it_expects_and_the_failing_values(lake: Lake) -> None:
    pages = _pages(lake)
    (name,) = [n for n in pages if n.startswith("paris/validations/contracts/")]
    text = pages[name].decode()
    assert "DECP-M-403. Le montant n&#39;est pas la valeur factice de 10 euros" in text or "DECP-M-403" in text
    for rule in load_catalogue().of("contracts"):
        assert rule.id in text, rule.id
    assert "au plus 3\u202f000\u202f000\u202f000" in text
    assert "5000000000" in text
    assert "{" + "montant" not in text


def test_a_page_asks_nothing_of_another_host(lake: Lake) -> None:
    for name, page in _pages(lake).items():
        text = page.decode()
        assert "http://" not in text, name
        assert "https://" not in text, name
        assert "<script" not in text, name


def test_same_results_same_bytes_and_pages_of_an_earlier_run_go(lake: Lake) -> None:
    before = _pages(lake)
    write_data_docs(lake, "paris", _results(10.0, 10.0, 5e9), DATA_DATE)
    assert _pages(lake) == before
    write_data_docs(lake, "paris", _results(20.0), date(2026, 2, 1))
    after = _pages(lake)
    assert not any("2026-01-08" in name for name in after)
    assert "2026-02-01" in after["paris/contracts.html"].decode()
    write_data_docs(lake, "paris", _results(10.0, 10.0, 5e9), DATA_DATE)
    assert _pages(lake) == before


@pytest.fixture
def server(lake: Lake) -> Iterator[int]:
    made = docs_server(lake, 0)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield int(made.server_address[1])
    made.shutdown()
    made.server_close()


def _get(port: int, path: str) -> tuple[int, bytes, dict[str, str]]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", path)
    answer = link.getresponse()
    return answer.status, answer.read(), dict(answer.getheaders())


def test_the_address_of_a_check_opens_its_page(lake: Lake, server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCUREMENT_DOCS_URL", f"http://127.0.0.1:{server}")
    url = docs_url("paris", "contracts")
    assert docs_port(url) == server
    path = url.removeprefix(f"http://127.0.0.1:{server}")
    status, body, headers = _get(server, path)
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    target = body.decode().split("url=")[1].split('"')[0]
    status, body, _ = _get(server, f"/paris/{target}")
    assert status == 200
    assert b"DECP-M-403" in body


def test_the_server_gives_pages_only(server: int, lake: Lake) -> None:
    (Path(str(lake.root)) / "secret.txt").write_text("x", encoding="utf-8")
    for path in ("/", "/paris/validations/", "/../secret.txt", "/%2e%2e/secret.txt"):
        assert _get(server, path)[0] == 404, path
    assert _get(server, "/paris/index.html")[0] == 200
