"""What came back and waits to be applied, so that whoever brought it may forget it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("returns")


@dataclass(frozen=True, slots=True)
class WaitingReturn:
    """What one mail told of one message, as it was kept, and when it came."""

    return_id: int
    received_at: datetime
    told: Mapping[str, Any]


def keep_return(connection: Connection, account_id: int, told: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what came back until it is applied; takes no lock of the account."""
    parameters = {"account_id": account_id, "received_at": now, "told": Jsonb(dict(told))}
    connection.execute(_SQL["keep_return"], parameters)


def take_returns(connection: Connection, account_id: int, *, limit: int) -> list[WaitingReturn]:
    """Take the oldest that wait, in their order; they are gone once the transaction ends well."""
    rows = connection.execute(_SQL["take_returns"], {"account_id": account_id, "limit": limit}).fetchall()
    return sorted((WaitingReturn(**row) for row in rows), key=lambda each: each.return_id)


def accounts_with_returns(connection: Connection) -> list[int]:
    """Return the accounts about whose messages anything waits."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_with_returns"])]
