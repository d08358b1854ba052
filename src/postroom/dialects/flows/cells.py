"""How one value is written: the rules of OUT flows, cell by cell (specs, OUT flows section 2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from postroom.dialects.flows.columns import Column, Kind

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NESTED: Final = re.compile('[,"\r\n]')
_FORMULA: Final = tuple("=+-@\t\0")
_LARGEST_SCALE: Final = 1000

CUT: Final = "cut"
"""Counts texts that were longer than their column."""
NUL: Final = "nul"
"""Counts NUL characters that were removed."""
NOT_A_NUMBER: Final = "not_a_number"
"""Counts decimals that are no numbers, or beyond all measure; they are written as null."""
REPLACED: Final = "replaced"
"""Counts characters that the encoding of the file does not have."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The dialect of a file. The default is that of OUT flows; folders' reports are Latin-1 (seed 000)."""

    separator: str = ";"
    encoding: str = "utf-8"
    replacement: str = "?"
    """What stands for a character that `encoding` does not have."""
    zone: tzinfo = UTC
    """The zone of moments, the same for all files of an account (`exportZone`)."""
    iso_moments: bool = False
    """Whether moments are written with their offset: a local zone has an hour that is there twice."""
    spreadsheet_safe: bool = False
    """Whether what a spreadsheet would take for a formula gets an apostrophe: it alters telephone numbers."""


Spell = Callable[[Any], str | None]
"""Returns how a value that is not None is written, before quoting; None when it is to be null."""


def speller(column: Column, spelling: Spelling, remarks: Counter[str]) -> Spell:
    """Return what writes the values of a column; `remarks` counts what had to be changed."""
    spell: dict[Kind, Spell] = {
        Kind.TEXT: lambda text: _cut(_clean(text, remarks), column.length, remarks),
        Kind.INTEGER: lambda number: f"{number:d}",
        Kind.DECIMAL: lambda number: _decimal(number, remarks),
        Kind.BOOLEAN: lambda truth: "true" if truth else "false",
        Kind.DATE: _day,
        Kind.MOMENT: lambda moment: _moment(moment, spelling),
        Kind.MULTI: lambda values: _multi(values, column.length, remarks),
    }
    return spell[column.kind]


def quoter(spelling: Spelling) -> Callable[[str], str]:
    """Return what quotes a written value where it needs it, and only there."""
    needs_quotes = re.compile(f'[{re.escape(spelling.separator)}"\r\n]').search

    def quote(text: str) -> str:
        if text == "" or needs_quotes(text):
            return '"' + text.replace('"', '""') + '"'
        return text

    if not spelling.spreadsheet_safe:
        return quote
    return lambda text: quote(f"'{text}" if text.startswith(_FORMULA) else text)


def _clean(text: str, remarks: Counter[str]) -> str:
    if text.isascii():
        return text if "\0" not in text else _without_nul(text, remarks)
    text = _SURROGATE.sub("\ufffd", text)
    return text if "\0" not in text else _without_nul(text, remarks)


def _without_nul(text: str, remarks: Counter[str]) -> str:
    remarks[NUL] += text.count("\0")
    return text.replace("\0", "")


def _cut(text: str, length: int | None, remarks: Counter[str]) -> str:
    if length is None or len(text) <= length:
        return text
    remarks[CUT] += 1
    return text[:length]


def _decimal(number: Decimal, remarks: Counter[str]) -> str | None:
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_SCALE:
        remarks[NOT_A_NUMBER] += 1
        return None
    return f"{number:f}"  # str() may write an exponent


def _day(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"  # strftime has no zeros before years below 1000


def _moment(moment: datetime, spelling: Spelling) -> str:
    if moment.tzinfo is None:
        raise ValueError("A moment needs a zone.")
    local = moment.astimezone(spelling.zone).replace(microsecond=0)
    if spelling.iso_moments:
        return local.isoformat()
    return f"{_day(local)} {local.hour:02}:{local.minute:02}:{local.second:02}"


def _multi(values: Sequence[str], length: int | None, remarks: Counter[str]) -> str | None:
    if not values:
        return None
    cleaned = (_cut(_clean(value, remarks), length, remarks) for value in values)
    return ",".join(_nested(value) for value in cleaned)


def _nested(value: str) -> str:
    if value == "" or _NESTED.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value
