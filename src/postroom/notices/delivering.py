"""Attempts at deliveries: claim, carry, record; at least once, and again until it works or a day is over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from postroom.contacts.errors import Conflict, Missing, PostroomError
from postroom.notices.carrying import Answer, Parcel, Verdict
from postroom.notices.office import Office, parcel_for
from postroom.notices.outbox import enqueue
from postroom.store import notices
from postroom.store.database import Connection
from postroom.store.notices import Delivery, Target

_LOG = logging.getLogger("postroom.notices")

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 8 * 3600, 8 * 3600)
)
"""How long to wait after each failed attempt of a round: eight attempts within a day (Standard Webhooks,
"Deliverability and reliability", has the same beginning)."""
JITTER: Final = 0.2
"""Pauses are longer by up to this share, so that what failed together does not come back together."""
LEASE: Final = timedelta(minutes=5)
"""Longer than any attempt takes; one that is still not over then belongs to a dead process."""
BUSY: Final = timedelta(seconds=5)
"""How long to wait, at least, while another message is on its way to the same target; and longer by up to
BUSY_EACH for each that waits with it, so that the jobs of a thousand do not keep the queue busy in vain."""
BUSY_EACH: Final = timedelta(seconds=1)
IN_A_ROW: Final = timedelta(seconds=10)
"""How long one job goes on with what waits for a target that takes it."""


def deliver(office: Office, account_id: int, delivery_id: int) -> int:
    """Attempt a delivery and, while its target takes them, those that wait behind it; return how many.

    So a burst flows as fast as its receiver allows, although one message at a time is on its way.
    """
    count, until = 0, office.clock() + IN_A_ROW
    due: int | None = delivery_id
    while due is not None:
        answer = attempt(office, account_id, due)
        count += answer is not None
        if answer is None or answer.verdict is not Verdict.DELIVERED or office.clock() >= until:
            break
        due = _next_in_line(office, account_id, due)
    return count


def attempt(office: Office, account_id: int, delivery_id: int) -> Answer | None:
    """Make one attempt at a delivery; None when there is none to make (now).

    Nothing is locked while the receiver takes its time: the claim is a lease. A process that dies in between
    leaves the delivery to be claimed again, under the same message id.
    """
    with office.database.transaction() as connection:
        claimed = _claim(office, connection, account_id, delivery_id)
    if claimed is None:
        return None
    delivery, target = claimed
    office.between_steps("claimed")
    answer = _carry(office, delivery, target)
    office.between_steps("carried")
    with office.database.transaction() as connection:
        _record(office, connection, delivery, answer)
    return answer


def retry(office: Office, account_id: int, delivery_id: int) -> Delivery:
    """Have a delivery attempted at once, with all its attempts before it again.

    Raises Missing when there is no such delivery and Conflict when it arrived or is being attempted.
    """
    with office.database.transaction() as connection:
        delivery = notices.retry_delivery(connection, account_id, delivery_id, now=office.clock())
        if delivery is not None:
            enqueue(connection, office.queue, delivery)
            return delivery
        found = notices.delivery_by_id(connection, account_id, delivery_id)
    if found is None:
        raise Missing(f"There is no delivery {account_id}-{delivery_id}.", code="NO_DELIVERY")
    why = "has arrived" if found.state == "delivered" else "is being attempted at this moment"
    raise Conflict(f"Delivery {found.public_id} {why}; nothing is to be retried.", code="NOT_RETRIABLE")


def _next_in_line(office: Office, account_id: int, delivery_id: int) -> int | None:
    with office.database.transaction() as connection:
        done = notices.delivery_by_id(connection, account_id, delivery_id)
        if done is None or done.target_id is None:
            return None
        return notices.due_to_target(connection, account_id, done.target_id, now=office.clock())[1]


def _claim(
    office: Office, connection: Connection, account_id: int, delivery_id: int
) -> tuple[Delivery, Target | None] | None:
    now = office.clock()
    delivery = notices.claim_delivery(connection, account_id, delivery_id, now=now, leased_until=now + LEASE)
    if delivery is None:
        _come_back(office, connection, account_id, delivery_id, now)
        return None
    if delivery.target_id is None:
        return delivery, None
    return delivery, notices.target_by_id(connection, account_id, delivery.target_id)


def _come_back(
    office: Office, connection: Connection, account_id: int, delivery_id: int, now: datetime
) -> None:
    """Have what cannot be attempted now attempted later: it is not due, or its target is busy."""
    found = notices.delivery_by_id(connection, account_id, delivery_id)
    if found is None or found.next_at is None:
        return
    due = 0
    if found.target_id is not None:
        due, _oldest = notices.due_to_target(connection, account_id, found.target_id, now=now)
    earliest = now + BUSY + BUSY_EACH * due * office.chance()
    at = max(earliest, found.next_at, found.leased_until or found.next_at)
    enqueue(connection, office.queue, found, at=at)


def _carry(office: Office, delivery: Delivery, target: Target | None) -> Answer:
    if target is not None and target.disabled_at is not None:
        return Answer(Verdict.NEVER, f"not sent: the target is switched off ({target.disabled_reason})")
    address = target.address if target is not None else delivery.address or ""
    bare = Parcel(delivery.message_id, address, delivery.content, delivery.created_at)
    try:
        if target is None:
            return office.carriers["email"].carry(bare)
        return office.carriers[target.kind].carry(parcel_for(office, target, bare))
    except PostroomError as known:
        return Answer(Verdict.LATER, f"not sent: {known.message}")
    except Exception as bug:  # noqa: BLE001  # the delivery must come to an end that its account can see
        _LOG.exception("delivery %s failed by a bug", delivery.public_id)
        return Answer(Verdict.LATER, f"not sent: unexpected {type(bug).__name__}")


def _record(office: Office, connection: Connection, delivery: Delivery, answer: Answer) -> None:
    now = office.clock()
    next_at = _next_at(office, delivery, answer, now)
    state: notices.DeliveryState = "waiting" if next_at else "failed"
    if answer.verdict is Verdict.DELIVERED:
        state = "delivered"
    if not notices.record_answer(connection, delivery, state=state, answer=answer.text, next_at=next_at):
        _LOG.warning("delivery %s was taken over by another worker", delivery.public_id)
        return
    if answer.verdict is Verdict.GONE and delivery.target_id is not None:
        notices.disable_target(
            connection, delivery.account_id, delivery.target_id, reason=answer.text, now=now
        )
    if next_at is not None:
        enqueue(connection, office.queue, delivery, at=next_at)
    _LOG.info("delivery %s of %s is %s: %s", delivery.public_id, delivery.about, state, answer.text)


def _next_at(office: Office, delivery: Delivery, answer: Answer, now: datetime) -> datetime | None:
    if answer.verdict is not Verdict.LATER or delivery.attempts > len(PAUSES):
        return None
    pause = PAUSES[delivery.attempts - 1] * (1 + JITTER * office.chance())
    return now + max(pause, answer.wait)
