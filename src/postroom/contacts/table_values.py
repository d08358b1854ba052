"""The law of typed values in relational tables: what a text stands for, in the one way it is written.

Texts come from files and programs; what they stand for is a text again, canonical, so that equal values are
equal texts (specs, command batches 3.3 and 4). `ingest.relational` has the vectorised twin.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Final

from postroom.contacts.cells import clean
from postroom.contacts.tables import Field, FieldType
from postroom.contacts.verdicts import Verdict

ERASE: Final = "null"
"""What erases a value, in any case; an empty text leaves it as it is."""

MAX_DIGITS: Final = 30
"""Digits of a float, and the most by which its point may be away from them."""

PLAIN_NUMBER: Final = r"^(?:0|-?[1-9][0-9]{0,17})$"
PLAIN_FLOAT: Final = r"^(?:0|-?[1-9][0-9]{0,11})(?:\.[0-9]{0,11}[1-9])?$"
"""What is written canonically already."""

_NUMBER = re.compile(r"([+-]?)0*([0-9]{1,18})(?:\.0*)?")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")


def number(text: str) -> str | None:
    """Return a whole number of at most 18 digits as JSON writes it; None when it is not one."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    return str(int(found[1] + found[2]))


def decimal(text: str) -> str | None:
    """Return a number with a decimal point as JSON writes it, without exponent; None when it is not one."""
    if len(text) > MAX_DIGITS * 2 or not _FLOAT.fullmatch(text):
        return None
    value = Decimal(text)
    if not value:
        return "0"
    if abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
        return None
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def day(text: str) -> str | None:
    """Return a date as yyyy-mm-dd, read from mm/dd/yyyy or yyyy-mm-dd; None when it is not one.

    Month and day may have one digit, as in the vendor's own sample.
    """
    if found := _MONTH_FIRST.fullmatch(text):
        month, day_, year = found.groups()
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day_ = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day_)).isoformat()
    except ValueError:
        return None


LAWS: Final = {FieldType.NUMBER: number, FieldType.FLOAT: decimal, FieldType.DATE: day}
"""How a text is read, but for strings, which are what they are."""

WRONG: Final = {
    FieldType.STRING: Verdict.VALUE_TOO_LONG,
    FieldType.NUMBER: Verdict.BAD_VALUE,
    FieldType.FLOAT: Verdict.BAD_VALUE,
    FieldType.DATE: Verdict.BAD_DATE,
}
"""What is said of a text that a field cannot hold."""


def typed(field: Field, text: str) -> str | Verdict | None:
    """Return what `text` stands for in a field, canonical; a verdict when it cannot, None when it is empty.

    ERASE means nothing here: the caller looks for it.
    """
    value = clean(text)
    if value is None:
        return None
    if field.type is FieldType.STRING:
        too_long = field.length is not None and len(value) > field.length
        return Verdict.VALUE_TOO_LONG if too_long else value
    return LAWS[field.type](value) or WRONG[field.type]


def as_json(field: Field, value: str) -> str:
    """Return a canonical value as JSON writes it."""
    if field.type in {FieldType.NUMBER, FieldType.FLOAT}:
        return value
    return json.dumps(value, ensure_ascii=False)
