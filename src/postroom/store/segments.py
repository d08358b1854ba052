"""Saved filters of contacts, and what they are in SQL: conditions with parameters, over the alias `c`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

from psycopg import sql

from postroom.contacts.custom_fields import FieldType, typed_value
from postroom.contacts.dates import birth_date
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.field_words import did_you_mean
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.segments import MAX_NAME_CHARACTERS, Comparison, Condition, Filter, parse_filter
from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict
from postroom.store import campaigns
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("segments")

_CUSTOM: Final = "custom_"
_NUMBERS: Final = frozenset({FieldType.NUMBER, FieldType.FLOAT})
_LARGEST_ID: Final = 2**63 - 1
_ORDER: Mapping[Comparison, sql.SQL] = {
    Comparison.LESS: sql.SQL("<"),
    Comparison.MORE: sql.SQL(">"),
    Comparison.AT_MOST: sql.SQL("<="),
    Comparison.AT_LEAST: sql.SQL(">="),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved filter of an account; `filter` is as it was written."""

    account_id: int
    segment_id: int
    name: str
    filter: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Compiled:
    """A filter as a condition on the contact `c`, and the parameters in it."""

    condition: sql.Composable
    parameters: Mapping[str, object]


EVERYBODY: Final = Compiled(sql.SQL("true"), {})
"""The filter that nobody has written."""


def create_segment(
    connection: Connection,
    account_id: int,
    settings: AccountSettings,
    name: str,
    text: str,
    *,
    now: datetime,
) -> Segment:
    """Save a filter; raise Refused when it is none, Conflict when the name is taken."""
    _check(settings, name, text)
    parameters = {"account_id": account_id, "name": name, "filter": text, "now": now}
    row = connection.execute(_SQL["create_segment"], parameters).fetchone()
    if row is None:
        raise _taken(name)
    return Segment(**row)


def update_segment(
    connection: Connection,
    segment: Segment,
    settings: AccountSettings,
    name: str,
    text: str,
    *,
    now: datetime,
) -> Segment:
    """Change a saved filter; raise Refused when it is none, Conflict when the name is taken."""
    _check(settings, name, text)
    parameters = {
        "account_id": segment.account_id,
        "segment_id": segment.segment_id,
        "name": name,
        "filter": text,
        "now": now,
    }
    row = connection.execute(_SQL["update_segment"], parameters).fetchone()
    if row is None:
        raise _taken(name)
    return Segment(**row)


def segment_by_id(connection: Connection, account_id: int, segment_id: int) -> Segment:
    """Return a saved filter; raise Missing when the account has none of that id."""
    parameters = {"account_id": account_id, "segment_id": min(segment_id, _LARGEST_ID)}
    row = connection.execute(_SQL["segment_by_id"], parameters).fetchone()
    if row is None:
        raise Missing(f"There is no segment {segment_id} in this account.", code="NO_SEGMENT")
    return Segment(**row)


def segment_named(connection: Connection, account_id: int, name_or_id: str) -> Segment:
    """Return the saved filter of that name or id; raise Missing when there is none."""
    row = connection.execute(_SQL["segment_named"], {"account_id": account_id, "name": name_or_id}).fetchone()
    if row is not None:
        return Segment(**row)
    if name_or_id.isascii() and name_or_id.isdigit():
        return segment_by_id(connection, account_id, int(name_or_id))
    raise Missing(f"There is no segment '{name_or_id}' in this account.", code="NO_SEGMENT")


def segments_of_account(connection: Connection, account_id: int) -> list[Segment]:
    """Return every saved filter of an account by id."""
    rows = connection.execute(_SQL["segments_of_account"], {"account_id": account_id})
    return [Segment(**row) for row in rows]


def delete_segment(connection: Connection, account_id: int, segment_id: int) -> None:
    """Forget a saved filter.

    Raises:
        Missing: there is none of that id.
        Conflict: a campaign that is still to be launched uses it.
    """
    segment = segment_by_id(connection, account_id, segment_id)
    campaigns.require_unused(
        connection, account_id, f"Segment '{segment.name}'", segment_id=segment.segment_id
    )
    connection.execute(_SQL["delete_segment"], {"account_id": account_id, "segment_id": segment.segment_id})


def count_segment(
    connection: Connection, account_id: int, compiled: Compiled, *, list_id: int | None = None
) -> int:
    """Return how many contacts a filter holds for, of the account or of one list."""
    query = sql.SQL(_SQL["count_segment"]).format(condition=compiled.condition)
    parameters = {"account_id": account_id, "list_id": list_id, **compiled.parameters}
    row = connection.execute(query, parameters, prepare=False).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["contacts"])


def compile_filter(text: str, settings: AccountSettings) -> Compiled:
    """Return a filter as a condition; raise Refused when it cannot be read or a field is not there."""
    return _Compiling(settings).compiled(parse_filter(text))


class _Compiling:
    """Turns conditions into SQL; values are only ever parameters, fields only ever known columns."""

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings
        self._custom = {column.name: (name, column.type) for name, column in settings.custom.items()}
        self._parameters: dict[str, object] = {}

    def compiled(self, each: Filter) -> Compiled:
        return Compiled(self._condition(each), self._parameters)

    def _condition(self, each: Filter) -> sql.Composable:
        if isinstance(each, Condition):
            return self._asked(each)
        joined = sql.SQL(" and " if each.every else " or ").join(
            [self._condition(part) for part in each.parts]
        )
        return sql.SQL("({})").format(joined)

    def _asked(self, each: Condition) -> sql.Composable:
        column, kind = self._column(each.field)
        if each.test in {Comparison.EMPTY, Comparison.FILLED}:
            empty = sql.SQL("{} is null") if each.test is Comparison.EMPTY else sql.SQL("{} is not null")
            return empty.format(column)
        if each.test is Comparison.CONTAINS:
            pattern = sql.SQL("(position(lower({}) in lower({}::text)) > 0)")
            return pattern.format(self._parameter(each.value), column)
        compared = _as_date if each.field == "birth_date" else _as_number if kind in _NUMBERS else _as_text
        left, right = compared(each, column, self._parameter)
        if each.test is Comparison.EQUAL:
            return sql.SQL("({} = {})").format(left, right)
        if each.test is Comparison.OTHER:
            return sql.SQL("({} is distinct from {})").format(left, right)
        return sql.SQL("({} {} {})").format(left, _ORDER[each.test], right)

    def _column(self, field: str) -> tuple[sql.Composable, FieldType | None]:
        if field.lower() in DOCUMENTED_FIELDS:
            return sql.Identifier("c", field.lower()), None
        own = self._custom.get(field.removeprefix(_CUSTOM)) if field.startswith(_CUSTOM) else None
        if own is None:
            meant = did_you_mean(field, self._settings)
            raise Refused(f"There is no contact field '{field}'{meant}.", code="UNKNOWN_FIELD")
        return sql.Identifier("c", own[0]), own[1]

    def _parameter(self, value: object) -> sql.Composable:
        name = f"filter_{len(self._parameters)}"
        self._parameters[name] = value
        return sql.Placeholder(name)


_Sides = tuple[sql.Composable, sql.Composable]
_Parameter = Callable[[object], sql.Composable]


def _as_text(each: Condition, column: sql.Composable, parameter: _Parameter) -> _Sides:
    side = sql.SQL('lower({}) collate "C"')
    return side.format(column), side.format(sql.SQL("{}::text").format(parameter(each.value)))


def _as_number(each: Condition, column: sql.Composable, parameter: _Parameter) -> _Sides:
    if isinstance(typed_value(FieldType.FLOAT, each.value), Verdict) or not isfinite(float(each.value)):
        raise _unfit(each, "a number")
    number = float(each.value)
    # A field may hold what was written before it was a number.
    pattern = sql.Literal(r"^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$")
    stored = sql.SQL("case when {} ~ {} then {}::float8 end").format(column, pattern, column)
    return stored, sql.SQL("{}::float8").format(parameter(number))


def _as_date(each: Condition, column: sql.Composable, parameter: _Parameter) -> _Sides:
    day = birth_date(each.value)
    if day is None:
        raise _unfit(each, "a day such as 1980-12-31")
    return column, sql.SQL("{}::date").format(parameter(day))


def _unfit(each: Condition, what: str) -> Refused:
    return Refused(f"'{each.value}' does not fit {each.field}: expected {what}.", code="BAD_FILTER")


def _check(settings: AccountSettings, name: str, text: str) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME_CHARACTERS):
        raise Refused(
            f"A segment's name has from 1 to {MAX_NAME_CHARACTERS} printable characters.", code="BAD_NAME"
        )
    compile_filter(text, settings)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a segment '{name}' already.", code="SEGMENT_EXISTS")


def segment_facts(segment: Segment) -> dict[str, Any]:
    """Return what is told of a saved filter, in plain values."""
    return {
        "id": segment.segment_id,
        "name": segment.name,
        "filter": segment.filter,
        "created_at": segment.created_at,
        "updated_at": segment.updated_at,
    }
