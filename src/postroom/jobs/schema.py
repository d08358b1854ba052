"""The queue's own tables, as procrastinate ships them."""

from __future__ import annotations

from typing import LiteralString, cast

from procrastinate.schema import SchemaManager

from postroom.store.database import Database
from postroom.store.statements import statements

_SQL = statements("queue")


def migrate_queue(database: Database) -> bool:
    """Create the queue's tables when this database lacks them; tell whether it did."""
    with database.transaction() as connection:
        connection.execute(_SQL["lock_queue_schema"])
        row = connection.execute(_SQL["queue_exists"]).fetchone()
        if row and row["found"]:
            return False
        connection.execute(cast(LiteralString, SchemaManager.get_schema()))
        return True
