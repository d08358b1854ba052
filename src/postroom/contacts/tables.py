"""What a relational table is: its kind, its fields, whose its rows are, and what it may be called.

A regular table's rows belong to contacts or to the rows of another regular table; a flat one's to nobody; a
join's to the rows of a regular table, beside which they name rows of one to three flat ones (specs, command
batches 4.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from postroom.contacts.errors import Refused
from postroom.contacts.fields import MAX_VALUE_CHARACTERS

MAX_NAME_CHARACTERS: Final = 64
MAX_UNIQUE_CHARACTERS: Final = 255
"""Of a value by which rows are told apart: an index holds it."""

DEFAULT_LENGTH: Final = 255
MOST_TABLES: Final = 200
MOST_FIELDS: Final = 200
MOST_FLAT_TABLES: Final = 3
"""Of a join."""

OWNER_FIELDS: Final = frozenset({"email", "first", "first_name", "customer_key", "contact_id"})
"""What names the contact beside a row; no field of a table may be called so."""

_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f-\x9f^?%:|<>,;&$+=@#.\"\\/]")
_DESCRIPTION = re.compile(r"[\w ]*")


class TableKind(StrEnum):
    """Whose the rows of a table are."""

    REGULAR = "regular"
    FLAT = "flat"
    JOIN = "join"


class TableState(StrEnum):
    """Rows come into active tables alone."""

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"


class FieldType(StrEnum):
    """What a field holds."""

    STRING = "string"
    NUMBER = "number"
    FLOAT = "float"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table; `length` (characters) is a string's alone. Files may fill active ones alone."""

    name: str
    type: FieldType
    length: int | None = None
    is_unique: bool = False
    active: bool = True

    @classmethod
    def of(
        cls, name: str, type_: FieldType, length: int | None, *, is_unique: bool, active: bool = True
    ) -> Field:
        """Make a field; raise Refused for a name, a length or a combination that cannot be."""
        called = column_name(name)
        if type_ is not FieldType.STRING:
            if length is not None:
                raise Refused(f"Only strings have a length, not a {type_.value}.", code="BAD_LENGTH")
            return cls(called, type_, None, is_unique, active)
        most = MAX_UNIQUE_CHARACTERS if is_unique else MAX_VALUE_CHARACTERS
        length = DEFAULT_LENGTH if length is None else length
        if not 1 <= length <= most:
            raise Refused(f"The length of {called} is from 1 to {most}, not {length}.", code="BAD_LENGTH")
        return cls(called, type_, length, is_unique, active)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """What the rows of a table point to: contacts, when `table_id` is None, or the rows of another table.

    `column` is where a row says which row of that table it means, by a value of this `type`; for contacts
    there is none. Rows belong to what an `owning` key names, and go with it.
    """

    table_id: int | None
    table: str | None
    column: str | None
    owning: bool
    type: FieldType = FieldType.STRING


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A relational table."""

    table_id: int
    name: str
    kind: TableKind
    description: str
    state: TableState
    may_clear: bool
    fields: tuple[Field, ...]
    foreign_keys: tuple[ForeignKey, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def unique(self) -> Field | None:
        """Return the field by which rows are told apart."""
        return next((field for field in self.fields if field.is_unique), None)

    @property
    def key(self) -> Field:
        """Return the same of a table that has it, as active ones do; raise ValueError for another."""
        if self.unique is None:
            raise ValueError(f"{self.name} has no unique field")
        return self.unique

    @property
    def owner(self) -> ForeignKey | None:
        """Return whose the rows are; None for a flat table, and while it is not said."""
        return next((key for key in self.foreign_keys if key.owning), None)

    @property
    def references(self) -> tuple[ForeignKey, ...]:
        """Return which flat tables the rows of a join name beside their owner."""
        return tuple(key for key in self.foreign_keys if not key.owning)

    def field(self, name: str) -> Field | None:
        """Return the field of that name, compared without case."""
        return next((each for each in self.fields if each.name.lower() == name.lower()), None)

    def key_of(self, column: str) -> ForeignKey | None:
        """Return the foreign key in the column of that name, compared without case."""
        named = (key for key in self.foreign_keys if key.column and key.column.lower() == column.lower())
        return next(named, None)


def table_name(raw: str) -> str:
    """Return the name of a table, raise Refused when none may be called so."""
    return _name("table", raw)


def column_name(raw: str) -> str:
    """Return the name of a field, raise Refused when none may be called so."""
    name = _name("field", raw)
    if name.lower() in OWNER_FIELDS:
        raise Refused(f"A field cannot be called {name}: that names contacts.", code="BAD_NAME")
    return name


def table_description(raw: str) -> str:
    """Return a description: letters, digits, blanks and _, at most 255; raise Refused for another."""
    text = raw.strip()
    if len(text) > DEFAULT_LENGTH or not _DESCRIPTION.fullmatch(text):
        said = f"A description has letters, digits, blanks and _, at most {DEFAULT_LENGTH} in all."
        raise Refused(said, code="BAD_DESCRIPTION")
    return text


def require_complete(table: Table) -> None:
    """Raise Refused when a table lacks what it needs to be active."""
    if table.unique is None:
        raise Refused(f"There is no unique field for the table {table.name}.", code="NO_UNIQUE_FIELD")
    if table.kind is not TableKind.FLAT and table.owner is None:
        raise Refused(f"Nobody owns the rows of {table.name}: give it a foreign key.", code="NO_FOREIGN_KEY")
    if table.kind is TableKind.JOIN and not table.references:
        raise Refused(f"{table.name} joins no flat table yet.", code="NO_FOREIGN_KEY")


def foreign_key(table: Table, to: Table | None, column: str | None) -> ForeignKey:
    """Return the foreign key of `table` to another one or, without it, to contacts.

    Without `column` the values of the other's unique field stand in a column of its name.

    Raises:
        Refused: a table of this kind has no such foreign key, or not one more.
    """
    if table.kind is TableKind.FLAT:
        raise Refused("The rows of a flat table belong to nobody.", code="BAD_FOREIGN_KEY")
    if to is None:
        if table.kind is TableKind.JOIN or table.owner or column:
            raise Refused(_why_no_contact(table, column), code="BAD_FOREIGN_KEY")
        return ForeignKey(None, None, None, owning=True)
    owning = to.kind is TableKind.REGULAR
    _check_target(table, to, owning=owning)
    if to.unique is None:
        raise Refused(f"The table {to.name} has no unique field yet.", code="NO_UNIQUE_FIELD")
    name = column_name(column or to.unique.name)
    if table.field(name) or table.key_of(name):
        raise Refused(f"{table.name} has a column {name}: give this one another name.", code="FIELD_EXISTS")
    return ForeignKey(to.table_id, to.name, name, owning=owning, type=to.unique.type)


def row_values(
    table: Table, key: str, owner_key: str | None, cells: Mapping[str, object]
) -> dict[str, object]:
    """Return what a row says, by the names of the table's columns; what is empty is left out."""
    values: dict[str, object] = {table.key.name: plain_value(table.key.type, key)}
    if table.owner and table.owner.column and owner_key is not None:
        values[table.owner.column] = plain_value(table.owner.type, owner_key)
    names = [*(key.column or "" for key in table.references), *(each.name for each in table.fields)]
    return values | {name: cells[name.lower()] for name in names if name.lower() in cells}


def plain_value(type_: FieldType, text: str) -> str | int | float:
    """Return a canonical value as programs have it."""
    if type_ is FieldType.NUMBER:
        return int(text)
    return float(text) if type_ is FieldType.FLOAT else text


def _check_target(table: Table, to: Table, *, owning: bool) -> None:
    wrong = None
    if to.table_id == table.table_id:
        wrong = "A table cannot own itself."
    elif to.kind is TableKind.JOIN:
        wrong = f"{to.name} is a join: nothing points to its rows."
    elif to.kind is TableKind.FLAT and table.kind is TableKind.REGULAR:
        wrong = f"{to.name} is flat: only joins name its rows."
    elif owning and table.owner:
        wrong = f"The rows of {table.name} have an owner."
    elif any(key.table_id == to.table_id for key in table.references):
        wrong = f"{table.name} joins {to.name} already."
    elif not owning and len(table.references) >= MOST_FLAT_TABLES:
        wrong = f"A join names rows of {MOST_FLAT_TABLES} flat tables at the most."
    if wrong:
        raise Refused(wrong, code="BAD_FOREIGN_KEY")


def _why_no_contact(table: Table, column: str | None) -> str:
    if table.kind is TableKind.JOIN:
        return "The rows of a join belong to those of a regular table, not to contacts."
    if table.owner:
        return f"The rows of {table.name} have an owner."
    return f"Contacts are named by their own fields, not by {column}."


def _name(what: str, raw: str) -> str:
    if not raw or len(raw) > MAX_NAME_CHARACTERS or _FORBIDDEN.search(raw) or not raw.isprintable():
        raise Refused(
            f"The name of a {what} has 1 to {MAX_NAME_CHARACTERS} characters, no blanks and none of"
            ' ^ ? % : | < > , ; & $ + = @ # . " \\ /',
            code="BAD_NAME",
        )
    return raw
