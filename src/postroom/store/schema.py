"""Bringing a database's schema up to date: plain SQL migrations, all pending ones in one transaction.

Names are `<release>_<serial>_<pre|post>_<purpose>.sql`; they sort in the order they run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import LiteralString, cast

from postroom.store.database import Connection, Database
from postroom.store.statements import statements

_SQL = statements("migrations")


def migrations() -> dict[str, LiteralString]:
    """Return every migration's text by name, in order."""
    folder = resources.files("postroom.store") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return {name: cast(LiteralString, (folder / name).read_text(encoding="utf-8")) for name in names}


def pending(connection: Connection) -> list[str]:
    """Return the names of migrations that this database lacks."""
    if not _ledger_exists(connection):
        return list(migrations())
    applied = {row["name"] for row in connection.execute(_SQL["applied_migrations"])}
    return [name for name in migrations() if name not in applied]


def migrate(database: Database) -> list[str]:
    """Apply what is pending, all or nothing; return the names that were applied.

    Safe to call from several processes at once: an advisory lock lets one of them work.
    """
    done: list[str] = []
    with database.transaction() as connection:
        connection.execute(_SQL["lock_migrations"])
        connection.execute(_SQL["create_ledger"])
        for name in pending(connection):
            connection.execute(migrations()[name])
            connection.execute(_SQL["record_migration"], {"name": name, "now": datetime.now(UTC)})
            done.append(name)
    return done


def _ledger_exists(connection: Connection) -> bool:
    row = connection.execute(_SQL["ledger_exists"]).fetchone()
    return bool(row and row["found"])
