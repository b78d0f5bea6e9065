"""What the documentation tells is there: links, headings, commands, settings, folders of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from procurement_assets import settings
from procurement_assets.__main__ import _parser

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(p for folder in ("docs", "data_quality", "benchmarks") for p in (ROOT / folder).rglob("*.md")),
    ]
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"PROCUREMENT_[A-Z][A-Z_]*[A-Z]")


def _anchors(page: Path) -> set[str]:
    """The anchors that headings get, by the rule of GitHub."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_folders_that_the_readme_describes_are_there() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| [^|]+\|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = [
        p
        for row in rows
        for p in re.findall(r"`([\w./]+)`", row)
        if p.startswith(("procurement_assets", "docs", "deploy"))
    ]
    assert len(told) > 10
    assert [p for p in told if not (ROOT / p).exists()] == []


def test_the_readme_describes_every_folder_of_the_package() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = {p.parent for p in (ROOT / "procurement_assets").glob("*/*.py") if p.stat().st_size}
    assert len(folders) > 10
    assert [f.name for f in sorted(folders) if f"`procurement_assets/{f.name}/`" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|[`  ])make ([a-z]+)(?=[`\s]|$)", _code(text), re.MULTILINE)) <= targets
    actions = next(a for a in _parser()._actions if a.choices)
    assert set(re.findall(r"python -m procurement_assets ([a-z]+)", text)) <= set(actions.choices or ())


def _code(text: str) -> str:
    """What a page writes as code: between back quotes, and indented lines."""
    return "\n".join([*re.findall(r"`[^`\n]+`", text), *re.findall(r"^    .*$", text, re.MULTILINE)])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_setting_of_a_page_is_one_of_the_settings(page: Path) -> None:
    known = set(_VARIABLE.findall(settings.__doc__ or "")) | {
        f"PROCUREMENT_SMTP_{end}" for end in ("PORT", "USER", "PASSWORD", "FROM")
    }
    named = set(_VARIABLE.findall(page.read_text(encoding="utf-8")))
    assert named - known == set()


def test_every_setting_that_is_read_is_in_the_table_of_settings() -> None:
    table = settings.__doc__ or ""
    read = set(_VARIABLE.findall(Path(settings.__file__).read_text(encoding="utf-8").split('"""', 2)[2]))
    missing = {v for v in read if v not in table and not v.startswith("PROCUREMENT_SMTP_")}
    assert missing == set()
