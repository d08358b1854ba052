"""By what contacts are met where any identifier is enough: the statements by which `ingest` alone keeps it.

Ids and identifiers (32 hexadecimal digits) go in as array literals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from postroom.store.database import Connection
from postroom.store.merge import NO_LIST, Merging
from postroom.store.statements import statements

_SQL = statements("identifiers")


def any_identifiers(connection: Connection, account_id: int) -> bool:
    """Tell whether any contacts of an account share an address."""
    row = connection.execute(_SQL["any_identifiers"], {"account_id": account_id}).fetchone()
    return bool(row and row["found"])


def owners(connection: Connection, account_id: int, identifiers: str) -> str:
    """Return who has these identifiers, each as a line of CSV: identifier, contact_id."""
    parameters = {"account_id": account_id, "identifiers": identifiers}
    row = connection.execute(_SQL["owners"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["csv"] or ""


def identifying_fields(
    connection: Connection, account_id: int, fields: Sequence[str], contact_ids: str
) -> list[dict[str, Any]]:
    """Return contact_id and `fields` (texts) of contacts."""
    columns = sql.SQL(", ").join(map(sql.Identifier, fields))
    query = sql.SQL(_SQL["identifying_fields"]).format(columns=columns)
    return connection.execute(query, {"account_id": account_id, "contact_ids": contact_ids}).fetchall()


def forget_identifiers(connection: Connection, account_id: int, contact_ids: str) -> None:
    """Let go of what contacts are met by."""
    connection.execute(_SQL["forget_identifiers"], {"account_id": account_id, "contact_ids": contact_ids})


def forget_all_identifiers(connection: Connection, account_id: int) -> None:
    """Let go of what all contacts of an account are met by."""
    connection.execute(_SQL["forget_all_identifiers"], {"account_id": account_id})


@contextmanager
def copy_identifiers(connection: Connection) -> Iterator[psycopg.Copy]:
    """Yield a COPY that takes CSV: account_id, identifier, contact_id, each once."""
    with connection.cursor() as cursor, cursor.copy("copy identifiers from stdin (format csv)") as copy:
        yield copy


def join_known(connection: Connection, merging: Merging, contact_ids: str) -> Sequence[int]:
    """Put contacts on the list, if there is one; return those that were not on it."""
    if merging.list_id == NO_LIST:
        return []
    parameters = {"account_id": merging.account_id, "list_id": merging.list_id, "contact_ids": contact_ids}
    row = connection.execute(_SQL["join_known"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["joined"] or []


def delete_contacts(connection: Connection, account_id: int, contact_ids: str) -> None:
    """Delete contacts and what they are met by; their memberships stay for the caller."""
    parameters = {"account_id": account_id, "contact_ids": contact_ids}
    connection.execute(_SQL["delete_contacts_by_id"], parameters)
    connection.execute(_SQL["forget_identifiers"], parameters)
