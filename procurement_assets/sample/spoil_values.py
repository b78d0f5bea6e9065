"""Classes of defect on dates, amounts, durations, numbers and booleans. What each is: defects.toml."""

from __future__ import annotations

import re

from procurement_assets.sample.draw import day, iso
from procurement_assets.sample.work import Work, spoils

_ISO = re.compile(r"20\d\d-\d\d-\d\d")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_BOOLEANS = ("marcheInnovant", "attributionAvance", "sousTraitanceDeclaree")


def _date_name(work: Work) -> str:
    """The date that starts the contract: its notification, or its signature."""
    return "dateNotification" if work.record.kind == "marche" else "dateSignature"


def iso_date(work: Work, name: str) -> str | None:
    """A date that no other class has rewritten."""
    value = getattr(work.record, name)
    return value if isinstance(value, str) and _ISO.fullmatch(value) else None


def _rewritten_date(work: Work, pattern: str) -> object:
    name = _date_name(work)
    value = iso_date(work, name)
    if value is None:
        return None
    year, month, date = int(value[:4]), int(value[5:7]), int(value[8:10])
    text = pattern.format(y=year, m=month, d=date, month=_MONTHS[month - 1], iso=value[:10])
    return work.field(name, text)


@spoils("date.tz-suffix")
def _tz_suffix(work: Work) -> object:
    summer = (
        "+02:00" if str(work.record.datePublicationDonnees)[5:7] in {"04", "05", "06", "07", "08", "09"} else "+01:00"
    )
    for name in (_date_name(work), "datePublicationDonnees"):
        value = iso_date(work, name)
        if value is not None:
            work.field(name, value + summer, over=True)
    return None


@spoils("date.notification-missing")
def _notification_missing(work: Work) -> object:
    return work.field(_date_name(work), None)


@spoils("date.publication-missing")
def _publication_missing(work: Work) -> object:
    return work.field("datePublicationDonnees", None)


@spoils("date.absurd-year")
def _absurd_year(work: Work) -> object:
    return _rewritten_date(work, work.rng.choice(("0002-11-30", "0222-{m:02d}-{d:02d}", "5021-{m:02d}-{d:02d}")))


@spoils("date.future")
def _future(work: Work) -> object:
    name = _date_name(work)
    value = iso_date(work, name)
    return work.field(name, iso(day(value) + 730 + work.rng.randrange(365))) if value else None


@spoils("date.published-before-notification")
def _published_before(work: Work) -> object:
    value = iso_date(work, _date_name(work))
    early = 1 + int(300 * work.rng.random() ** 3)  # error_profile.json: mostly days, 299 at most
    return work.field("datePublicationDonnees", iso(day(value) - early)) if value else None


@spoils("date.not-padded")
def _not_padded(work: Work) -> object:
    return _rewritten_date(work, "{y}-{m}-{d}")


@spoils("date.french")
def _french(work: Work) -> object:
    return _rewritten_date(work, "{d:02d}/{m:02d}/{y}")


@spoils("date.english")
def _english(work: Work) -> object:
    return _rewritten_date(work, "{month}, {d} {y} 00:00:00")


@spoils("date.datetime")
def _datetime(work: Work) -> object:
    return _rewritten_date(work, work.rng.choice(("{iso}T00:00:00", "{iso}T00:00:00Z", "{iso} 00:00:00")))


@spoils("date.impossible")
def _impossible(work: Work) -> object:
    return _rewritten_date(work, work.rng.choice(("{y}-02-30", "9999-99-99")))


def _amount(work: Work, dirty: object, *, over: bool = False) -> object:
    return work.field("montant", dirty, over=over) if work.record.kind == "marche" else None


@spoils("amount.sentinel-10")
def _sentinel(work: Work) -> object:
    return _amount(work, 10.0)


@spoils("amount.zero")
def _zero(work: Work) -> object:
    return _amount(work, 0)


@spoils("amount.repdigit9")
def _repdigit(work: Work) -> object:
    return _amount(work, 999_999_999)


@spoils("amount.huge")
def _huge(work: Work) -> object:
    return _amount(work, 1e17)


@spoils("amount.negative")
def _negative(work: Work) -> object:
    value = work.record.montant
    return _amount(work, -value) if isinstance(value, float) else None


@spoils("amount.cents")
def _cents(work: Work) -> object:
    value = work.record.montant
    # A small amount in cents looks like an ordinary amount in euros.
    return _amount(work, float(round(value * 100))) if isinstance(value, float) and value >= 1_000_000 else None


@spoils("amount.string")
def _string(work: Work) -> object:
    value = work.record.montant
    return _amount(work, str(value)) if isinstance(value, float) else None


@spoils("amount.french-text")
def _french_text(work: Work) -> object:
    value = work.record.montant
    text = f"{value:,.2f} €".replace(",", " ").replace(".", ",") if isinstance(value, float) else None
    return _amount(work, text) if text else None


@spoils("amount.missing")
def _missing(work: Work) -> object:
    return _amount(work, None)


@spoils("amount.other-source")
def _other_source(work: Work) -> object:
    value = work.record.montant
    factor = work.rng.choice((2, 2, 4, 10, 0.5, 1.2, 1.02, 0.98))
    return _amount(work, round(value * factor, 2)) if isinstance(value, float) else None


@spoils("valeur.string")
def _value_string(work: Work) -> object:
    return work.field("valeurGlobale", str(work.record.valeurGlobale)) if work.record.kind == "concession" else None


@spoils("duree.text")
def _duration_text(work: Work) -> object:
    return work.field("dureeMois", str(work.record.dureeMois))


@spoils("duree.fractional")
def _duration_fractional(work: Work) -> object:
    value = work.record.dureeMois
    return work.field("dureeMois", value - 0.5) if isinstance(value, int) else None


@spoils("duree.zero")
def _duration_zero(work: Work) -> object:
    return work.field("dureeMois", 0)


@spoils("duree.absurd")
def _duration_absurd(work: Work) -> object:
    return work.field("dureeMois", 9999)


@spoils("nc.duree")
def _duration_nc(work: Work) -> object:
    return work.field("dureeMois", "NC")


@spoils("offres.zero")
def _offers_zero(work: Work) -> object:
    return work.field("offresRecues", 0) if work.record.kind == "marche" else None


@spoils("nc.offres")
def _offers_nc(work: Work) -> object:
    return work.field("offresRecues", "NC") if work.record.kind == "marche" else None


@spoils("taux.contradiction")
def _rate_contradiction(work: Work) -> object:
    return work.field("tauxAvance", 0.5) if work.record.attributionAvance is False else None


@spoils("origine.inverted")
def _origin_inverted(work: Work) -> object:
    value = work.record.origineUE
    return work.field("origineFrance", 0.9) if isinstance(value, float) and value < 0.9 else None


@spoils("nc.boolean")
def _boolean_nc(work: Work) -> object:
    return work.field(work.rng.choice(_BOOLEANS), "NC") if work.record.kind == "marche" else None


@spoils("boolean.text")
def _boolean_text(work: Work) -> object:
    name = work.rng.choice(_BOOLEANS)
    value = getattr(work.record, name)
    if not isinstance(value, bool):
        return None
    return work.field(name, work.rng.choice(("oui", "1") if value else ("non", "0")))


@spoils("boolean.missing")
def _boolean_missing(work: Work) -> object:
    amount = work.record.montant
    due = work.record.kind == "marche" and isinstance(amount, float) and amount >= 40_000  # below, it is not asked for
    return work.field(work.rng.choice(_BOOLEANS), None) if due else None
