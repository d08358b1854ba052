"""How a worker begins, ends, dies and loses its database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from postroom.contacts.errors import Unavailable
from postroom.jobs.worker import Worker, WorkerConfig
from postroom.store.database import Database
from tests.integration.app.waiting import until
from tests.integration.jobs.working import PATIENCE, QUICK, Diary, enqueue, jobs_left, working

ROOT = Path(__file__).parents[3]


def test_a_job_of_a_killed_worker_is_run_again_by_another(database: Database) -> None:
    diary = Diary()
    enqueue(database, "work", name="unlucky")
    with blocked_worker(database.url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "unlucky\n"
        enqueue(database, "work", name="next")
        process.kill()

    with working(database.url, {"work": diary.note_name}):
        assert diary.wait_for(lambda entries: len(entries) == 2) == ["unlucky", "next"]

    assert jobs_left(database) == []


def test_a_job_of_a_living_worker_is_left_to_it(database: Database) -> None:
    diary = Diary()
    done = threading.Event()

    def work(name: str) -> None:
        diary.note(name)
        done.wait(PATIENCE)

    with working(database.url, {"work": work}), working(database.url, {"work": work}):
        enqueue(database, "work", name="long")
        diary.wait_for(lambda entries: "long" in entries)
        # Longer than a worker without a heartbeat would have had.
        heartbeats_pass(database, seconds=1.5 * QUICK.dead_after_seconds)
        done.set()

    assert diary.entries == ["long"]


def test_stopping_lets_the_running_job_end_and_starts_no_other(database: Database) -> None:
    diary = Diary()
    finish = threading.Event()

    def work(name: str) -> None:
        diary.note(f"{name} began")
        finish.wait(PATIENCE)
        diary.note(f"{name} ended")

    with working(database.url, {"work": work}) as running:
        enqueue(database, "work", name="first")
        enqueue(database, "work", name="second")
        diary.wait_for(lambda entries: len(entries) == 1)
        running.worker.stop()
        running.worker.stop()
        finish.set()
        assert running.ended() is None

    assert diary.entries == ["first began", "first ended"]
    assert jobs_left(database) == ["todo"]


def test_a_stop_before_the_start_counts(database: Database) -> None:
    worker = Worker(database.url, {}, config=QUICK)

    worker.stop()

    worker.run()


def test_a_stop_after_the_end_is_fine(database: Database) -> None:
    with working(database.url, {}) as running:
        pass

    running.worker.stop()


def test_work_until_idle_leaves_nothing(database: Database) -> None:
    diary = Diary()
    for number in range(3):
        enqueue(database, "work", number=number)

    Worker(database.url, {"work": diary.note_number}, config=QUICK).run_until_idle()

    assert diary.entries == [0, 1, 2]


def test_a_periodic_handler_is_called(database: Database) -> None:
    diary = Diary()

    with working(database.url, {"sweep": lambda: diary.note("swept")}, periodic={"sweep": "* * * * * *"}):
        diary.wait_for(bool)

    assert diary.entries


def test_a_worker_whose_connections_break_goes_on_or_says_so(database: Database) -> None:
    """It makes them anew, except for one that broke in the middle of a statement."""
    diary = Diary()
    patient = replace(QUICK, database_seconds=20.0)

    with working(database.url, {"work": diary.note_name}, patient) as running:
        enqueue(database, "work", name="before")
        until(lambda: diary.entries == ["before"] and jobs_left(database) == [])
        end_connections(database)
        enqueue(database, "work", name="after")
        until(lambda: "after" in diary.entries or isinstance(running.raised, Unavailable))


def test_a_job_whose_end_could_not_be_noted_does_not_block_its_account(
    database: Database, server_url: str
) -> None:
    diary = Diary()
    database_closed = threading.Event()

    def work(name: str) -> None:
        diary.note(name)
        database_closed.wait(PATIENCE)

    enqueue(database, "work", name="broken off")
    enqueue(database, "work", name="next")
    with working(database.url, {"work": work}) as running:
        diary.wait_for(bool)
        with closed(database, server_url):
            database_closed.set()
            assert isinstance(running.ended(), Unavailable)
    with working(database.url, {"work": work}):
        diary.wait_for(lambda entries: "next" in entries)

    assert diary.entries == ["broken off", "broken off", "next"]


@pytest.mark.parametrize(
    "config",
    [QUICK, replace(QUICK, heartbeat_seconds=600.0, polling_seconds=600.0)],
    ids=["by its heartbeat", "by its listener alone"],
)
def test_a_worker_that_loses_its_database_says_so(
    database: Database, server_url: str, config: WorkerConfig
) -> None:
    with working(database.url, {}, config) as running, closed(database, server_url):
        lost = running.ended()

    assert isinstance(lost, Unavailable)
    assert "lost its queue" in lost.message


def test_a_worker_without_a_database_says_so(database: Database) -> None:
    nowhere = conninfo.make_conninfo(database.url, dbname="nowhere")

    with pytest.raises(Unavailable, match="lost its queue"):
        Worker(nowhere, {}, config=QUICK).run()


@contextmanager
def blocked_worker(url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.jobs.blocked_worker", url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL


def heartbeats_pass(database: Database, *, seconds: float) -> None:
    with database.transaction() as connection:
        connection.execute("select pg_sleep(%s)", (seconds,))


@contextmanager
def closed(database: Database, server_url: str) -> Iterator[None]:
    """Let nobody into the database, and throw out who is there."""
    name = conninfo.conninfo_to_dict(database.url)["dbname"]
    allow = sql.SQL("alter database {} allow_connections {}")
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(allow.format(sql.Identifier(str(name)), sql.SQL("false")))
        try:
            server.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
            )
            yield
        finally:
            server.execute(allow.format(sql.Identifier(str(name)), sql.SQL("true")))


def end_connections(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
