"""The statements by which `ingest` alone gives contacts other keys and merges those that become one.

Ids and values go in as array literals of one length; contacts come out as blocks of CSV in which a null is an
unquoted empty value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from postroom.contacts.fields import CONTACT_FIELDS
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("rekeying")

BLOCK_ROWS = 50_000
"""Rows of a block."""


def key_fields(connection: Connection, account_id: int, fields: Sequence[str]) -> Iterator[bytes]:
    """Yield contact_id and `fields` of every contact of an account; nothing runs between two blocks."""
    after = 0
    columns = _names(["contact_id", *fields])
    while True:
        query = sql.SQL(_SQL["key_fields"]).format(
            columns=columns, account_id=account_id, after=after, rows=BLOCK_ROWS
        )
        rows = list(_copied(connection, query))
        if not rows:
            return
        after = int(rows[-1].split(b",")[0].strip(b'"\n'))
        yield b"".join(rows)


def whole_contacts(connection: Connection, account_id: int, contact_ids: str) -> Iterator[bytes]:
    """Yield contact_id, when it was made and changed (microseconds since 1970), then every field."""
    query = sql.SQL(_SQL["whole_contacts"]).format(
        columns=_names(CONTACT_FIELDS), account_id=account_id, contact_ids=contact_ids
    )
    yield b"".join(_copied(connection, query))


def clear_keys(connection: Connection, account_id: int) -> None:
    """Leave all contacts of an account without keys."""
    connection.execute(_SQL["clear_keys"], {"account_id": account_id})


def merge_contacts(connection: Connection, account_id: int, arrays: Sequence[str]) -> None:
    """Write contacts that stay: ids, when they were made (microseconds since 1970), then every field."""
    kinds = ["bigint[]", "bigint[]", *(_kind(field) for field in CONTACT_FIELDS)]
    assignments = (
        sql.SQL("{} = {}").format(sql.Identifier(field), sql.Identifier("r", field))
        for field in CONTACT_FIELDS
    )
    query = sql.SQL(_SQL["merge_contacts"]).format(
        assignments=sql.SQL(", ").join(assignments),
        arrays=_arrays(kinds),
        columns=_names(CONTACT_FIELDS),
    )
    connection.execute(query, {"account_id": account_id, **_numbered(arrays)})


def note_merged(
    connection: Connection,
    account_id: int,
    change_id: int,
    fields: Sequence[str],
    arrays: Sequence[str],
) -> None:
    """Note who is merged into whom: ids of the merged, of those that stay, then the criterion's fields."""
    query = sql.SQL(_SQL["note_merged"]).format(
        arrays=_arrays(["bigint[]", "bigint[]", *("text[]" for _ in fields)]), columns=_names(fields)
    )
    parameters = {"account_id": account_id, "change_id": change_id}
    connection.execute(query, {**parameters, **_numbered(arrays)})


def delete_merged(connection: Connection, account_id: int, merged_ids: str) -> None:
    """Remove contacts that are merged into others."""
    connection.execute(_SQL["delete_merged"], {"account_id": account_id, "merged_ids": merged_ids})


def unite_memberships(connection: Connection, account_id: int, merged_ids: str, contact_ids: str) -> None:
    """Put contacts on the lists of those merged into them; reads all memberships of the account."""
    connection.execute(
        _SQL["unite_memberships"],
        {"account_id": account_id, "merged_ids": merged_ids, "contact_ids": contact_ids},
    )


def set_keys(connection: Connection, account_id: int, contact_ids: str, keys: str) -> None:
    """Give contacts other keys, none of which another contact has."""
    connection.execute(_SQL["set_keys"], {"account_id": account_id, "contact_ids": contact_ids, "keys": keys})


def _copied(connection: Connection, query: sql.Composed) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        yield from map(bytes, copy)


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _kind(field: str) -> str:
    return "date[]" if field == "birth_date" else "text[]"


def _arrays(kinds: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}::{}").format(sql.Placeholder(f"array_{number}"), sql.SQL(kind))
        for number, kind in enumerate(kinds)
    )


def _numbered(arrays: Sequence[str]) -> dict[str, str]:
    return {f"array_{number}": array for number, array in enumerate(arrays)}
