"""Workers of one process start, end and fail together, each with a queue of its own."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from postroom.contacts.errors import Unavailable
from postroom.jobs.queue import Queue
from postroom.jobs.together import run_together, stop_together
from postroom.jobs.worker import Worker
from postroom.store.database import Database
from tests.integration.jobs.working import PATIENCE, QUICK


def test_each_works_its_own_queue_alone(database: Database) -> None:
    seen: dict[str, list[int]] = {"default": [], "other": []}
    done = threading.Event()

    def noting(queue: str) -> Worker:
        def work(number: int) -> None:
            seen[queue].append(number)
            if sum(map(len, seen.values())) == 2:
                done.set()

        return Worker(database.url, {"work": work}, config=replace(QUICK, queue=queue))

    workers = [noting("default"), noting("other")]
    ready = threading.Event()
    thread = threading.Thread(target=run_together, args=(workers, ready.set))
    thread.start()
    assert ready.wait(PATIENCE)
    with database.transaction() as connection:
        queue = Queue(database.url)
        queue.enqueue(connection, "work", lock="a", number=1)
        queue.enqueue(connection, "work", lock="b", queue="other", number=2)
    assert done.wait(PATIENCE)
    stop_together(workers)
    thread.join(PATIENCE)

    assert not thread.is_alive()
    assert seen == {"default": [1], "other": [2]}


def test_when_one_cannot_work_all_end_and_say_why(database: Database) -> None:
    broken = "postgresql://postroom@127.0.0.1:1/nothing"
    workers = [Worker(database.url, {}, config=QUICK), Worker(broken, {}, config=QUICK)]
    ready: list[bool] = []

    with pytest.raises(Unavailable):
        run_together(workers, lambda: ready.append(True))

    assert ready == []
