"""Keeping the outbox in order: deliveries that lost their job get one, and the log does not grow for ever."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from postroom.notices.office import Office
from postroom.notices.outbox import delivery_lock, enqueue
from postroom.store import notices
from postroom.store.accounts import all_accounts

_LOG = logging.getLogger("postroom.notices")

SWEEP_TASK = "notices.sweep"
"""The job that looks for deliveries that no job will attempt."""

PRUNE_TASK = "notices.prune"
"""The job that forgets old deliveries."""

GRACE: Final = timedelta(minutes=2)
KEPT: Final = timedelta(days=30)
"""How long the log keeps what has arrived or failed."""

_AT_ONCE: Final = 1000


def sweep(office: Office) -> int:
    """Enqueue an attempt for each overdue delivery that has no job; return how many these were."""
    with office.database.transaction() as connection:
        overdue = notices.overdue_deliveries(connection, moment=office.clock() - GRACE, limit=_AT_ONCE)
        stranded = [
            delivery
            for delivery in overdue
            if not office.queue.has_job(connection, lock=delivery_lock(delivery))
        ]
        for delivery in stranded:
            enqueue(connection, office.queue, delivery)
    if stranded:
        _LOG.warning("enqueued %s stranded deliveries", len(stranded))
    return len(stranded)


def prune(office: Office) -> int:
    """Forget the deliveries that ended and are older than KEPT; return how many."""
    moment = office.clock() - KEPT
    with office.database.transaction() as connection:
        accounts = all_accounts(connection)
    forgotten = 0
    for account in accounts:
        with office.database.transaction() as connection:
            forgotten += notices.prune_deliveries(connection, account.account_id, moment=moment)
    return forgotten
