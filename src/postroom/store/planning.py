"""Taking a choice from the planner where it knows too little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("planning")


@contextmanager
def joining_by_hash(connection: Connection) -> Iterator[None]:
    """Keep it from trying each row of one side with each of the other, for a block in a transaction.

    Tables that were just filled have no statistics: the planner takes them for nearly empty.
    """
    connection.execute(_SQL["join_by_hash"])
    yield
    # Not after an error, which has ended the transaction and the choice with it.
    connection.execute(_SQL["join_as_planned"])
