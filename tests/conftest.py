"""The parts that tests share: one PostgreSQL per run, a migrated database per test, a room over it."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from postroom.app.locks import FileLock
from postroom.app.postgres import EmbeddedPostgres
from postroom.contacts.settings import AccountSettings
from postroom.drops.room import READER, Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.jobs.schema import migrate_queue
from postroom.store.accounts import Account, create_account
from postroom.store.blobs import LocalBlobs
from postroom.store.credentials import hash_password
from postroom.store.database import Database
from postroom.store.logins import create_login
from postroom.store.schema import migrate
from postroom.store.sealing import KEY_BYTES, Sealer
from tests.databases import Databases

# How long an example takes is the machine's to say: a busy one failed a test that took a few milliseconds.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",
    "shared_buffers": "256MB",
    # One of its workers in a test's database keeps us, who are no superuser, from dropping that.
    "autovacuum": "off",
}
EXTERNAL_URL = "POSTROOM_TEST_DATABASE_URL"
"""Where it is set, tests run on that server (16 or newer, a superuser) and not on the embedded one."""


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a PostgreSQL server that every worker of this run shares."""
    external = os.environ.get(EXTERNAL_URL)
    if external:
        yield external
        return
    # Not below pytest's own directory: each new run of pytest closes that to the user PostgreSQL runs as.
    data = Path(tempfile.gettempdir()) / f"postroom-{_run_id()}"
    server = EmbeddedPostgres(data, overrides=NOT_DURABLE)
    yield server.acquire()
    server.release()
    if not server.alive():
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a migrated database once per run; return its name, for cloning."""
    name = f"template_{_run_id()}"
    with FileLock(_shared(tmp_path_factory) / "template.lock").alone():
        if _execute(server_url, "select from pg_database where datname = %s", name):
            return name
        _execute(server_url, sql.SQL("create database {}").format(sql.Identifier(f"{name}_new")))
        with Database(_with_database(server_url, f"{name}_new")) as database:
            migrate(database)
            migrate_queue(database)
        rename = sql.SQL("alter database {} rename to {}")
        _execute(server_url, rename.format(sql.Identifier(f"{name}_new"), sql.Identifier(name)))
    return name


@pytest.fixture(autouse=True)
def level_of_the_log() -> Iterator[None]:
    """Put the level of the log back: parts and commands that run in this process set it."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)


@pytest.fixture(scope="session")
def databases(server_url: str, template: str) -> Iterator[Databases]:
    """Return what gives this worker's tests their databases."""
    ours = Databases(server_url, template, _with_database)
    yield ours
    ours.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """Return the URL of a database as migrations leave it, which no other test has."""
    with databases.one() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a pool on a fresh migrated database."""
    with Database(database_url, for_bulk=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    """Return what starts readers of files; every test of this worker shares it."""
    with Readers(READER) as opened:
        yield opened


@pytest.fixture
def room(database: Database, database_url: str, tmp_path: Path, readers: Readers) -> Room:
    """Return a room: a fresh database and blobs in a scratch directory."""
    return Room(
        database=database,
        blobs=LocalBlobs(tmp_path / "blobs"),
        queue=Queue(database_url),
        sealer=Sealer([secrets.token_bytes(KEY_BYTES)]),
        readers=readers,
    )


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast: an account with one login."""

    account: Account
    login: str
    password: str


MakePerson = Callable[..., Person]


@pytest.fixture
def make_person(database: Database) -> MakePerson:
    """Return a maker of accounts with a login; settings as KEY=VALUE texts."""

    def make(name: str, **settings: str) -> Person:
        now = datetime.now(UTC)
        password = f"{name}-secret"
        with database.transaction() as connection:
            chosen = AccountSettings().changed(settings)
            account = create_account(connection, name=name, settings=chosen, now=now)
            create_login(
                connection,
                login=name,
                account_id=account.account_id,
                password_hash=_hashed(password),
                now=now,
            )
        return Person(account, name, password)

    return make


@pytest.fixture
def unique_name() -> Callable[[], str]:
    """Return a maker of names that no other account of this database has."""
    return lambda: f"account-{secrets.token_hex(6)}"


@pytest.fixture
def alice(make_person: MakePerson) -> Person:
    """Return Alice, whose contacts are hers alone."""
    return make_person("alice")


@pytest.fixture
def charlie(make_person: MakePerson) -> Person:
    """Return Charlie, who must see nothing of Alice's."""
    return make_person("charlie")


@cache
def _hashed(password: str) -> str:
    return hash_password(password)


def _execute(url: str, statement: str | sql.Composable, *parameters: str) -> bool:
    """Run one statement outside of a transaction; tell whether it returned a row."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement, parameters or None)  # type: ignore[arg-type]  # ours alone
        return cursor.description is not None and cursor.fetchone() is not None


def _with_database(url: str, name: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return psycopg.conninfo.make_conninfo("", **{**parts, "dbname": name})


@cache
def _run_id() -> str:
    # All workers of one run share it; a killed run's leftovers are never met again.
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(16))


def _shared(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
