"""Connections to PostgreSQL: one pool per process, transactions as context managers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from postroom.contacts.errors import Unavailable

# SQLSTATE classes 08 (connection) and 57P (shutdown, crash, not ready yet).
_GONE = ("08", "57P")

Connection = psycopg.Connection[dict[str, Any]]

# Asking a connection whether it lives costs a round trip (70 us measured); one that just answered is trusted.
_TRUSTED_SECONDS: Final = 1.0


class _Pooled(psycopg.Connection[dict[str, Any]]):
    """A connection that knows when it was last used (monotonic seconds)."""

    used_at = 0.0


class Database:
    """A pool of connections; rows come back as dicts, times as UTC."""

    def __init__(
        self,
        url: str,
        *,
        max_connections: int = 8,
        patience_seconds: float = 30.0,
        statement_seconds: float | None = None,
        for_bulk: bool = False,
    ) -> None:
        """Prepare a pool for `url`; nothing connects before the first transaction.

        Who finds all connections taken, or the server away, waits for `patience_seconds`. A statement that
        takes longer than `statement_seconds` is ended; without that it takes as long as it takes. `for_bulk`
        has each statement planned for the tables as they are by now, not as they were some statements ago.
        """
        self.url = url
        self._pool: ConnectionPool[_Pooled] = ConnectionPool(
            url,
            connection_class=_Pooled,
            kwargs={"row_factory": dict_row, "options": _options(statement_seconds, for_bulk=for_bulk)},
            min_size=0,
            max_size=max_connections,
            timeout=patience_seconds,
            open=False,
            check=_check_rested,
            name="postroom",
        )

    def open(self) -> Self:
        """Open the pool; connections are made when needed."""
        self._pool.open()
        return self

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def __enter__(self) -> Self:
        """Open the pool."""
        return self.open()

    def __exit__(self, *_exc: object) -> None:
        """Close the pool."""
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection in a transaction: committed at the end, rolled back on any exception.

        Raises Unavailable when the database does not answer, or takes too long over a statement.
        """
        with self._connection() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection on which every statement is a transaction of its own, at a third of the cost.

        Raises Unavailable when the database does not answer.
        """
        with self._connection() as connection:
            connection.autocommit = True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.autocommit = False

    @contextmanager
    def joined(self) -> Iterator[Joined]:
        """Yield a database all of whose transactions are one, committed at the end or rolled back as one.

        Raises Unavailable like `transaction`.
        """
        with self._connection() as connection, connection.transaction():
            yield Joined(connection)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._pool.connection() as connection:
                yield connection
                connection.used_at = time.monotonic()
        except PoolTimeout as gone:
            raise Unavailable(f"The database does not answer: {gone}") from gone
        except psycopg.OperationalError as error:
            if error.sqlstate is None or error.sqlstate.startswith(_GONE):
                raise Unavailable(f"The database does not answer: {error}") from error
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise Unavailable(f"The database takes too long: {error}", code="TOO_LONG") from error
            raise


class Joined(Database):
    """One transaction that passes for a database: all transactions on it are parts of that one.

    A part that an exception leaves takes back what it wrote, and no more. Nothing takes effect before the
    whole does.
    """

    def __init__(self, connection: Connection) -> None:
        """Pass off the transaction of `connection`, which has begun."""
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the connection in a part of the transaction."""
        with self.connection.transaction():
            yield self.connection

    reading = transaction


def _options(statement_seconds: float | None, *, for_bulk: bool) -> str:
    options = "-c timezone=UTC"
    if statement_seconds is not None:
        options += f" -c statement_timeout={round(statement_seconds * 1000)}"
    if for_bulk:
        # A plan made for ten contacts and kept read all of a hundred thousand for each that was looked up.
        options += " -c plan_cache_mode=force_custom_plan"
    return options


def _check_rested(connection: _Pooled) -> None:
    if time.monotonic() - connection.used_at > _TRUSTED_SECONDS:
        ConnectionPool.check_connection(connection)
