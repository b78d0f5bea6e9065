"""A page of Great Expectations' Data Docs as we give it out: in French, self-contained, without dead controls.

The library has no translations: its words are in its templates and renderers. Its pages are parsed and their texts
replaced one by one, whole texts only (`_WORDS`, `_PATTERNS`), and never in the cells that hold values of the data. A
test reads every page for English words, so a new version of the library that says something else is seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree, html

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1b1b35;max-width:75rem;margin:1.5rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #c8cad6;padding:.4rem .6rem;
text-align:left;vertical-align:top}th{background:#f4f6fa}caption{text-align:left;font-weight:600;padding:.4rem 0}
.alert,.card{border:1px solid #c8cad6;padding:.6rem;margin:.5rem 0}a{color:#0b4aa2}
nav ul,nav ol,.list-unstyled{list-style:none;padding-left:0}nav ol li{display:inline}
nav ol li+li::before{content:" / "}.card nav ul{columns:16rem}
.cooltip .top,thead[hidden]{display:none}.how{background:#f4f6fa;border-left:4px solid #0b4aa2;padding:.6rem 1rem}
.text-danger,.fa-times{color:#a3001b}.text-success,.fa-check-circle{color:#18753c}
.fa-check-circle::before{content:"✔"}.fa-times::before{content:"✘"}.fa-exclamation-triangle::before{content:"⚠"}
.fas{font-style:normal;margin-right:.3em}
h1{font-size:1.6rem}h2{font-size:1.05rem;margin:0}h3{font-size:1rem;margin:.5rem 0}
@media print{nav,.card{display:none}}
"""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_WORDS = {
    "Home": "Accueil",
    "Overview": "Ensemble",
    "Info": "À savoir",
    "Notes": "Notes",
    "Status": "État",
    "Status:": "Résultat :",
    "Failed": "des règles sont à regarder",
    "Succeeded": "toutes les règles sont respectées",
    "Count": "Nombre",
    "Expectation": "Règle",
    "Observed Value": "Observé",
    "Unexpected Value": "Valeur en défaut",
    "Sampled Unexpected Values": "Exemples de valeurs en défaut",
    "Statistics": "Chiffres",
    "Table of Contents": "Sommaire",
    "Table-Level Expectations": "Règles sur plusieurs colonnes ou sur toute la table",
    "Expectation Suite:": "Règles de la table :",
    "Expectation Suite": "Règles d'une table",
    "Expectation Suite Name": "Table",
    "A collection of Expectations defined for batches of data.": "",
    "Expectation Validation Result": "Résultat des contrôles",
    "Evaluates whether a batch of data matches expectations.": "",
    "Evaluated Expectations": "Règles exécutées",
    "Successful Expectations": "Règles respectées",
    "Unsuccessful Expectations": "Règles à regarder",
    "Success Percent": "Part respectée",
    "Great Expectations Version": "Version de Great Expectations",
    "Run Name": "Données au",
    "raised an exception:": "La règle n'a pas pu être exécutée :",
}
"""The library's texts and ours."""
_NUMBER = r"(≈?[\d.]+)"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(_NUMBER + r"% unexpected\Z"), "{} % en défaut"),
    (re.compile(_NUMBER + r"% not null\Z"), "{} % de valeurs renseignées"),
    (
        re.compile(r"(\d+) unexpected values found\. " + _NUMBER + r"% of (\d+) total rows\.\Z"),
        "{} en défaut : {} % des lignes jugées. Lignes concernées : {}.",
    ),
    (
        re.compile(r"This Expectation suite currently contains (\d+) total Expectations across (\d+) columns\.\Z"),
        "{} règles, {} colonnes.",
    ),
    (re.compile(r"Data asset: .*\Z"), ""),
    (re.compile(r"Validations / (\w+) / ([\d-]+) / .*\Z"), "Contrôles : {}, données au {}"),
    (re.compile(r"Expectations / (\w+)\Z"), "Règles : {}"),
    (re.compile(r"expect_\w+\Z"), ""),
    (re.compile(_NUMBER + r"%\Z"), "{} %"),
)
"""The same, for texts that hold figures, which are then written as in French."""
_HOW = (
    "Une ligne est une règle du catalogue (dossier data_quality). ✔ : elle est respectée, ou ses défauts restent dans "
    "la tolérance. ✘ : elle est à regarder, avec des exemples de valeurs en défaut (vingt au plus). La part en défaut "
    "est celle des lignes jugées : celles que la règle concerne et dont la valeur est renseignée. Toutes les lignes en "
    "défaut sont dans le rapport de qualité. Un défaut de donnée n'est pas une irrégularité du contrat."
)
_SUITE = (
    "Ce que le catalogue (dossier data_quality) attend de cette table, colonne par colonne. Le résultat de la dernière "
    "exécution est dans la page de la table, depuis l'accueil."
)
_DEAD = (
    "//li[hr] | //hr",
    '//tr[td[normalize-space()="Run Time"]]',
    "//script | //link | //img | //footer | //title | //input | //button",
    '//*[contains(@class, "modal")]',
    '//div[contains(@class, "card")][div/strong[normalize-space()="Actions"]]',
    '//a[starts-with(normalize-space(), "Show more info") or starts-with(normalize-space(), "Show exception")]',
)
"""What asks another host for something, and what does nothing without scripts."""
_VALUES = re.compile(r"-content-\d+-cell-")
"""In the id of a cell: it holds a value of the data, not a text of the library."""


def french_page(page: bytes, table: str, titles: Mapping[str, str], publisher: str) -> bytes:
    """A page of the library as ours.

    `table`: the French title of the table it is about. `titles`: name of a column to its French title.
    """
    root = html.document_fromstring(page.decode("utf-8"))
    for path in _DEAD:
        for element in _all(root, path):
            if element.getparent() is not None:
                element.drop_tree()
    _forget_other_hosts(root)
    for element in root.iter(etree.Element):
        _translate(element, titles)
    _head(root, table, publisher)
    _accessible(root)
    _numbered(root)
    return b"<!DOCTYPE html>\n" + bytes(html.tostring(root, encoding="utf-8")) + b"\n"


def _all(root: html.HtmlElement, path: str) -> list[html.HtmlElement]:
    found: Any = root.xpath(path)
    return list(found)


def _forget_other_hosts(root: html.HtmlElement) -> None:
    for link in _all(root, '//a[starts-with(@href, "http")]'):
        link.drop_tag()
    for style in _all(root, "//style"):
        style.drop_tree()
    for element in _all(root, "//*[@style]"):
        del element.attrib["style"]


def _translate(element: etree._Element, titles: Mapping[str, str]) -> None:
    if not any(_VALUES.search(str(e.get("id", ""))) for e in (element, *element.iterancestors("td"))):
        element.text = _french(element.text, titles)
    parent = element.getparent()
    if parent is not None and not any(
        _VALUES.search(str(e.get("id", ""))) for e in (parent, *parent.iterancestors("td"))
    ):
        element.tail = _french(element.tail, titles)


def _french(text: str | None, titles: Mapping[str, str]) -> str | None:
    bare = " ".join((text or "").split())
    if not bare:
        return text
    if bare in titles:
        return f"{titles[bare]} ({bare})"
    if bare in _WORDS:
        return _WORDS[bare]
    for pattern, ours in _PATTERNS:
        if found := pattern.match(bare):
            return ours.format(*(re.sub(r"(?<=\d)\.(?=\d)", ",", part) for part in found.groups()))
    return text


def _head(root: html.HtmlElement, table: str, publisher: str) -> None:
    """Language, title, styles, one heading of the first level, how to read the page."""
    root.set("lang", "fr")
    heading, head = (next(iter(_all(root, path)), None) for path in ("//h4", "//head"))
    said = str(heading.text_content()).strip() if heading is not None else "Contrôles"
    if head is None or heading is None:
        return
    title, style = etree.SubElement(head, "title"), etree.SubElement(head, "style")
    title.text, style.text = f"{said} : {table} – {publisher}", STYLE
    heading.tag, heading.text = "h1", f"{said} : {table}"
    how = html.fromstring('<p class="how"></p>')
    how.text = _HOW if said == _WORDS["Expectation Validation Result"] else _SUITE
    heading.addnext(how)


_LEVELS = {"h5": "h2", "h6": "h3"}
_STATES = {"fa-check-circle": "respectée", "fa-times": "à regarder", "fa-exclamation-triangle": "non exécutée"}


def _accessible(root: html.HtmlElement) -> None:
    """Headings without a level missing, headers that say what they head, signs that have a name."""
    for level, ours in _LEVELS.items():
        for heading in _all(root, f"//{level}"):
            heading.tag = ours
    for header in _all(root, "//th[not(@scope)]"):
        header.set("scope", "col")
    for shape, said in _STATES.items():
        for sign in _all(root, f'//i[contains(@class, "{shape}") and not(@aria-hidden)]'):
            sign.set("role", "img")
            sign.set("aria-label", said)


def _numbered(root: html.HtmlElement) -> None:
    """The library draws ids at random: here they are numbered in order, so that same results give same bytes."""
    numbers: dict[str, str] = {}
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            found = _UUID.sub(lambda m: numbers.setdefault(m.group(), str(len(numbers))), str(value))
            if found != value:
                element.set(name, found)
