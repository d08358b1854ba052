"""A PostgreSQL of the benchmark's own: durable, set as Postroom sets it, in a scratch directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from postroom.app.postgres import EmbeddedPostgres
from postroom.contacts.settings import AccountSettings
from postroom.jobs.schema import migrate_queue
from postroom.store.accounts import create_account
from postroom.store.database import Database
from postroom.store.logins import create_login
from postroom.store.schema import migrate

LOGIN = "bench"
_TEMPLATE = "bench_template"
_WARM = "bench_warm"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A running server whose template database is migrated and has one account with one login.

    The database at `warm_url` is for what a worker does once in its life, which no measure has.
    """

    url: str
    warm_url: str
    account_id: int
    directory: Path
    version: str
    _serial: Iterator[int]

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Yield the URL of a clone of the template, dropped afterwards."""
        name = f"bench_{next(self._serial)}"
        execute(self.url, sql.SQL("create database {} template {}").format(*_names(name, _TEMPLATE)))
        try:
            yield with_database(self.url, name)
        finally:
            execute(self.url, sql.SQL("drop database {} with (force)").format(*_names(name)))


@contextmanager
def scratch_server(directory: Path) -> Iterator[Scratch]:
    """Start a server below `directory`; stop it afterwards."""
    with EmbeddedPostgres(directory / "database") as url:
        execute(url, sql.SQL("create database {}").format(*_names(_TEMPLATE)))
        with Database(with_database(url, _TEMPLATE)) as database:
            account_id = _furnish(database)
        with psycopg.connect(url) as connection:
            version = str(connection.info.parameter_status("server_version"))
        execute(url, sql.SQL("create database {} template {}").format(*_names(_WARM, _TEMPLATE)))
        yield Scratch(url, with_database(url, _WARM), account_id, directory, version, count(1))


def execute(url: str, statement: sql.SQL | sql.Composed) -> None:
    """Run one statement outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def settle_down(url: str) -> None:
    """Bring a database to where its own upkeep would within minutes, then write everything to disk."""
    execute(url, sql.SQL("vacuum (analyze)"))
    execute(url, sql.SQL("checkpoint"))


def with_database(url: str, name: str) -> str:
    """Return `url` for another database of the same server."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return psycopg.conninfo.make_conninfo("", **{**parts, "dbname": name})


def _furnish(database: Database) -> int:
    migrate(database)
    migrate_queue(database)
    now = datetime.now(UTC)
    with database.transaction() as connection:
        account = create_account(connection, name="bench", settings=AccountSettings(), now=now)
        create_login(connection, login=LOGIN, account_id=account.account_id, password_hash=None, now=now)
    return account.account_id


def _names(*names: str) -> list[sql.Identifier]:
    return [sql.Identifier(name) for name in names]
