"""Connections to PostgreSQL: one pool per process, transactions as context managers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from postroom.contacts.errors import Unavailable

# SQLSTATE classes 08 (connection) and 57P (shutdown, crash, not ready yet).
_GONE = ("08", "57P")

Connection = psycopg.Connection[dict[str, Any]]


class Database:
    """A pool of connections; rows come back as dicts, times as UTC."""

    def __init__(self, url: str, *, max_connections: int = 8) -> None:
        """Prepare a pool for `url`; nothing connects before the first transaction."""
        self.url = url
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[dict[str, Any]],
            kwargs={"row_factory": dict_row, "options": "-c timezone=UTC"},
            min_size=0,
            max_size=max_connections,
            open=False,
            check=ConnectionPool.check_connection,
            name="postroom",
        )

    def open(self) -> Database:
        """Open the pool; connections are made when needed."""
        self._pool.open()
        return self

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def __enter__(self) -> Database:
        """Open the pool."""
        return self.open()

    def __exit__(self, *_exc: object) -> None:
        """Close the pool."""
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection in a transaction: committed at the end, rolled back on any exception.

        Raises Unavailable when the database does not answer.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as gone:
            raise Unavailable(f"The database does not answer: {gone}") from gone
        except psycopg.OperationalError as error:
            if error.sqlstate is None or error.sqlstate.startswith(_GONE):
                raise Unavailable(f"The database does not answer: {error}") from error
            raise
