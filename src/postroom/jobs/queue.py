"""Enqueueing jobs inside the caller's transaction: the job exists exactly when its cause does."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Protocol

import procrastinate
from procrastinate import SyncPsycopgConnector

from postroom.store import queue
from postroom.store.database import Connection

DEFAULT_QUEUE: Final = "default"
"""Where jobs stand that are not given another queue, for workers of their own."""


class Enqueues(Protocol):
    """What others need of the queue."""

    def enqueue(
        self,
        connection: Connection,
        task: str,
        *,
        lock: str,
        queue: str = DEFAULT_QUEUE,
        at: datetime | None = None,
        **arguments: Any,
    ) -> None:
        """Add a job that starts once the caller's transaction commits, but not before `at`."""
        ...

    def has_job(self, connection: Connection, *, lock: str) -> bool:
        """Tell whether a job of this lock waits or runs."""
        ...


class Queue:
    """The queue of one database."""

    def __init__(self, url: str) -> None:
        """Prepare for `url`; nothing connects here, jobs are added on the caller's connections."""
        self._app = procrastinate.App(connector=SyncPsycopgConnector(conninfo=url))

    def enqueue(
        self,
        connection: Connection,
        task: str,
        *,
        lock: str,
        queue: str = DEFAULT_QUEUE,
        at: datetime | None = None,
        **arguments: Any,
    ) -> None:
        """Add a job to the caller's transaction; jobs that share `lock` run one by one, in order.

        A job that waits for its time holds up the later ones of its lock.
        """
        configured = self._app.configure_task(
            task, lock=lock, queue=queue, schedule_at=at, connection=connection
        )
        configured.defer(**arguments)

    def has_job(self, connection: Connection, *, lock: str) -> bool:
        """Tell whether a job of this lock waits or runs."""
        return queue.job_exists(connection, lock)
