"""Messages and campaigns that command batches asked for, written down until something sends them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """One message or campaign; `contact` has the fields and items of a message's recipient, and its key.

    `outcome` is a NotSentReason for a message that nobody gets, or what is wrong, in words.
    """

    request_id: int
    kind: str
    line: int
    list_id: int
    arguments: dict[str, Any]
    contact: dict[str, Any] | None
    state: str
    requested_at: datetime
    outcome: str | None
    campaign_id: int | None
    drop_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a request: `failed` means that what was asked for cannot be."""

    request_id: int
    failed: bool = False
    outcome: str | None = None
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How many of the requests of a file came to the same, and which campaigns they are."""

    kind: str
    state: str
    outcome: str | None
    requests: int
    campaign_ids: list[int]


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


def take_requests(connection: Connection, account_id: int, *, limit: int) -> list[SendRequest]:
    """Return the oldest requests that are not carried out, kept from others until the transaction ends."""
    rows = connection.execute(_SQL["take_requests"], {"account_id": account_id, "limit": limit})
    return [SendRequest(**row) for row in rows]


def settle_requests(connection: Connection, account_id: int, settled: Sequence[Settled]) -> None:
    """Note what became of requests."""
    connection.execute(
        _SQL["settle_requests"],
        {
            "account_id": account_id,
            "request_ids": [each.request_id for each in settled],
            "states": ["failed" if each.failed else "done" for each in settled],
            "outcomes": [each.outcome for each in settled],
            "campaign_ids": [each.campaign_id for each in settled],
        },
    )


def count_requests(connection: Connection, account_ids: Sequence[int], drop_id: int) -> list[Asked]:
    """Return what became of what a file asked to be sent, in its account and in child realms of it."""
    parameters = {"account_ids": list(account_ids), "drop_id": drop_id}
    rows = connection.execute(_SQL["count_requests"], parameters)
    return [Asked(**{**row, "campaign_ids": row["campaign_ids"] or []}) for row in rows]


def accounts_with_requests(connection: Connection) -> list[int]:
    """Return the accounts for which something is to be carried out."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_with_requests"])]
