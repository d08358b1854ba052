"""A job exists exactly when its cause does."""

from __future__ import annotations

from postroom.jobs.queue import Queue
from postroom.jobs.schema import migrate_queue
from postroom.store.database import Database
from tests.integration.jobs.working import enqueue, jobs_left


def test_a_rolled_back_transaction_leaves_no_job(database: Database) -> None:
    with database.transaction() as connection:
        Queue(database.url).enqueue(connection, "work", lock="alice")
        connection.rollback()

    assert jobs_left(database) == []


def test_a_job_is_told_by_its_lock_until_it_has_ended(database: Database) -> None:
    queue = Queue(database.url)
    enqueue(database, "work", lock="alice")

    with database.transaction() as connection:
        assert queue.has_job(connection, lock="alice")
        assert not queue.has_job(connection, lock="bob")
        connection.execute("update procrastinate_jobs set status = 'failed'")
        assert not queue.has_job(connection, lock="alice")


def test_making_the_tables_twice_is_fine(database: Database) -> None:
    assert migrate_queue(database) is False
