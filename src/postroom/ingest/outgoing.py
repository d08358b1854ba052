"""What those who ask for messages and those who send them both name: a queue, and a job in it."""

from __future__ import annotations

from typing import Final

from postroom.jobs.queue import Enqueues
from postroom.store.database import Connection

SENDING_QUEUE: Final = "sending"
"""Where the jobs of sending stand: its worker is a part of its own, so that no import waits for a relay."""

CARRY_OUT_TASK: Final = "sending.carry_out"
"""The job that makes campaigns and messages of what the command batches of an account asked for."""


def enqueue_requests(connection: Connection, queue: Enqueues, account_id: int) -> None:
    """Have what was asked for carried out, once this transaction commits."""
    queue.enqueue(
        connection,
        CARRY_OUT_TASK,
        lock=requests_lock(account_id),
        queue=SENDING_QUEUE,
        account_id=account_id,
    )


def requests_lock(account_id: int) -> str:
    """Name the lock of the jobs that carry out what an account asked for."""
    return f"requests:{account_id}"
