"""The judgement of libcoveocds (AGPL, tests only), offline, on release and record packages."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from procurement_assets.ocds.extension import build
from procurement_assets_tests.ocds.cases import every_field, record_package, release_package
from procurement_assets_tests.ocds.support import (
    MIRROR,
    PUBLISHER,
    in_order,
    needs_shared,
    real_contracts,
)


class _Mirror(BaseAdapter):
    """Serves the extensions from the mirror at the commits declared, and the local one from the package."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        url = str(request.url)
        self.asked.append(url)
        response = requests.Response()
        response.url, response.request = url, request
        content = self._content(url)
        response.status_code = 404 if content is None else 200
        response.raw = io.BytesIO(content or b"")
        return response

    def _content(self, url: str) -> bytes | None:
        local = build.url(PUBLISHER).removesuffix("extension.json")
        if url.startswith(local):
            path = build.FOLDER / requests.utils.unquote(url.removeprefix(local))
            return path.read_bytes() if path.is_file() else None
        host, _, archive = url.removeprefix("https://").partition("/")
        if host == "github.com" and "/archive/" in archive:
            repository, _, commit = archive.removesuffix(".zip").partition("/archive/")
            return _zipped(MIRROR / "raw.githubusercontent.com" / repository / commit)
        path = MIRROR / url.removeprefix("https://")
        return path.read_bytes() if path.is_file() else None

    def close(self) -> None:
        """Nothing to close."""


def _zipped(folder: Path) -> bytes | None:
    """An archive as GitHub makes it: one folder, the files in it."""
    if not folder.is_dir():
        return None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("extension/", "")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"extension/{path.relative_to(folder)}")
    return out.getvalue()


def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes) -> Any:
    """What libcoveocds says of a package, offline (research/ocds.md §4)."""
    import ocdsextensionregistry.extension_version
    import ocdsextensionregistry.util
    from libcoveocds.api import ocds_json_output
    from libcoveocds.config import LibCoveOCDSConfig

    session = requests.Session()
    mirror = _Mirror()
    for scheme in ("https://", "http://"):
        session.mount(scheme, mirror)
    monkeypatch.setattr(ocdsextensionregistry.util, "session", session)
    monkeypatch.setattr(ocdsextensionregistry.extension_version, "session", session)
    monkeypatch.setattr(requests, "get", session.get)
    config = LibCoveOCDSConfig()
    config.config["context"] = "api"
    config.config["standard_zip"] = (MIRROR / "codeload.github.com/open-contracting/standard/zip/1__1__5").read_bytes()
    result = ocds_json_output(str(tmp_path), json_data=json.loads(data), lib_cove_ocds_config=config)
    assert any("ocds_fr_decp" in url for url in mirror.asked)
    return result


def _flaws(result: Any) -> dict[str, Any]:
    """Everything that libcoveocds can hold against a package."""
    extensions = result["extensions"]
    return {
        "errors": result["validation_errors"],
        "additional fields": result["additional_fields"],
        "closed codes": result.get("additional_closed_codelist_values"),
        "open codes": result.get("additional_open_codelist_values"),
        "deprecated": result.get("deprecated_fields"),
        "extensions": extensions["invalid_extension"],
        "code lists": [e["failed_codelists"] for e in extensions["extensions"] if e.get("failed_codelists")],
        "extended": extensions["is_extended_schema"],
        "conformance": result.get("conformance_errors"),
        "checks": result.get("additional_checks"),
    }


def assert_flawless(result: Any) -> None:
    flaws = _flaws(result)
    assert flaws.pop("extended") is True
    # The one open code list that we add to, as OCDS allows: gazetteers of the code officiel géographique.
    added = [code for where in (flaws.pop("open codes") or {}).values() for code in where["values"]]
    assert set(added) <= set(build.GAZETTEERS)
    assert not any(flaws.values()), {k: v for k, v in flaws.items() if v}


@needs_shared
@pytest.mark.parametrize("build_package", [release_package, record_package])
def test_libcoveocds_finds_nothing_in_packages_with_every_field(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build_package: Any
) -> None:
    pytest.importorskip("libcoveocds")
    assert_flawless(judged(monkeypatch, tmp_path, build_package(in_order(every_field()))))


@needs_shared
@pytest.mark.parametrize("build_package", [release_package, record_package])
def test_libcoveocds_finds_nothing_in_packages_of_real_contracts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, build_package: Any
) -> None:
    pytest.importorskip("libcoveocds")
    sample = [*(c for c in real_contracts() if c.modifications)][:100] + real_contracts()[::60]
    groups = in_order({c.uid: c for c in sample}.values())
    assert_flawless(judged(monkeypatch, tmp_path, build_package(groups)))


@needs_shared
def test_libcoveocds_sees_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The judge is awake: an undeclared field, a wrong date, an unknown code."""
    pytest.importorskip("libcoveocds")
    found = json.loads(release_package(in_order(every_field())))
    found["releases"][0]["decpUID"] = "1"
    found["releases"][0]["date"] = "yesterday"
    found["releases"][0]["tender"]["procurementMethod"] = "free"
    flaws = _flaws(judged(monkeypatch, tmp_path, json.dumps(found).encode()))
    assert flaws["errors"]
    assert flaws["additional fields"]
    assert flaws["closed codes"]
