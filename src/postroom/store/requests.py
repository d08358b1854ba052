"""Messages and campaigns that command batches asked for, written down until something sends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("requests")

_COPY = (
    "copy send_requests (account_id, kind, drop_id, line, list_id, arguments, contact, state, requested_at)"
    " from stdin (format csv)"
)


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One message or campaign; `contact` has the fields and items of a message's recipient."""

    request_id: int
    kind: str
    line: int
    list_id: int
    arguments: dict[str, Any]
    contact: dict[str, Any] | None
    state: str
    requested_at: datetime


@contextmanager
def copy_requests(connection: Connection) -> Iterator[psycopg.Copy]:
    """Yield a COPY of requests that takes CSV with its columns in the order above, JSON as texts.

    An unquoted empty value is null.
    """
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        yield copy


def requests_of_drop(connection: Connection, account_id: int, drop_id: int) -> list[SendRequest]:
    """Return what a file asked to be sent, in its order."""
    rows = connection.execute(_SQL["requests_of_drop"], {"account_id": account_id, "drop_id": drop_id})
    return [SendRequest(**row) for row in rows]
