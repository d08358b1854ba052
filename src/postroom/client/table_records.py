"""Relational tables and their rows, as the API tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.records import known, moment

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class TableField:
    """A field of a table; `length` is a string's alone."""

    name: str
    type: str
    length: int | None = None
    unique: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """What rows point to: contacts, or the rows of a table, by a column."""

    table_id: int | None = None
    column: str | None = None
    owning: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A relational table; `etag` names this state of it, when it was read by itself."""

    id: int
    name: str
    kind: str
    description: str
    state: str
    may_clear: bool
    fields: Sequence[TableField]
    foreign_keys: Sequence[ForeignKey]
    created_at: datetime
    updated_at: datetime
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row: whose it is, and its values by columns; what is empty is left out."""

    contact_id: int | None
    values: Mapping[str, Value]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SavedRows:
    """How many rows were new, and how many of the others changed."""

    inserted: int
    updated: int


def table_of(said: Mapping[str, Any], etag: str | None = None) -> Table:
    """Return the table of an answer."""
    facts = known(Table, said) | {
        "fields": [TableField(**known(TableField, each)) for each in said["fields"]],
        "foreign_keys": [ForeignKey(**known(ForeignKey, each)) for each in said["foreign_keys"]],
        "created_at": moment(said["created_at"]),
        "updated_at": moment(said["updated_at"]),
        "etag": etag,
    }
    return Table(**facts)


def row_of(said: Mapping[str, Any]) -> TableRow:
    """Return the row of an answer."""
    times = {name: moment(said[name]) for name in ("created_at", "updated_at")}
    return TableRow(**(known(TableRow, said) | times))
