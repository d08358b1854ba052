"""The queue's own tables, as procrastinate ships them."""

from __future__ import annotations

from typing import LiteralString, cast

from procrastinate.schema import SchemaManager

from postroom.store import queue
from postroom.store.database import Database


def migrate_queue(database: Database) -> bool:
    """Create the queue's tables when this database lacks them; tell whether it did."""
    with database.transaction() as connection:
        queue.lock_schema(connection)
        lacking = not queue.tables_exist(connection)
        if lacking:
            queue.make_tables(connection, cast(LiteralString, SchemaManager.get_schema()))
        queue.wake_workers(connection)
        return lacking
