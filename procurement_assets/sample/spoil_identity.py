"""Classes of defect on holders, buyers, contract ids and CPV codes. What each is: defects.toml."""

from __future__ import annotations

from procurement_assets.decp.cpv import cpv_key
from procurement_assets.sample.work import Work, spoils

_APES = ("4120B", "7112B", "4339Z", "9499Z", "6201Z", "8121Z", "4321A", "5829C")
_LETTERS = ("SAS", "SARL", "ARCUE", "EURL")
_TYPES = {"TVA": "TVA_INTRACOMMUNAUTAIRE", "FRWF": "FRW", "HORS-UE": "HORS_UE", "UE": "TVA-intracommunautaire"}


def _holder(work: Work, dirty: str) -> object:
    """Writes on a holder with a SIRET; `{siret}`, `{siren}` and `{first5}` are its own."""
    found = work.siret_holder()
    if found is None:
        return None
    holder, path = found
    siret = str(holder.id)
    text = dirty.format(siret=siret, siren=siret[:9], first5=siret[:5])
    return work.put(holder, "id", text, path)


@spoils("holder.siren-ape")
def _siren_ape(work: Work) -> object:
    return _holder(work, "{siren}" + work.rng.choice(_APES))


@spoils("holder.siren-first5")
def _siren_first5(work: Work) -> object:
    return _holder(work, "{siren}{first5}")


@spoils("holder.truncated")
def _truncated(work: Work) -> object:
    return _holder(work, work.rng.choice(("{siret:.10}", "{siret:.10}", "{siret:.11}", "{siret:.13}")))


@spoils("holder.id-empty")
def _id_empty(work: Work) -> object:
    return _holder(work, "")


@spoils("holder.luhn-bad")
def _luhn_bad(work: Work) -> object:
    found = work.siret_holder()
    if found is None:
        return None
    holder, path = found
    return work.put(holder, "id", _next_last_digit(str(holder.id)), path)


def _next_last_digit(siret: str) -> str:
    return siret[:-1] + str((int(siret[-1]) + 1) % 10) if siret[-1:].isdigit() else siret


@spoils("holder.short-digits")
def _short_digits(work: Work) -> object:
    return _holder(work, work.rng.choice(("00000", "1", "00001")))


@spoils("holder.siren-letters")
def _siren_letters(work: Work) -> object:
    return _holder(work, "{siren}" + work.rng.choice(_LETTERS))


@spoils("holder.too-long")
def _too_long(work: Work) -> object:
    return _holder(work, "{siren:.8}{siret}")


@spoils("holder.foreign-as-siret")
def _foreign_as_siret(work: Work) -> object:
    return _holder(work, f"BE0{work.rng.randrange(10**9):09d}00")


@spoils("holder.all-zero")
def _all_zero(work: Work) -> object:
    return _holder(work, "0" * 14)


@spoils("holder.padded")
def _padded(work: Work) -> object:
    return _holder(work, "  {siret} ")


@spoils("holder.type-missing")
def _type_missing(work: Work) -> object:
    holders = work.record.titulaires
    return work.put(holders[0], "typeIdentifiant", None, "titulaires[0].typeIdentifiant") if holders else None


@spoils("holder.type-label")
def _type_label(work: Work) -> object:
    for i, holder in enumerate(work.record.titulaires or ()):
        label = _TYPES.get(str(holder.typeIdentifiant))
        if label:
            return work.put(holder, "typeIdentifiant", label, f"titulaires[{i}].typeIdentifiant")
    return None


@spoils("holder.buyer-is-supplier")
def _buyer_is_supplier(work: Work) -> object:
    found = work.siret_holder()
    return work.put(found[0], "id", work.record.acheteur_id, found[1]) if found else None


@spoils("holder.cotitulaires-dropped")
def _cotitulaires_dropped(work: Work) -> object:
    holders = work.record.titulaires or []
    if len(holders) < 2 or work.record.typeGroupementOperateurs == "Pas de groupement":
        return None
    return work.field("titulaires", holders[:1])


@spoils("holder.none")
def _none(work: Work) -> object:
    return work.field("titulaires", None)


@spoils("buyer.siret-invalid")
def _buyer_invalid(work: Work) -> object:
    return work.field("acheteur_id", _next_last_digit(str(work.record.acheteur_id)))


@spoils("buyer.empty")
def _buyer_empty(work: Work) -> object:
    return work.field("acheteur_id", "")


@spoils("buyer.padded")
def _buyer_padded(work: Work) -> object:
    return work.field("acheteur_id", f" {work.record.acheteur_id}")


@spoils("id.missing")
def _id_missing(work: Work) -> object:
    return work.field("id", None)


@spoils("id.special-characters")
def _id_special(work: Work) -> object:
    text = str(work.record.id)
    return work.field("id", f"{text[:4]}{work.rng.choice(('/', ' ', ',', ' - '))}{text[4:]}")


@spoils("id.number")
def _id_number(work: Work) -> object:
    digits = "".join(c for c in str(work.record.id) if c.isdigit())
    # Only an id of digits alone can become a number without being another id.
    return work.field("id", int(digits)) if digits == work.record.id else None


@spoils("idaccordcadre.empty")
def _framework_empty(work: Work) -> object:
    return work.field("idAccordCadre", "") if work.record.idAccordCadre is not None else None


@spoils("cpv.leading-zero-lost")
def _cpv_zero(work: Work) -> object:
    code = str(work.record.codeCPV or "")
    return work.field("codeCPV", code[1:]) if code.startswith("0") else None


@spoils("cpv.check-digit")
def _cpv_check(work: Work) -> object:
    code = work.record.codeCPV
    if not isinstance(code, str) or not code.isdigit() or len(code) != 8:
        return None
    return work.field("codeCPV", f"{code}-{cpv_key(code)}", over=True)


@spoils("cpv.key-wrong")
def _cpv_key_wrong(work: Work) -> object:
    code = work.record.codeCPV
    if not isinstance(code, str) or not code.isdigit() or len(code) != 8:
        return None
    return work.field("codeCPV", f"{code}-{(int(cpv_key(code)) + 1) % 10}", over=True)


_CPV_2003 = ("28", "36", "52", "67", "74", "78", "91", "93")
"""Divisions that the CPV of 2003 had and that of 2008 has no more."""


@spoils("cpv.unknown")
def _cpv_unknown(work: Work) -> object:
    return work.field("codeCPV", work.rng.choice(_CPV_2003) + str(work.record.codeCPV)[2:]) if _cpv(work) else None


@spoils("cpv.missing")
def _cpv_missing(work: Work) -> object:
    return work.field("codeCPV", None) if _cpv(work) else None


@spoils("cpv.nc")
def _cpv_nc(work: Work) -> object:
    return work.field("codeCPV", work.rng.choice(("NC", ""))) if _cpv(work) else None


@spoils("cpv.number")
def _cpv_number(work: Work) -> object:
    return work.field("codeCPV", int(str(work.record.codeCPV))) if _cpv(work) and _digits(work) else None


def _cpv(work: Work) -> bool:
    return work.record.codeCPV is not None


def _digits(work: Work) -> bool:
    return str(work.record.codeCPV).isdigit()
