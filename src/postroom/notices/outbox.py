"""Putting a message on its way in the transaction of what it tells of: no crash loses it or makes it up."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from postroom.jobs.queue import Enqueues
from postroom.notices.message import Event, Mail, Message
from postroom.store import notices
from postroom.store.database import Connection
from postroom.store.notices import Delivery

DELIVER_TASK = "notices.deliver"
"""The job that makes one attempt at one delivery."""

NOTICES_QUEUE = "notices"
"""A queue of its own: a receiver that hangs must not keep deposits waiting."""


def post(
    connection: Connection,
    queue: Enqueues,
    account_id: int,
    event: Event,
    compose: Callable[[], Message],
    *,
    now: datetime,
) -> int:
    """Put a message on its way to each target of the account that wants `event`; return how many do.

    The message is composed only if somebody wants it. Nothing is committed here.
    """
    targets = notices.targets_wanting(connection, account_id, event)
    if not targets:
        return 0
    message, message_id = compose(), new_message_id()
    for target in targets:
        delivery = notices.create_delivery(
            connection,
            target,
            message_id=message_id,
            type_=message.type,
            about=message.about,
            content=message.content(target.kind),
            now=now,
        )
        enqueue(connection, queue, delivery)
    return len(targets)


def post_mails(
    connection: Connection,
    queue: Enqueues,
    account_id: int,
    addresses: Sequence[str],
    mail: Mail,
    *,
    now: datetime,
) -> None:
    """Put a mail on its way to each address, whether it is a target or not; nothing is committed here."""
    message_id = new_message_id()
    for number, address in enumerate(addresses):
        delivery = notices.create_addressed_delivery(
            connection,
            account_id,
            address,
            message_id=f"{message_id}_{number}",
            type_=mail.type,
            about=mail.about,
            content=mail.content(),
            now=now,
        )
        enqueue(connection, queue, delivery)


def enqueue(
    connection: Connection, queue: Enqueues, delivery: Delivery, *, at: datetime | None = None
) -> None:
    """Have an attempt made, at once or at `at`."""
    queue.enqueue(
        connection,
        DELIVER_TASK,
        lock=delivery_lock(delivery),
        queue=NOTICES_QUEUE,
        at=at,
        account_id=delivery.account_id,
        delivery_id=delivery.delivery_id,
    )


def delivery_lock(delivery: Delivery) -> str:
    """Name the lock of a delivery's jobs in one round: a new round does not wait for the old one's job."""
    return f"notice:{delivery.public_id}:{delivery.round}"


def new_message_id() -> str:
    """Return an id that nobody can guess and that has no full stop, which would confuse what is signed."""
    return f"msg_{secrets.token_hex(16)}"
