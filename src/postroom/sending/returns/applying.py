"""Applying what came back: events, quarantines and opt-outs, a hundred reports a transaction."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from postroom.contacts.bounces import Complaint
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict
from postroom.contacts.events import Event, EventSource, EventType
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.bouncing import Returned, bounced_all
from postroom.sending.returns.complaining import complained, complaint_attributes
from postroom.sending.returns.receiving import from_json
from postroom.sending.returns.reports import Report
from postroom.store.accounts import PATIENCE_SECONDS, lock_account_soon
from postroom.store.database import Connection
from postroom.store.events import new_keys, record_events
from postroom.store.messages import message_by_id
from postroom.store.returns import WaitingReturn, accounts_with_returns, take_returns

_AT_ONCE: Final = 100


def apply_returns(mailroom: Mailroom, account_id: int, *, patience_seconds: float = PATIENCE_SECONDS) -> int:
    """Apply all that came back about an account's messages; return how many reports that were.

    Each is gone in the transaction that applies it: killed at any time, it is applied once.

    Raises:
        Conflict: the account is busy; what was not applied stays.
    """
    applied = 0
    while True:
        with mailroom.database.transaction() as connection:
            taken = take_returns(connection, account_id, limit=_AT_ONCE)
            now = mailroom.clock()
            if any(map(_opts_out, taken)):
                # Before any key of an event is claimed: others claim these while they hold the account. And
                # not for as long as an import takes: few jobs of sending run at once, and messages wait.
                lock_account_soon(connection, account_id, patience_seconds=patience_seconds)
            events = _apply(connection, account_id, taken, now)
            record_events(connection, account_id, events, now=now)
            mailroom.between_steps("returns next")
        mailroom.between_steps("returns applied")
        applied += len(taken)
        if len(taken) < _AT_ONCE:
            return applied


def apply_all(mailroom: Mailroom, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Apply what came back to any account and has no job any more."""
    with mailroom.database.transaction() as connection:
        account_ids = accounts_with_returns(connection)
    for account_id in account_ids:
        with suppress(Conflict):  # it is tried again a minute later
            apply_returns(mailroom, account_id, patience_seconds=patience_seconds)


def _opts_out(waiting: WaitingReturn) -> bool:
    report = from_json(0, waiting.told)
    return report.complaint is not None or (report.bounce is not None and report.bounce.is_permanent)


def _apply(connection: Connection, account_id: int, taken: list[WaitingReturn], now: datetime) -> list[Event]:
    reports = [(from_json(account_id, each.told), each.received_at) for each in taken]
    returned: list[Returned] = []
    events: list[Event] = []
    for report, at in reports:
        message = message_by_id(connection, account_id, report.message_id)
        if report.bounce and message:
            returned.append(Returned(message, report.bounce, at))
        elif report.complaint and message:
            events += complained(connection, message, report.complaint, now=now, at=at)
        elif report.complaint:
            events += _of_nobody(connection, report, report.complaint, at, now)
    return events + bounced_all(connection, account_id, returned, now=now)


def _of_nobody(
    connection: Connection, report: Report, complaint: Complaint, at: datetime, now: datetime
) -> list[Event]:
    """Return the event of a complaint about a message of the account's that is not kept any more."""
    key = f"complaint:{report.message_id}:{complaint.type}"
    if not new_keys(connection, report.account_id, [key], now=now):
        return []
    return [
        Event(
            EventType.COMPLAINT,
            EventSource.MTA,
            at,
            Channel.EMAIL,
            address=complaint.complainer,
            attributes=complaint_attributes(complaint),
            key=key,
        )
    ]
