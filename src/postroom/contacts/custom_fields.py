"""The law of custom fields: their names, and what their values may be (specs, command batches 2.2, 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from postroom.contacts.cells import is_storable
from postroom.contacts.dates import birth_date
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.verdicts import Verdict

MAX_NAME_CHARACTERS = 100
MAX_DESCRIPTION_CHARACTERS = 500


class FieldType(IntEnum):
    """What a custom field holds; the numbers are the protocol's."""

    NUMBER = 0
    TEXT = 1
    DATE = 2
    LARGE_TEXT = 3
    UNICODE_TEXT = 6
    FLOAT = 7


TYPE_NAMES = {
    FieldType.NUMBER: "number",
    FieldType.TEXT: "text",
    FieldType.DATE: "date",
    FieldType.LARGE_TEXT: "large-text",
    FieldType.UNICODE_TEXT: "unicode-text",
    FieldType.FLOAT: "float",
}

TEXTS = frozenset({FieldType.TEXT, FieldType.LARGE_TEXT, FieldType.UNICODE_TEXT})
"""Types that hold whatever is written, up to a length."""


@dataclass(frozen=True, slots=True)
class CustomColumn:
    """What one of EXTRA_FIELDS holds: the name that the account has given it, and its type."""

    name: str
    type: FieldType


_SEPARATING = re.compile(r"[\^&=,|\"<>;]")
"""What ends a field's name in some file; none can be written with these in it."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_MONTH_FIRST = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def is_field_name(text: str) -> bool:
    """Tell whether a field can be named so and be written in the field lists of files; case counts."""
    return (
        1 <= len(text) <= MAX_NAME_CHARACTERS
        and text.isprintable()
        and text == text.strip()
        and _SEPARATING.search(text) is None
    )


def typed_value(kind: FieldType, text: str) -> str | Verdict:
    """Return a value as it is stored, or why it cannot be: BAD_DATE, BAD_VALUE or VALUE_TOO_LONG.

    Dates are read month first, or year first as in ISO 8601, and stored in the latter form; anything else is
    stored as it is written. Neither empty values nor `NULL` come here.
    """
    if len(text) > MAX_VALUE_CHARACTERS:
        return Verdict.VALUE_TOO_LONG
    match kind:
        case FieldType.NUMBER:
            return text if _NUMBER.fullmatch(text) else Verdict.BAD_VALUE
        case FieldType.FLOAT:
            return text if _FLOAT.fullmatch(text) else Verdict.BAD_VALUE
        case FieldType.DATE:
            return _day(text) or Verdict.BAD_DATE
        case _:
            return text if is_storable(text) else Verdict.BAD_VALUE


def cell_value(kind: FieldType, text: str) -> str | None:
    """Return a cleaned cell of a contact file as it is stored; None when its field cannot hold it.

    Such files have dates day first, and perhaps a comma in fractions, where command batches have neither;
    what is right in a batch and cannot be misread here is right, too.
    """
    if kind is FieldType.DATE and not _YEAR_FIRST.fullmatch(text):
        day = birth_date(text)
        return day.isoformat() if day else None
    if kind is FieldType.FLOAT and "." not in text:
        text = text.replace(",", ".")
    stored = typed_value(kind, text)
    return None if isinstance(stored, Verdict) else stored


def _day(text: str) -> str | None:
    if found := _MONTH_FIRST.fullmatch(text):
        month, day, year = found.groups()
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
