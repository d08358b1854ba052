"""What clients of the API were answered under their keys, to answer the same when they ask again.

The answer is kept by the transaction that does what was asked, so that there is either both or neither,
whoever is killed when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from psycopg.types.json import Jsonb

from postroom.contacts.errors import Conflict
from postroom.store.database import Connection
from postroom.store.statements import statements

KEPT: Final = timedelta(hours=24)
"""For so long, at least, an answer is given again."""

_SQL = statements("idempotency")


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A key, which means something to one client of one account alone."""

    account_id: int
    client_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the digest of the request that it was given to."""

    digest: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


def claim(connection: Connection, key: ClientKey) -> Answered | None:
    """Hold a key until the transaction ends; return what was answered under it, None when nothing was.

    Raises:
        Conflict: another request with this key is under way.
    """
    # A lock rather than a row: it is gone with its holder's connection, so no killed process blocks a key.
    row = connection.execute(_SQL["try_key"], asdict(key)).fetchone()
    assert row is not None  # a select of one value always answers
    if not row["held"]:
        raise Conflict("A request with this Idempotency-Key is under way.", code="KEY_IN_USE")
    found = connection.execute(_SQL["answer_under_key"], asdict(key)).fetchone()
    return Answered(**found) if found else None


def keep(connection: Connection, key: ClientKey, answered: Answered, *, now: datetime) -> None:
    """Keep an answer under a key that this transaction has claimed."""
    parameters = {
        "digest": answered.digest,
        "status": answered.status,
        "headers": Jsonb(dict(answered.headers)),
        "body": answered.body,
        "now": now,
    }
    connection.execute(_SQL["keep_answer"], {**asdict(key), **parameters})


def forget_answers(connection: Connection, account_id: int, *, before: datetime) -> None:
    """Forget what was answered before a moment."""
    connection.execute(_SQL["forget_answers"], {"account_id": account_id, "before": before})
