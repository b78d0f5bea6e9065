"""SIREN recovered from a malformed SIRET: which form (`siren_forms`), how sure, and why, in French.

Confidence: `certaine` when the identifier writes the SIREN's digits twice, or the same SIREN is that of a valid SIRET
elsewhere in the publisher's data, or a VAT number is declared as one; `probable` when it is a form that people write
and only keys speak for it; `possible` when one key alone does. Only `certaine` fills the repaired column: the others
are suggestions. The published id never changes: nothing here touches the normalised contract, so OCDS and the
regulatory files say what was published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Literal

import msgspec

from procurement_assets.decp.codelists import fold
from procurement_assets.decp.identifiers import is_siren, is_siret
from procurement_assets.decp.model import Contract, Operateur
from procurement_assets.decp.siren_forms import (
    COUNTRIES,
    THIRD_COUNTRIES,
    Form,
    bare_identifier,
    foreign_country,
    forms,
    is_iban,
    is_placeholder,
)

Confidence = Literal["certaine", "probable", "possible"]
REPAIRED_TYPES = (None, "SIRET", "TVA")
"""Types of identifier that can hide a SIREN; a French VAT number is one under the type TVA."""
FOREIGN, IBAN = "id.etranger", "id.iban"

REASONS: dict[str, str] = {
    "siren.tva": "numéro de TVA français ; sa clé concorde avec le SIREN",
    "siren.tva-cle-fausse": "numéro de TVA français dont la clé est fausse",
    "siren.tva-sans-prefixe": "numéro de TVA français sans « FR » ; sa clé concorde avec le SIREN",
    "siren.repete-avant": "SIREN, ou son début, saisi avant le SIRET complet",
    "siren.ape": "SIREN suivi d'un code APE (NAF rév. 2)",
    "siren.ape-ancien": "SIREN suivi d'un code APE de l'ancienne nomenclature",
    "siren.debut-repete": "SIREN suivi de ses propres premiers chiffres",
    "siren.fin-repetee": "SIREN suivi de ses propres derniers chiffres",
    "siren.nic-double": "SIRET dont le numéro d'établissement est saisi deux fois",
    "siren.lettres": "SIREN suivi de lettres (forme juridique, nom)",
    "siren.seul": "SIREN sans numéro d'établissement",
    "siren.zero-perdu": "SIRET qui a perdu son zéro initial ; ses deux clés concordent alors",
    "siren.zeros": "SIREN complété par des zéros",
    "siren.departement": "SIREN suivi d'un numéro de département",
    "siren.tronque": "SIRET tronqué après le SIREN",
    "siren.nic-faux": "clé du SIRET fausse, clé du SIREN juste : le numéro d'établissement est faux",
    "siren.suite": "SIREN suivi d'autres caractères",
    FOREIGN: "identifiant étranger, déclaré comme un SIRET : ce n'est pas un SIREN",
    IBAN: "numéro de compte bancaire (IBAN) : ce n'est pas un SIREN",
}
"""What each rule found, in French."""


class Recovered(msgspec.Struct, frozen=True):
    """What a malformed identifier is."""

    siren: str | None
    """None where it is known not to be French (`id.etranger`, `id.iban`)."""
    rule: str
    confidence: Confidence
    reason: str
    country: str | None = None

    @property
    def fills(self) -> bool:
        """Whether the repaired column takes the SIREN."""
        return self.siren is not None and self.confidence == "certaine"


class KnownSirens:
    """The SIRENs of valid SIRETs in the publisher's data, with the words of the names seen beside them.

    `wanted`: the only SIRENs to learn (see `hidden_sirens`), so that a million valid ones cost nothing.
    """

    def __init__(self, wanted: Collection[str] | None = None) -> None:
        self.wanted = wanted
        self._words: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, siren: object) -> bool:
        return siren in self._words

    def add(self, identifier: str | None, name: str | None = None) -> None:
        """Learn from an identifier; only a SIRET with both its keys right teaches anything."""
        if identifier is None or (self.wanted is not None and identifier[:9] not in self.wanted):
            return
        siren = identifier[:9]
        if is_siret(identifier) and (siren in self._words or (is_siren(siren) and not is_placeholder(siren))):
            self._words.setdefault(siren, set()).update(_words(name))

    def add_contract(self, contract: Contract) -> None:
        """Learn from the holders and subcontractors of a contract."""
        for who in operators(contract):
            if who.typeIdentifiant in (None, "SIRET"):
                self.add(who.id, who.denominationSociale)

    def name_differs(self, siren: str, name: str | None) -> bool:
        """Whether both names are known and share no word."""
        mine, theirs = _words(name), self._words.get(siren, set())
        return bool(mine and theirs) and not mine & theirs


def hidden_sirens(identifiers: Iterable[str]) -> frozenset[str]:
    """Every SIREN that a malformed identifier may hide."""
    return frozenset(f.siren for i in identifiers if not is_siret(i) for f in forms(bare_identifier(i)))


def operators(contract: Contract) -> Iterable[Operateur]:
    """Every holder and subcontractor that a contract names."""
    yield from contract.titulaires
    for m in contract.modifications:
        yield from m.titulaires or ()
    for a in contract.actesSousTraitance:
        if a.sousTraitant is not None:
            yield a.sousTraitant


@lru_cache(maxsize=16_384)
def _words(name: str | None) -> frozenset[str]:
    """The telling words of a name: three letters or more, legal forms apart."""
    words = fold(name or "").split()
    return frozenset(w for w in words if len(w) > 2 and w not in ("sas", "sarl", "sasu", "eurl", "societe"))


def recover(who: Operateur, known: KnownSirens) -> Recovered | None:
    """What the identifier of a holder is; None where it needs no repair (a valid SIRET) or nothing can be said.

    Applied to a repaired identifier it finds nothing: a repair is never made twice.
    """
    if who.id is None or who.typeIdentifiant not in REPAIRED_TYPES or is_siret(who.id):
        return None
    bare = bare_identifier(who.id)
    if who.typeIdentifiant == "TVA" and not bare.startswith("FR"):
        return None
    if is_iban(bare):
        return Recovered(None, IBAN, "certaine", REASONS[IBAN])
    country = foreign_country(bare)
    if country is not None and country != "FR":
        return Recovered(None, FOREIGN, "certaine", f"{REASONS[FOREIGN]} ({country})", country)
    declared = who.typeIdentifiant == "TVA"
    found = [_judge(form, who.denominationSociale, known, declared=declared) for form in forms(bare)]
    sure = [r for r in found if r.fills]
    if len({r.siren for r in sure}) > 1:
        return msgspec.structs.replace(sure[0], confidence="possible", reason=f"{sure[0].reason} ; autre lecture égale")
    return next(iter(sure or found), None)


def _judge(form: Form, name: str | None, known: KnownSirens, *, declared: bool) -> Recovered:
    """`declared`: the type of the identifier is TVA, so that a right VAT number is what it says and no repair."""
    reason = REASONS[form.rule]
    sure = form.structure or (declared and form.rule == "siren.tva")
    confidence: Confidence = "certaine" if sure else "probable" if form.plausible else "possible"
    if form.siren in known:
        if known.name_differs(form.siren, name):
            confidence = "probable" if sure else "possible"
            reason += " ; le nom publié n'est pas celui que porte ce SIREN ailleurs"
        else:
            confidence = "certaine"
            reason += " ; ce SIREN est aussi celui d'un SIRET valide ailleurs dans les données"
    return Recovered(form.siren, form.rule, confidence, reason)


def suggested_type(country: str | None) -> str | None:
    """The type of identifier that suits a foreign one: TVA inside the European Union, HORS-UE outside."""
    if country in COUNTRIES:
        return "TVA"
    return "HORS-UE" if country in THIRD_COUNTRIES else None
