"""Answers that recipients give on our pages: done at once, or as soon as their account is free.

While a large file changes an account's contacts nobody else may. Whoever wants no more messages need not wait
for that: the wish is written down, and a job does it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from postroom.contacts.errors import Conflict
from postroom.contacts.events import Event, EventSource
from postroom.sending.answers import RECIPIENT, opt_out
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.tracking.preferences import choose
from postroom.store.accounts import LockAccount, lock_account, lock_account_soon
from postroom.store.answers import Answer, add_answer, take_answers
from postroom.store.database import Connection
from postroom.store.events import record_events
from postroom.store.messages import message_by_id

ANSWER_TASK: Final = "sending.answers"
"""The job that does what recipients of one account wished while that was busy."""

PREFERENCE_FORM: Final = "PREFERENCE_FORM"
"""The method of answers that may opt in, too."""

_AT_ONCE: Final = 500


class Done(Enum):
    """What became of an answer."""

    NOW = "now"
    LATER = "later"
    """It is written down, and will be done."""
    NOTHING = "nothing"
    """Its message is gone, or was a test."""


def answer(
    mailroom: Mailroom, account_id: int, given: Answer, *, lock: LockAccount = lock_account_soon
) -> Done:
    """Do what a recipient wishes, with its event, in one transaction; or write it down.

    Raises:
        Unavailable: the database does not answer; nothing was done, or written down.
    """
    try:
        with mailroom.database.transaction() as connection:
            lock(connection, account_id)
            events = _do(connection, mailroom, account_id, given)
            record_events(connection, account_id, events or [], now=mailroom.clock())
    except Conflict:
        return _write_down(mailroom, account_id, given)
    return Done.NOTHING if events is None else Done.NOW


def settle_answers(mailroom: Mailroom, account_id: int) -> int:
    """Do what recipients of an account wished while it was busy; return how many answers that were."""
    settled = 0
    while True:
        with mailroom.database.transaction() as connection:
            lock_account(connection, account_id)
            taken = take_answers(connection, account_id, limit=_AT_ONCE)
            done = [_do(connection, mailroom, account_id, each) or [] for each in taken]
            events = [event for each in done for event in each]
            record_events(connection, account_id, events, now=mailroom.clock())
        settled += len(taken)
        if len(taken) < _AT_ONCE:
            return settled


def _do(connection: Connection, mailroom: Mailroom, account_id: int, given: Answer) -> list[Event] | None:
    """Change what an answer asks; return the events, None when there is no such message, or it was a test."""
    message = message_by_id(connection, account_id, given.message_id)
    if message is None or message.is_test:
        return None
    now = mailroom.clock()
    if given.method == PREFERENCE_FORM:
        return choose(connection, message, given.wishes, at=given.at, now=now)
    return opt_out(
        connection,
        message,
        given.method,
        at=given.at,
        now=now,
        source=EventSource.TRACKER,
        by_whom=RECIPIENT,
        subscriptions=[scope for scope, wanted in given.wishes.items() if not wanted],
        event_attributes={"unsubscribeReason": given.said} if given.said else None,
    )


def _write_down(mailroom: Mailroom, account_id: int, given: Answer) -> Done:
    with mailroom.database.transaction() as connection:
        message = message_by_id(connection, account_id, given.message_id)
        if message is None or message.is_test:
            return Done.NOTHING
        add_answer(connection, account_id, given)
        mailroom.queue.enqueue(
            connection,
            ANSWER_TASK,
            lock=f"answers:{account_id}",
            queue=SENDING_QUEUE,
            account_id=account_id,
        )
    return Done.LATER
