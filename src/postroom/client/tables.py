"""Calls about relational tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.table_records import (
    ForeignKey,
    SavedRows,
    Table,
    TableField,
    TableRow,
    Value,
    row_of,
    table_of,
)


class Tables:
    """The relational tables of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> Iterator[Table]:
        """Yield every table by id, read page by page."""
        for said in self._line.items("/v1/tables", {}):
            yield table_of(said)

    def get(self, table_id: int) -> Table:
        """Return a table; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/tables/{table_id}"))

    def create(
        self,
        name: str,
        kind: str = "regular",
        *,
        fields: Sequence[TableField] = (),
        foreign_keys: Sequence[ForeignKey] = (),
        active: bool = True,
        may_clear: bool = False,
        key: str | None = None,
    ) -> Table:
        """Make a table with its fields and foreign keys, `active` unless you say otherwise."""
        body = {
            "name": name,
            "kind": kind,
            "fields": [_field(each) for each in fields],
            "foreign_keys": [{"table_id": each.table_id, "column": each.column} for each in foreign_keys],
            "active": active,
            "may_clear": may_clear,
        }
        return self._one(Call(method="POST", path="/v1/tables", body=body, key=key))

    def delete(self, table_id: int, *, etag: str | None = None) -> None:
        """Delete a table with its rows and what belongs to these."""
        self._line.answer(Call(method="DELETE", path=f"/v1/tables/{table_id}", etag=etag))

    def rows(
        self, table_id: int, *, contact_id: int | None = None, key: str | None = None
    ) -> Iterator[TableRow]:
        """Yield rows by key, read page by page: all, those of a contact, or the one of a key."""
        for said in self._line.items(f"/v1/tables/{table_id}/rows", {"contact_id": contact_id, "key": key}):
            yield row_of(said)

    def save(
        self,
        table_id: int,
        rows: Sequence[Mapping[str, Value | None]],
        *,
        contact: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> SavedRows:
        """Save rows, all or none: values by columns, where None erases.

        Rows that belong to contacts are those of one `contact`: its `id`, its `email`, or its `customer_key`.
        """
        named = {} if contact is None else {"contact": dict(contact)}
        body = {"rows": [{"values": dict(each), **named} for each in rows]}
        call = Call(method="POST", path=f"/v1/tables/{table_id}/rows", body=body, key=key)
        return SavedRows(**self._line.answer(call).json())

    def delete_rows(self, table_id: int, keys: Sequence[Value]) -> int:
        """Delete rows by their unique values; return how many went, those that belonged to them too."""
        path = f"/v1/tables/{table_id}/rows"
        answer = self._line.answer(Call(method="DELETE", path=path, body={"keys": list(keys)}))
        return int(answer.json()["count"])

    def _one(self, call: Call) -> Table:
        answer = self._line.answer(call)
        return table_of(answer.json(), answer.headers.get("ETag"))


def _field(each: TableField) -> dict[str, Any]:
    return {"name": each.name, "type": each.type, "length": each.length, "unique": each.unique}
