from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from postroom.app.bootstrap import build, ensure_schema, migrate_all
from postroom.app.doorkeeper import doorkeeper
from postroom.app.parts.worker import make_worker
from postroom.app.settings import Settings
from postroom.contacts.errors import Denied
from postroom.ingest.sandbox.readers import Readers
from postroom.store.database import Database
from postroom.store.schema import pending
from tests.conftest import Person


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    name = sql.Identifier(f"test_{secrets.token_hex(8)}")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
        yield conninfo.make_conninfo(server_url, dbname=name.as_string(connection).strip('"'))
        connection.execute(sql.SQL("drop database {} with (force)").format(name))


def settings_for(data: Path) -> Settings:
    return Settings.load({"data": data, "lockout_failures": 2})


@pytest.mark.parametrize("embedded", [True, False])
def test_an_empty_database_is_made_ready(empty_url: str, *, embedded: bool) -> None:
    with Database(empty_url) as database:
        ensure_schema(database, embedded=embedded)

        with database.transaction() as connection:
            assert pending(connection) == []


def test_a_database_that_is_up_to_date_is_left_alone(database: Database) -> None:
    ensure_schema(database, embedded=False)

    assert migrate_all(database) == []


def test_blobs_are_private_by_themselves(database: Database, database_url: str, tmp_path: Path) -> None:
    build(settings_for(tmp_path / "data"), database_url, database, Readers())

    assert (tmp_path / "data" / "blobs").stat().st_mode & 0o777 == 0o700


def test_limits_come_from_the_settings(database: Database, database_url: str, tmp_path: Path) -> None:
    settings = Settings.load({"data": tmp_path, "upload_limit_bytes": 5, "inflated_limit_bytes": 7})

    limits = build(settings, database_url, database, Readers()).room.limits

    assert (limits.upload_bytes, limits.inflated_bytes) == (5, 7)


def test_the_doorkeeper_knows_alice_and_locks_out_who_guesses(
    alice: Person, database: Database, database_url: str, tmp_path: Path
) -> None:
    door = doorkeeper(build(settings_for(tmp_path), database_url, database, Readers()))

    principal = door.password(alice.login, alice.password, "192.0.2.1", "sftp")

    assert principal.account_name == alice.account.name
    assert door.open_vfs(principal).principal == principal
    for _ in range(2):
        with pytest.raises(Denied, match="wrong"):
            door.password(alice.login, "guess", "192.0.2.9", "sftp")
    with pytest.raises(Denied, match="Too many"):
        door.password(alice.login, alice.password, "192.0.2.9", "sftp")


def test_a_file_left_by_alice_is_processed_by_the_worker(
    alice: Person, database: Database, database_url: str, tmp_path: Path, readers: Readers
) -> None:
    postroom = build(settings_for(tmp_path), database_url, database, readers)
    door = doorkeeper(postroom)
    vfs = door.open_vfs(door.password(alice.login, alice.password, "192.0.2.1", "sftp"))
    upload = vfs.open_write(vfs.resolve("/", "/contacts/import/in/friends.csv"), mode="create")
    upload.write_at(0, b"email;nom;prenom\nbob@example.org;Bob;Bob\n")
    upload.commit("sftp-close")

    make_worker(postroom).run_until_idle()

    [done] = vfs.list(vfs.resolve("/", "/contacts/import/ok"))
    assert done.name.endswith("_friends.csv")
