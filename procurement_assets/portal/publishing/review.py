"""The plan as a person reviews it: `publication/PUBLISHER/plan.json`, `plan.html` and `plan.md`, in French."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jinja2
from upath import UPath

from procurement_assets.lake import Lake, write_bytes
from procurement_assets.portal.publishing.plan import Plan, Step, encode

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
TITLES = {"opendatasoft": "Opendatasoft", "datagouv": "data.gouv.fr", "depot": "Dossier de dépôt"}


def write_plans(lake: Lake, publisher: str, plans: Sequence[Plan]) -> UPath:
    """Write the plans of a publisher; returns the folder."""
    folder = lake / f"publication/{publisher}"
    write_bytes(folder / "plan.json", encode(plans))
    write_bytes(folder / "plan.md", markdown(plans).encode())
    write_bytes(folder / "plan.html", html(publisher, plans).encode())
    return folder


def status(plan: Plan) -> str:
    """What would become of a plan, in one line."""
    if not plan.enabled:
        return "non activé : rien n'est envoyé"
    if plan.refusals:
        return "refusé : rien n'est envoyé"
    if not plan.steps:
        return "rien à envoyer : le portail a déjà ces fichiers"
    return f"{len(plan.steps)} appels, {size(plan.sent_bytes)} à envoyer"


def markdown(plans: Sequence[Plan]) -> str:
    """The plans as Markdown: what the Dagster UI shows."""
    lines = []
    for plan in plans:
        lines += [f"## {TITLES.get(plan.target, plan.target)} : {status(plan)}", ""]
        lines += [f"- **Refus** : {r}" for r in plan.refusals]
        lines += [f"- {n}" for n in plan.notes]
        lines += [f"- Données du {plan.data_date}, manifeste `{plan.manifest_sha256[:12]}`"] if plan.data_date else []
        if plan.steps:
            lines += ["", "| n° | appel | adresse | fichier | octets | sha256 | pourquoi |", f"|{'---|' * 7}"]
            lines += [_cells(number, step) for number, step in enumerate(plan.steps, start=1)]
        lines.append("")
    return "\n".join(lines)


def _cells(number: int, step: Step) -> str:
    values = (number, step.method, f"`{step.address}`", step.file, step.bytes or "", step.sha256[:12], step.why)
    return "| " + " | ".join(str(v).replace("|", "\\|") for v in values) + " |"


def html(publisher: str, plans: Sequence[Plan]) -> str:
    """The plans as a page that stands alone."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("publication_plan.html")
    return template.render(publisher=publisher, plans=plans, titles=TITLES, status=status, size=size, shown=_shown)


def _shown(step: Step) -> str:
    """The JSON that a step sends, as it is reviewed."""
    return json.dumps(step.body, ensure_ascii=False, indent=1) if step.body is not None else ""


def size(count: int) -> str:
    """Bytes as a person reads them."""
    amount, unit = float(count), "octets"
    for larger in ("ko", "Mo", "Go"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    shown = f"{amount:.0f}" if unit == "octets" else f"{amount:.1f}"
    return f"{shown} {unit}".replace(".", ",")
