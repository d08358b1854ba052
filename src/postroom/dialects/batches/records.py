"""Fields and values of a record: how they are told apart and unescaped (specs, command batches 2.1, 7.8).

Records are split at their delimiter first, quotes aside, and then unescaped: `%2C` is a comma in a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.text import EDGES, unescaped

MAX_FIELDS = 500
MAX_NAME_CHARACTERS = 256
DELIMITERS = (",", "\t", "|")

_QUOTED = re.compile(r'"(?:\\"|""|[^"])*+"')
_ESCAPED_QUOTE = re.compile(r'\\"|""')
_STANDARD = frozenset(
    {"email", "first", "last", "company", "address_1", "address_2", "city", "state", "zip", "country"}
    | {"phone", "fax", "customer_key", "duplicate", "format", "format_number", "format_text"}
)
_CUSTOM = "custom_"


@dataclass(frozen=True, slots=True)
class FieldList:
    """The names of a record's fields, and what stands between its values."""

    names: tuple[str, ...]
    delimiter: str


class FieldsRefused(Exception):  # it is a verdict about the names, not an error of ours
    """The names of the fields cannot be told apart."""

    def __init__(self, verdict: Verdict, value: str) -> None:
        """Keep what is wrong and where it shows."""
        self.verdict = verdict
        self.value = value
        super().__init__(f"{verdict.value} {value}")


def field_list(text: str, delimiter: str | None = None) -> FieldList:
    """Read names with a comma, a tab or a pipe between them; a single one takes a comma (specs, 7.9).

    With `delimiter` that one alone counts. Raises FieldsRefused.
    """
    text = text.strip(EDGES)
    found = [each for each in DELIMITERS if each in _QUOTED.sub("", text)]
    if delimiter is None and len(found) > 1:
        raise FieldsRefused(Verdict.MIXED_DELIMITERS, text)
    between = delimiter or (found[0] if found else ",")
    names = values(text, between, MAX_FIELDS)
    if len(names) > MAX_FIELDS:
        raise FieldsRefused(Verdict.TOO_BIG, f"> {MAX_FIELDS}")
    return FieldList(distinct(tuple(field_name(unescaped(name)) for name in names), text), between)


def distinct(names: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Return names that are all there, and there once; raise FieldsRefused for others."""
    check_lengths(names)
    if not all(names):
        raise FieldsRefused(Verdict.MISSING_FIELD, text)
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise FieldsRefused(Verdict.REPEATED_FIELD, twice[0])
    return names


def check_lengths(names: Iterable[str]) -> None:
    """Raise FieldsRefused for a name that is too long."""
    if any(len(name) > MAX_NAME_CHARACTERS for name in names):
        raise FieldsRefused(Verdict.TOO_BIG, f"> {MAX_NAME_CHARACTERS}")


def field_name(text: str) -> str:
    """Return a name as it is compared: fields of the protocol in lower case, any other as written."""
    return _field_name(text) if len(text) <= MAX_NAME_CHARACTERS else text


@lru_cache(maxsize=1024)
def _field_name(text: str) -> str:
    name = text.strip(EDGES)
    lower = name.lower()
    if lower in _STANDARD:
        return lower
    return _CUSTOM + name[len(_CUSTOM) :] if lower.startswith(_CUSTOM) else name


def values(record: str, delimiter: str, width: int) -> list[str]:
    r"""Split a record at its delimiter, outside of quotes; values lose their quotes and the blanks around.

    Within quotes `\"` and `""` stand for one quote. A quote that is not closed before a delimiter is a
    character like any other. There are `width` + 1 values at the most.
    """
    if '"' not in record:
        return [value.strip(EDGES) for value in record.split(delimiter, width)]
    found: list[str] = []
    pattern, place = _pattern(delimiter), 0
    while len(found) <= width:
        match = pattern.match(record, place)
        if match is None:  # never: its last way takes anything
            break
        found.append(_unquoted(match))
        place = match.end() + 1
        if place > len(record):
            break
    return found


def split(record: str, delimiter: str, width: int) -> list[str]:
    """Split a record of a .dat file as `values` does, and replace its percent escapes."""
    if is_plain(record):
        return record.split(delimiter, width)
    found = values(record, delimiter, width)
    if "%" in record:
        return [unescaped(value).strip(EDGES) for value in found]
    return found


def is_plain(record: str) -> bool:
    """Tell whether splitting at the delimiter is all there is to do, blanks around values included."""
    return '"' not in record and "%" not in record and " " not in record and record.isprintable()


def counted(record: str, delimiter: str, width: int) -> str:
    """Say how many values there are where `width` are expected."""
    found = values(record, delimiter, MAX_FIELDS)
    return f"{len(found) if len(found) <= MAX_FIELDS else f'> {MAX_FIELDS}'} / {width}"


@cache
def _pattern(delimiter: str) -> re.Pattern[str]:
    # Every repetition within quotes is possessive: whatever a stranger writes, the time is linear.
    between, blanks = re.escape(delimiter), "[ \r\n]*+" if delimiter == "\t" else "[ \t\r\n]*+"
    return re.compile(
        rf"{blanks}(?:"
        rf'"(?P<escaped>(?:\\"|""|[^"])*+)"{blanks}(?={between}|\Z)|'
        rf'"(?P<doubled>(?:""|[^"])*+)"{blanks}(?={between}|\Z)|'
        rf"(?P<bare>[^{between}]*+))"
    )


def _unquoted(match: re.Match[str]) -> str:
    bare = match["bare"]
    if bare is not None:
        return str(bare).strip(EDGES)
    escaped = match["escaped"]
    if escaped is None:
        return str(match["doubled"]).replace('""', '"').strip(EDGES)
    return _ESCAPED_QUOTE.sub('"', str(escaped)).strip(EDGES)
