"""What the accessibility of a page rests on (RGAA 5, 8, 9, 12), read from its HTML and asserted for every page."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """What accessibility rests on, gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tables: list[dict[str, int]] = []
        self.lang = ""
        self.loose: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)
        if tag == "html":
            self.lang = given.get("lang") or ""
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag == "table":
            self.tables.append({"caption": 0, "th": 0, "scoped": 0})
        if tag in ("caption", "th"):
            self.tables[-1][tag] += 1
            self.tables[-1]["scoped"] += tag == "th" and given.get("scope") in ("row", "col")
        if tag in ("script", "link", "img", "iframe", "object"):
            self.loose.append(tag)
        self.loose += [
            str(v) for k, v in attrs if k in ("src", "srcset", "onclick", "style") and "width:" not in str(v)
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def read_page(text: str) -> Page:
    """A page, read."""
    page = Page()
    page.feed(text)
    return page


def assert_accessible_and_alone(text: str, *, first_link: str = "#contenu") -> Page:
    """Well formed, in French, headings in order, tables with a caption and scoped headers, links to anchors that are
    there, and nothing fetched from anywhere."""
    page = read_page(text)
    assert page.open == []
    assert page.lang == "fr"
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    steps = zip(page.headings, page.headings[1:], strict=False)
    assert all(b <= a + 1 for a, b in steps), "a level of heading is skipped"
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert page.links[0] == first_link
    assert all(t["caption"] == 1 and t["th"] == t["scoped"] > 0 for t in page.tables)
    assert page.loose == []
    assert not re.search(r"url\(|@import|https?://", text)
    return page
