"""What commands on relational tables must lead to, one record after another, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from postroom.contacts.table_values import typed
from postroom.contacts.tables import Field
from postroom.contacts.verdicts import Verdict


@dataclass
class OracleTable:
    """One table: its key, its fields, the table that owns its rows and the column that says which row."""

    key: Field
    fields: Sequence[Field]
    owner: str | None = None
    column: str = ""


@dataclass
class OracleRow:
    """A row: whose it is, which row owns it, its values as texts."""

    contact: str
    owner: str | None
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class TableOracle:
    """Tables of contacts (e-mails) and of one another; `rows` by table and key."""

    tables: Mapping[str, OracleTable]
    contacts: set[str]
    rows: dict[str, dict[str, OracleRow]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {name: {} for name in self.tables}

    def save(self, record: Mapping[str, str]) -> None:
        """Save what one record says: values by `email` and table.column; owners come first in `tables`."""
        named = [name for name in self.tables if any(each.startswith(f"{name}.") for each in record)]
        for name in named:
            self._save(name, self.tables[name], record)

    def _save(self, name: str, table: OracleTable, record: Mapping[str, str]) -> None:
        key = _canonical(table.key, record[f"{name}.{table.key.name}"])
        contact = record.get("email")
        if key is None or (contact is not None and contact not in self.contacts):
            return
        owner = self._owner(name, table, record)
        if owner is False:
            return
        row = self.rows[name].get(key)
        if owner is not None and table.owner:
            owners = self.rows[table.owner][owner].contact
            if contact not in {None, owners}:
                return
            contact = owners
        if row is None:
            if table.owner and owner is None:
                return
            assert contact is not None
            row = OracleRow(contact, owner)
        if contact is not None and row.contact != contact:
            return
        self.rows[name][key] = row
        row.owner = owner or row.owner
        for each in table.fields:
            self._set(row, each, record.get(f"{name}.{each.name}", ""))

    def _owner(self, name: str, table: OracleTable, record: Mapping[str, str]) -> str | Literal[False] | None:
        """Return the key of the owning row, None when the record says nothing, False when it is not there."""
        if table.owner is None:
            return None
        owner = self.tables[table.owner]
        beside = record.get(f"{table.owner}.{owner.key.name}", "")
        text = record.get(f"{name}.{table.column}", beside)
        if text in {"", "null"}:
            return None
        key = _canonical(owner.key, text)
        return key if key in self.rows[table.owner] else False

    def _set(self, row: OracleRow, each: Field, text: str) -> None:
        if text == "null":
            row.values.pop(each.name, None)
        elif (value := _canonical(each, text)) is not None:
            row.values[each.name] = value

    def delete(self, record: Mapping[str, str]) -> None:
        """Delete the rows that one record names, and what they own."""
        for name, table in reversed(list(self.tables.items())):
            text = record.get(f"{name}.{table.key.name}")
            key = None if text is None else _canonical(table.key, text)
            row = self.rows[name].get(key or "")
            contact = record.get("email")
            if key is not None and row is not None and contact in {None, row.contact}:
                self._forget(name, key)

    def delete_contact(self, contact: str) -> None:
        """Delete a contact, and its rows."""
        self.contacts.discard(contact)
        for name, rows in self.rows.items():
            self.rows[name] = {key: row for key, row in rows.items() if row.contact != contact}

    def clear(self, name: str) -> None:
        """Delete all rows of a table."""
        for key in list(self.rows[name]):
            self._forget(name, key)

    def _forget(self, name: str, key: str) -> None:
        self.rows[name].pop(key, None)
        for other, table in self.tables.items():
            if table.owner == name:
                for owned in [each for each, row in self.rows[other].items() if row.owner == key]:
                    self._forget(other, owned)


def _canonical(each: Field, text: str) -> str | None:
    value = None if text == "null" else typed(each, text)
    return None if isinstance(value, Verdict) else value
