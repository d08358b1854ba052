"""Jobs that hand messages over: enqueued with whatever makes messages due, and by the sweep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from postroom.contacts.channels import Channel
from postroom.jobs.queue import Enqueues
from postroom.sending.mailroom import SENDING_QUEUE
from postroom.store.database import Connection

DELIVER_TASK: Final = "sending.deliver"
"""The job that hands over what is due of one account on one channel."""

SWEEP_TASK: Final = "sending.sweep"
"""The job that looks for messages without a job, and for claims of the dead."""

_STEP: Final = timedelta(seconds=10)
"""Jobs for later start at multiples of it, so that a thousand retries make a few jobs."""


def enqueue_delivery(
    connection: Connection,
    queue: Enqueues,
    account_id: int,
    channel: Channel,
    *,
    at: datetime | None = None,
    lane: int = 0,
) -> None:
    """Have the messages handed over that are due on a channel, once this transaction commits or at `at`.

    Jobs of one `lane` run one after another, those of several side by side. A job for later has a lock of its
    own, as it would hold up those of its lane until then; where there is one for that time, nothing is added.
    """
    lock = delivery_lock(account_id, channel, lane)
    if at is not None:
        at = _rounded(at)
        lock = f"{lock}:{at:%Y%m%dT%H%M%S}"
        if queue.has_job(connection, lock=lock):
            return
    queue.enqueue(
        connection,
        DELIVER_TASK,
        lock=lock,
        queue=SENDING_QUEUE,
        at=at,
        account_id=account_id,
        channel=channel.value,
        lane=lane,
    )


def delivery_lock(account_id: int, channel: Channel, lane: int) -> str:
    """Name the lock of jobs that hand over an account's messages at once."""
    return f"send:{account_id}:{channel.value}:{lane}"


def _rounded(moment: datetime) -> datetime:
    """Return the next multiple of the step."""
    seconds = _STEP.total_seconds()
    return datetime.fromtimestamp(-(-moment.timestamp() // seconds) * seconds, UTC)
