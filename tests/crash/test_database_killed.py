"""The database dies in the middle of an import, and comes back: nothing is lost, nothing is applied twice."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from postroom.app.bootstrap import migrate_all
from postroom.app.postgres import EmbeddedPostgres
from postroom.contacts.errors import Unavailable
from postroom.contacts.settings import AccountSettings
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, Limits, Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.store.accounts import create_account
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.logins import create_login
from postroom.store.sealing import Sealer
from tests.conftest import Person
from tests.crash.killing import visible
from tests.integration.app.waiting import until
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import QUICK, jobs_left, working

pytestmark = pytest.mark.crash

ROWS = 5_000
PEOPLE = "Email;Nom\n" + "".join(f"p{n}@example.com;Durand {n}\n" for n in range(ROWS)) + "nobody;Petit\n"
# The database comes back within seconds; whoever waits for it must not give up before.
PATIENT = replace(QUICK, database_seconds=30.0)


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Run a server of our own, as durable as users have it."""
    # Not below pytest's own directory, which is closed to the user PostgreSQL runs as.
    data = Path(tempfile.mkdtemp(prefix="postroom-crash-"))
    server = EmbeddedPostgres(data)
    with Database(server.acquire()) as database:
        migrate_all(database)
    yield server
    server.release()
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def room(postgres: EmbeddedPostgres, tmp_path: Path, readers: Readers) -> Iterator[Room]:
    url = postgres.ensure_running()
    with Database(url) as database:
        sealer, limits = Sealer([bytes(32)]), Limits(block_bytes=16 << 10)
        yield Room(database, LocalBlobs(tmp_path / "blobs"), Queue(url), sealer, readers, limits)


@pytest.fixture
def sender(room: Room, unique_name: Callable[[], str]) -> Sender:
    name, now = unique_name(), datetime.now(UTC)
    with room.database.transaction() as connection:
        account = create_account(connection, name=name, settings=AccountSettings(), now=now)
        create_login(connection, login=name, account_id=account.account_id, password_hash=None, now=now)
    return Sender(room, Person(account, name, ""))


def postmaster_alone(postgres: EmbeddedPostgres) -> None:
    pid = postgres.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def every_process(postgres: EmbeddedPostgres) -> None:
    pid = postgres.postmaster_pid()
    assert pid is not None
    children = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()


@pytest.mark.parametrize(
    ("step", "kill"),
    [
        ("merged a frame", postmaster_alone),
        ("merged a frame", every_process),
        ("settled", every_process),
        ("committed", every_process),
    ],
)
def test_a_killed_database_comes_back_with_all_or_nothing(
    postgres: EmbeddedPostgres, sender: Sender, step: str, kill: Callable[[EmbeddedPostgres], None]
) -> None:
    room = sender.room
    passed: list[str] = []

    def between(name: str) -> None:
        passed.append(name)
        if passed.count(step) == (3 if step == "merged a frame" else 1) and name == step:
            kill(postgres)

    sender.leave("people.csv", PEOPLE)
    with working(
        room.database.url, {PROCESS_TASK: processing(replace(room, between_steps=between))}, PATIENT
    ) as first:
        until(lambda: step in passed and not postgres.alive())
        with Database(postgres.ensure_running()) as database:
            # It may have tried again already by the time it ends; the supervisor starts another one then.
            until(lambda: jobs_left(database) == [] or isinstance(first.raised, Unavailable))
            survived = visible(replace(room, database=database), sender.account_id)

    applied = survived.drops[0][0] == "applied"
    assert (survived.contacts, survived.lists) == ((ROWS, 1) if applied else (0, 0))
    assert applied or step != "committed"
    with Database(postgres.ensure_running()) as database:
        sender.room = replace(room, database=database)
        with working(database.url, {PROCESS_TASK: processing(sender.room)}, PATIENT):
            until(lambda: jobs_left(database) == [])
        assert_applied_once(sender, attempts=1 if step == "committed" else 2)


def assert_applied_once(sender: Sender, *, attempts: int) -> None:
    seen = visible(sender.room, sender.account_id)
    assert (seen.contacts, seen.lists, seen.members) == (ROWS, 1, ROWS)
    assert seen.drops == [("applied", attempts)]
    assert [path.split("/")[0] for path in seen.files] == ["ok", "ok"]
    assert "nobody" in sender.read("contacts/import/ok", seen.files[1].removeprefix("ok/"))


def processing(room: Room) -> Callable[[int], None]:
    def process(account_id: int) -> None:
        process_account(room, account_id)

    return process
