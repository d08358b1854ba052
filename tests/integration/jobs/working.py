"""Workers in threads, as fast as tests want them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from postroom.jobs.queue import Queue
from postroom.jobs.worker import Handler, Worker, WorkerConfig
from postroom.store.database import Database

PATIENCE = 30.0
"""Seconds after which a test gives up."""

QUICK = WorkerConfig(
    heartbeat_seconds=0.1,
    dead_after_seconds=1.0,
    polling_seconds=0.1,
    database_seconds=0.5,
    retry_seconds=0.01,
    longest_retry_seconds=0.02,
)


class Working:
    """A worker in a thread, and what it raised."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.raised: Exception | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.worker.run(on_ready=self._ready.set)
        except Exception as raised:  # noqa: BLE001  # the test looks at it
            self.raised = raised

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.stop()
        self.ended()

    def ended(self) -> Exception | None:
        """Wait for its end; return what it raised."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.raised


@contextmanager
def working(
    url: str,
    handlers: Mapping[str, Handler],
    config: WorkerConfig = QUICK,
    periodic: Mapping[str, str] | None = None,
) -> Iterator[Working]:
    with Working(Worker(url, handlers, config=config, periodic=periodic)) as running:
        yield running


def enqueue(database: Database, task: str, *, lock: str = "alice", **arguments: Any) -> None:
    with database.transaction() as connection:
        Queue(database.url).enqueue(connection, task, lock=lock, **arguments)


def jobs_left(database: Database) -> list[str]:
    """Return the states of the jobs that are still there, in order."""
    with database.transaction() as connection:
        rows = connection.execute("select status::text from procrastinate_jobs order by id").fetchall()
    return [row["status"] for row in rows]


def listening(database: Database) -> bool:
    """Tell whether a worker hears of new jobs already; until then it polls."""
    with database.transaction() as connection:
        found = connection.execute(
            "select from pg_stat_activity where datname = current_database() and query ilike 'listen %'"
        ).fetchone()
    return found is not None


class Diary:
    """What handlers did, in order; tests wait for it."""

    def __init__(self) -> None:
        self.entries: list[object] = []
        self._changed = threading.Condition()

    def note(self, entry: object) -> None:
        with self._changed:
            self.entries.append(entry)
            self._changed.notify_all()

    def note_name(self, name: str) -> None:
        """Serve as a handler."""
        self.note(name)

    def note_number(self, number: int) -> None:
        """Serve as a handler."""
        self.note(number)

    def wait_for(self, true: Callable[[list[object]], bool]) -> list[object]:
        with self._changed:
            assert self._changed.wait_for(lambda: true(self.entries), PATIENCE), self.entries
            return list(self.entries)
