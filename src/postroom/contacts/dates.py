"""The law of dates of birth: day first as in France, or year first as in ISO 8601; never month first."""

from __future__ import annotations

import re
from datetime import date

from postroom.contacts.cells import BLANKS

FIRST_YEAR, LAST_YEAR = 1800, 2100

LATEST_SHORT_YEAR = 2025
"""A year of two digits is the latest such year up to this one. Fixed, not the clock's: a file read again
next year must say the same."""

_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.\-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _TIME)
_YEAR_FIRST = re.compile(r"([0-9]{4})([/.\-]?)([0-9]{2})\2([0-9]{2})" + _TIME)


def birth_date(raw: str) -> date | None:
    """Read dd/mm/yyyy, dd/mm/yy, yyyy-mm-dd or yyyymmdd, with / . or - and an optional time; else None.

    Years outside 1800 … 2100 and days that no calendar has are None too.
    """
    text = raw.strip(BLANKS)
    if found := _DAY_FIRST.fullmatch(text):
        return _date(_full_year(found[4]), found[3], found[1])
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(int(found[1]), found[3], found[4])
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return 2000 + year if 2000 + year <= LATEST_SHORT_YEAR else 1900 + year


def _date(year: int, month: str, day: str) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None
