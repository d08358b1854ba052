"""Relational tables and their rows as /v1 spells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from postroom.contacts import tables
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.tables import FieldType, TableKind, TableState
from postroom.web.api.operations.tables import MOST_ROWS, Key, Row, WrittenRow
from postroom.web.api.v1.models import Id, Read, Written

Name = Annotated[str, StringConstraints(min_length=1, max_length=tables.MAX_NAME_CHARACTERS)]
Description = Annotated[str, StringConstraints(max_length=tables.DEFAULT_LENGTH)]
Text = Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS)]
Kind = Literal["regular", "flat", "join"]
Type = Literal["string", "number", "float", "date"]
Value = Text | int | float
RowKey = Annotated[str, StringConstraints(max_length=tables.MAX_UNIQUE_CHARACTERS)] | int | float


class TableField(Read):
    """A field of a table."""

    name: str
    type: FieldType
    length: int | None = Field(description="Most characters of a string.")
    unique: bool
    active: bool = Field(description="Whether files and calls may fill it.")


class ForeignKey(Read):
    """What the rows of a table point to."""

    table_id: int | None = Field(description="Null for contacts.")
    column: str | None = Field(description="Where a row says which row of that table it means.")
    owning: bool = Field(description="Whether rows belong to what it names, and go with it.")


class Table(Read):
    """A relational table."""

    id: int
    name: str
    kind: TableKind
    description: str
    state: TableState
    may_clear: bool = Field(description="Whether files may clear it by `clear_data`.")
    fields: list[TableField]
    foreign_keys: list[ForeignKey]
    created_at: datetime
    updated_at: datetime


class Tables(Read):
    """A page of tables, by id."""

    items: list[Table]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewField(Written):
    """A field to make."""

    name: Name
    type: Type
    length: Annotated[int, Field(ge=1, le=MAX_VALUE_CHARACTERS)] | None = None
    unique: bool = False


class NewFields(Written):
    """Fields to add."""

    fields: Annotated[list[NewField], Field(min_length=1, max_length=tables.MOST_FIELDS)]


class NewForeignKey(Written):
    """A foreign key to add: to a table, or to contacts."""

    table_id: Id | None = None
    column: Name | None = None


class NewTable(Written):
    """A table to make, with or without its fields and foreign keys."""

    name: Name
    kind: Kind = "regular"
    description: Description = ""
    may_clear: bool = False
    fields: list[NewField] = Field(default_factory=list, max_length=tables.MOST_FIELDS)
    foreign_keys: list[NewForeignKey] = Field(default_factory=list, max_length=4)
    active: bool = False


class TableChanges(Written):
    """What is to be different; what is absent stays."""

    description: Description = ""
    may_clear: bool = False
    active: bool = False


class FieldChanges(Written):
    """Whether files and calls may fill a field."""

    active: bool


class TableRow(Read):
    """A row: whose it is, and its values by columns; what is empty is left out."""

    contact_id: int | None
    values: dict[str, str | int | float]
    created_at: datetime
    updated_at: datetime


class TableRows(Read):
    """A page of rows, by key."""

    items: list[TableRow]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NamedContact(Written):
    """A contact, by its id or by what the account's files name it by."""

    id: Id | None = None
    email: Text | None = None
    first_name: Text | None = None
    customer_key: Text | None = None


class NewRow(Written):
    """A row to save: new, or known by its unique field. Null erases a value."""

    values: dict[Name, Value | None]
    contact: NamedContact | None = None


class NewRows(Written):
    """Rows to save, all or none."""

    rows: Annotated[list[NewRow], Field(min_length=1, max_length=MOST_ROWS)]


class RowKeys(Written):
    """Rows, by the values of the unique field."""

    keys: Annotated[list[RowKey], Field(min_length=1, max_length=MOST_ROWS)]


class Saved(Read):
    """How many rows were new, and how many of the others changed."""

    inserted: int
    updated: int


def table_of(found: tables.Table) -> Table:
    """Return a table as it is spelled."""
    return Table(
        id=found.table_id,
        name=found.name,
        kind=found.kind,
        description=found.description,
        state=found.state,
        may_clear=found.may_clear,
        fields=[
            TableField(
                name=each.name,
                type=each.type,
                length=each.length,
                unique=each.is_unique,
                active=each.active,
            )
            for each in found.fields
        ],
        foreign_keys=[
            ForeignKey(table_id=each.table_id, column=each.column, owning=each.owning)
            for each in found.foreign_keys
        ],
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


def field_of(new: NewField) -> tables.Field:
    """Return the field that is asked for, unchecked."""
    return tables.Field(new.name, FieldType(new.type), new.length, new.unique)


def key_of(new: NewForeignKey) -> Key:
    """Return the foreign key that is asked for."""
    return Key(new.table_id, new.column)


def row_of(table: tables.Table, found: Row) -> TableRow:
    """Return a row as it is spelled."""
    values = tables.row_values(table, found.row_key, found.owner_key, found.cells)
    return TableRow(
        contact_id=found.contact_id,
        values=values,  # type: ignore[arg-type]  # what the store keeps is text and numbers
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


def written_of(new: NewRow) -> WrittenRow:
    """Return a row as it was written."""
    named = new.contact.model_dump(exclude_none=True) if new.contact else {}
    if "id" in named:
        named = {"contact_id": named["id"]}
    return WrittenRow(new.values, named)
