"""What a rule is, as the YAML files of data_quality/ write it."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Literal

import msgspec

from procurement_assets.quality.expectations import EXPECTATIONS, TRUE_EXPECTATION, Expectation

Severity = Literal["critical", "warning", "info"]
Status = Literal["ok", "warning", "blocking", "error"]
"""ok: within tolerance. warning: above the warning threshold. blocking: above the blocking one of a blocking rule.
error: the rule could not be run, which is not a finding."""

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

PREFIXES: dict[str, str] = {
    "contracts": "DECP-M",
    "contract_versions": "DECP-V",
    "contract_titulaires": "DECP-T",
    "subcontracts": "DECP-S",
    "concessions": "DECP-C",
    "concession_versions": "DECP-CV",
    "concession_titulaires": "DECP-CT",
    "concession_execution": "DECP-CE",
    "ledger": "DECP-L",
    "reconciliation": "DECP-R",
    "reconciliation_mois": "DECP-RM",
}
"""The beginning of the ids of each table's rules: an id says where it belongs, and is used for ever."""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many failing rows are tolerated: a count, a share of the rows judged, or both (the first one passed)."""

    count: int | None = None
    """Nombre de lignes en défaut toléré."""
    share: float | None = None
    """Part des lignes jugées tolérée, de 0 à 1."""

    def passed_by(self, failing: int, evaluated: int) -> bool:
        """Whether this many failing rows is more than is tolerated."""
        if self.count is None and self.share is None:
            return failing > 0
        over_count = self.count is not None and failing > self.count
        # As the rule writes it: 0.29 of 100 rows is 29, where floats make 28.999999999999996 of it.
        return over_count or (self.share is not None and failing > Fraction(str(self.share)) * evaluated)


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From how many failing rows the rule warns, and from how many a blocking rule blocks. Nothing said: one."""

    warning: Limit = Limit()
    blocking: Limit = Limit()


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of the catalogue."""

    id: str
    """Identifiant définitif, jamais réutilisé : préfixe de la table et trois chiffres (DECP-M-402)."""
    title: str
    """Titre, en français : ce qui est vrai d'une ligne sans défaut."""
    explanation: str
    """Explication, en français : ce qui est vérifié et pourquoi cela compte."""
    severity: Severity
    """critical : donnée inutilisable ; warning : donnée douteuse ; info : à savoir."""
    legal_basis: str
    """Article ou arrêté, ou « bonne pratique »."""
    advice: str
    """Que faire, en français, à l'impératif."""
    blocking: bool = False
    """true : au-delà du seuil de blocage, la publication s'arrête."""
    correctable: bool = True
    """false : aucune valeur qu'un acheteur renverrait ne corrigerait le constat (publication tardive, forme du fichier,
    identifiant du contrat) ; il reste dans le rapport et n'est pas dans les fichiers à corriger."""
    scope: str = ""
    """Lignes concernées : expression SQL vraie ou fausse sur les colonnes de la table. Vide : toutes les lignes."""
    column: str = ""
    """Colonne jugée, montrée comme valeur dans les constats."""
    expectation: str = ""
    """Type d'attente de Great Expectations ; inutile avec une expression."""
    arguments: dict[str, Any] = {}
    """Arguments de l'attente ; code_list: NOM remplace value_set par une liste de decp/codelists.py."""
    expression: str = ""
    """Expression SQL sur plusieurs colonnes, vraie quand la ligne est sans défaut ; vide (NULL) : ligne non jugée."""
    show: tuple[str, ...] = ()
    """Autres colonnes à montrer avec les lignes en défaut."""
    expected: str = ""
    """Ce que la règle attend, en français ; {colonne} y devient sa valeur. Vide : dit par l'attente ou le titre."""
    thresholds: Thresholds = Thresholds()
    """Seuils d'alerte et de blocage."""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns whose values stand in `expected`."""
        return tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", self.expected)))

    @property
    def type(self) -> Expectation:
        """What is known of the rule's expectation."""
        return EXPECTATIONS[self.expectation_name]

    @property
    def expectation_name(self) -> str:
        """The expectation that runs the rule: an expression is one whose values must be true."""
        return TRUE_EXPECTATION if self.expression else self.expectation

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the expectation itself reads (those of an expression are in its text)."""
        arguments = self.arguments
        named = {
            "column": (self.column,),
            "pair": (arguments.get("column_A"), arguments.get("column_B")),
            "list": tuple(arguments.get("column_list") or ()),
            "none": (),
        }[self.type.columns]
        return () if self.expression else tuple(str(n) for n in named)

    def status(self, failing: int, evaluated: int) -> Status:
        """What this many failing rows means for this rule."""
        if self.blocking and self.thresholds.blocking.passed_by(failing, evaluated):
            return "blocking"
        return "warning" if self.thresholds.warning.passed_by(failing, evaluated) else "ok"


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A YAML file: the rules of one table."""

    table: str
    rules: tuple[Rule, ...]
