"""The custom fields of accounts: what the extra columns of their contacts hold, under which names."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from postroom.contacts.custom_fields import FieldType
from postroom.contacts.fields import EXTRA_FIELDS
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("custom_fields")


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field; `slot` counts from 1. A deleted one only says that its slot may hold something."""

    slot: int
    name: str
    type: FieldType
    description: str
    deleted: bool = False

    @property
    def column(self) -> str:
        """Return the contact field that holds its values."""
        return EXTRA_FIELDS[self.slot - 1]


def custom_fields_of(connection: Connection, account_id: int) -> list[CustomField]:
    """Return the custom fields of an account by slot, deleted ones included."""
    rows = connection.execute(_SQL["custom_fields_of"], {"account_id": account_id})
    return [CustomField(**{**row, "type": FieldType(row["type"])}) for row in rows]


def names_of_columns(connection: Connection, account_id: int) -> dict[str, str]:
    """Return the names of an account's custom fields, by the contact field that holds them."""
    found = custom_fields_of(connection, account_id)
    return {field.column: field.name for field in found if not field.deleted}


def put_custom_field(connection: Connection, account_id: int, field: CustomField) -> None:
    """Keep a custom field in its slot, whatever was in it; the caller has emptied that."""
    parameters = {
        "account_id": account_id,
        "slot": field.slot,
        "name": field.name,
        "type": field.type.value,
        "description": field.description,
    }
    connection.execute(_SQL["put_custom_field"], parameters)


def delete_custom_field(connection: Connection, account_id: int, field: CustomField) -> None:
    """Let nothing lead to what a custom field holds; it stays there until its slot is used again."""
    parameters = {"account_id": account_id, "slot": field.slot}
    connection.execute(_SQL["delete_custom_field"], parameters)


def empty_slot(connection: Connection, account_id: int, field: CustomField) -> None:
    """Remove what a deleted custom field holds, from contacts and journals; reads all contacts."""
    query = sql.SQL(_SQL["empty_field"]).format(field=sql.Identifier(field.column))
    connection.execute(query, {"account_id": account_id})
    parameters = {"account_id": account_id, "field": field.column}
    connection.execute(_SQL["forget_changes_of_field"], parameters)
