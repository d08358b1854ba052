"""Looking after deliveries every minute: what is due gets its job, what the dead held is in doubt."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from postroom.contacts.channels import Channel
from postroom.sending.claiming import LEASE
from postroom.sending.delivering import deliver
from postroom.sending.mailroom import Mailroom
from postroom.sending.waking import DELIVER_TASK, SWEEP_TASK, delivery_lock, enqueue_delivery
from postroom.store import outgoing, pacing
from postroom.store.accounts import all_accounts

_LOG = logging.getLogger("postroom.sending")

AHEAD: Final = timedelta(minutes=1)
"""What is due until the next sweep gets its job now."""


def jobs_of_delivery(mailroom: Mailroom) -> tuple[dict[str, Callable[..., None]], dict[str, str]]:
    """Return handlers by task name, and the cron lines of those that run by themselves."""

    def hand_over(account_id: int, channel: str, lane: int) -> None:
        deliver(mailroom, account_id, Channel(channel), lane)

    def look_for_stranded() -> None:
        sweep(mailroom)

    return {DELIVER_TASK: hand_over, SWEEP_TASK: look_for_stranded}, {SWEEP_TASK: "* * * * *"}


def sweep(mailroom: Mailroom) -> int:
    """Put messages of dead claims into doubt, enqueue what has no job; return how many are in doubt now.

    A job may be lost: it failed for good, or its worker was killed. One too many does no harm.
    """
    with mailroom.database.transaction() as connection:
        accounts = all_accounts(connection)
    doubted = 0
    for account in accounts:
        doubted += _doubt(mailroom, account.account_id)
        _wake(mailroom, account.account_id)
    return doubted


def _doubt(mailroom: Mailroom, account_id: int) -> int:
    silent_since = mailroom.clock() - LEASE
    with mailroom.database.transaction() as connection:
        doubted = outgoing.bury_dead_claims(connection, account_id, silent_since=silent_since)
        pacing.forget_paces(connection, account_id, now=mailroom.clock())
    if doubted:
        _LOG.warning(
            "%s messages of account %s may have been handed over by whoever died: see "
            "`postroom message doubts`",
            len(doubted),
            account_id,
        )
    return len(doubted)


def _wake(mailroom: Mailroom, account_id: int) -> None:
    now = mailroom.clock()
    with mailroom.database.transaction() as connection:
        for channel, due_at in outgoing.next_due(connection, account_id).items():
            if channel not in mailroom.carriers or due_at > now + AHEAD:
                continue
            if due_at > now:
                enqueue_delivery(connection, mailroom.queue, account_id, channel, at=due_at)
            elif not mailroom.queue.has_job(connection, lock=delivery_lock(account_id, channel, 0)):
                enqueue_delivery(connection, mailroom.queue, account_id, channel)
