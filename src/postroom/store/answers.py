"""Answers of recipients that wait for their account: what they wish is kept, and done once that is free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("answers")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a recipient answered to a message, how (specs, OUT flows 1.3: `method`), and why.

    `wishes` says by the scope of opt-outs what the recipient wants to get (True) and what not (False).
    """

    message_id: int
    method: str
    wishes: Mapping[str, bool]
    at: datetime
    said: str | None = None


def add_answer(connection: Connection, account_id: int, answer: Answer) -> None:
    """Keep an answer until it is taken."""
    connection.execute(
        _SQL["add_answer"],
        {
            "account_id": account_id,
            "message_id": answer.message_id,
            "method": answer.method,
            "wishes": Jsonb(dict(answer.wishes)),
            "said": answer.said,
            "at": answer.at,
        },
    )


def any_answers(connection: Connection, account_id: int) -> bool:
    """Tell whether answers wait for an account."""
    row = connection.execute(_SQL["any_answers"], {"account_id": account_id}).fetchone()
    return bool(row and row["found"])


def take_answers(connection: Connection, account_id: int, *, limit: int) -> list[Answer]:
    """Take the first of the answers that wait, as far as the transaction is committed."""
    rows = connection.execute(_SQL["take_answers"], {"account_id": account_id, "limit": limit})
    return [Answer(**row) for row in rows]
