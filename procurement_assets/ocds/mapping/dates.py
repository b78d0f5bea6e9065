"""Dates: DECP days to OCDS date-times of Paris, and periods in whole months.

DECP publishes days (`YYYY-MM-DD`); OCDS wants date-times with an offset. A day is written at midnight, the end of a
period at 23:59:59, both at Paris time (+02:00 in summer). A day outside 1990-2049 is not believable (the range of
Pelican's `date_time` check, research/ocds.md §3.4; real feeds hold 0218 and 5021): no OCDS date is written for it and
the local extension keeps it as published.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from procurement_assets.ocds.model import Period

PARIS = ZoneInfo("Europe/Paris")
FIRST_YEAR, LAST_YEAR = 1990, 2049
_LAST_SECOND = 86_399
LAST_END_YEAR = 2199
"""A concession can run for a century; an end after this year is a defect of `dureeMois` (research/decp.md §1.6)."""


@lru_cache(maxsize=65_536)
def day(published: str | None) -> date | None:
    """The day, when it can be read and believed."""
    if not published:
        return None
    try:
        found = date.fromisoformat(published[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


@lru_cache(maxsize=65_536)
def midnight(published: str | None) -> str | None:
    """The start of the day in Paris, `2024-05-15T00:00:00+02:00`, or None."""
    found = day(published)
    return None if found is None else stamp(found)


def unplaced(published: str | None) -> str | None:
    """A date that no OCDS field can hold, as published, for the local extension."""
    return published if published and day(published) is None else None


@lru_cache(maxsize=65_536)
def stamp(of: date, seconds: int = 0) -> str:
    """A moment of a day in Paris, by seconds after midnight on the clock."""
    return (datetime.combine(of, time(), tzinfo=PARIS) + timedelta(seconds=seconds)).isoformat()


@lru_cache(maxsize=65_536)
def period(start: str | None, months: int | None) -> Period | None:
    """`dureeMois` whole months from a day: the last day is the eve of the same day of the month.

    48 months from 2024-05-15 end on 2028-05-14 at 23:59:59, 1,461 days. Where the month has no such day, its last day
    stands for it (as CCAG article 3.2 counts months). Without a believable start, only the local extension has the
    months.
    """
    begin = day(start)
    if begin is None:
        return None
    after = add_months(begin, months) if months is not None and months > 0 else None
    if after is None or after.year > LAST_END_YEAR:
        return Period(startDate=stamp(begin))
    # Days come again far more often than pairs of a day and a number of months: each is written once.
    end = stamp(after - timedelta(days=1), _LAST_SECOND)
    return Period(startDate=stamp(begin), endDate=end, durationInDays=(after - begin).days)


def add_months(start: date, months: int) -> date | None:
    """The same day of the month, or its last day, some months later; None beyond the calendar."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > 9999:
        return None
    day_of_month = start.day if start.day <= 28 else min(start.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day_of_month)
