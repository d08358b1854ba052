"""Reaching a goal: a visit or an order becomes an event, put down to the last click of who did it.

In a browser whoever has no contact, or names a goal that is not there, is answered as everybody is: nothing
tells a stranger who is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.goals import ATTRIBUTION, GoalKind, Page, Pattern, Transaction
from postroom.sending.tracking.browsers import browser_of
from postroom.sending.tracking.visits import Visit
from postroom.store.database import Connection, Database
from postroom.store.events import new_keys, record_events
from postroom.store.goals import Goal, contact_of_message, goals_of_account
from postroom.store.messages import message_by_id
from postroom.store.tracking import last_click

COOKIE: Final = "COOKIE"
API: Final = "API"

_ORDERS_A_MINUTE: Final = 5
"""So many orders of one visitor and goal are taken in a minute: browsers can tell us anything."""

_MOST_REFERRER: Final = 4000


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that the recipient of `message_id` has opened; `url` is as the browser said it."""

    account_id: int
    message_id: int
    page: Page
    url: str
    referrer: str | None
    visit: Visit


def note_visit(database: Database, seen: Seen, *, now: datetime) -> int:
    """Record a visit as an event of each goal that it reaches; return how many these are.

    The same goal is reached once a minute at the most.
    """
    with database.transaction() as connection:
        goals = _reached(connection, seen, GoalKind.WEBVISIT)
        contact_id = contact_of_message(connection, seen.account_id, seen.message_id) if goals else None
        if contact_id is None or browser_of(seen.visit.user_agent).machine:
            return 0
        minute = f"{seen.visit.at:%Y%m%d%H%M}"
        keys = {f"goal:{goal.goal_id}:visit:{contact_id}:{minute}": goal for goal in goals}
        new = new_keys(connection, seen.account_id, list(keys), now=now)
        told = [goal for key, goal in keys.items() if key in new]
        events = [_event(connection, goal, contact_id, _said(seen), at=seen.visit.at) for goal in told]
        record_events(connection, seen.account_id, events, now=now)
    return len(events)


def note_order(
    database: Database, seen: Seen, transaction: Transaction, goal_id: int | None, *, now: datetime
) -> int:
    """Record an order that the script of a site tells, on a page of a goal; return of how many goals.

    Without `goal_id` it is of every goal of orders that has the page. An order counts once for a goal.
    """
    with database.transaction() as connection:
        goals = [
            goal
            for goal in _reached(connection, seen, GoalKind.TRANSACTION)
            if goal_id in {None, goal.goal_id}
        ]
        contact_id = contact_of_message(connection, seen.account_id, seen.message_id) if goals else None
        if contact_id is None or browser_of(seen.visit.user_agent).machine:
            return 0
        told = [
            goal
            for goal in goals
            if _has_room(connection, goal, contact_id, seen.visit.at, now=now)
            and _is_new(connection, goal, transaction, now=now)
        ]
        said = {**_said(seen), **_bought(transaction)}
        events = [_event(connection, goal, contact_id, said, at=seen.visit.at) for goal in told]
        record_events(connection, seen.account_id, events, now=now)
    return len(events)


def record_order(
    connection: Connection,
    goal: Goal,
    contact_id: int,
    transaction: Transaction,
    *,
    url: str | None,
    at: datetime,
    now: datetime,
) -> list[Event]:
    """Return the event of an order of a contact that a program tells; none when it is known already.

    The caller records it, last of all.
    """
    if not _is_new(connection, goal, transaction, now=now):
        return []
    said = {"url": url or "", "source": API, **_bought(transaction)}
    return [_event(connection, goal, contact_id, said, at=at)]


def _reached(connection: Connection, seen: Seen, kind: GoalKind) -> list[Goal]:
    return [
        goal
        for goal in goals_of_account(connection, seen.account_id)
        if goal.kind is kind and any(Pattern.parse(each).matches(seen.page) for each in goal.patterns)
    ]


def _is_new(connection: Connection, goal: Goal, transaction: Transaction, *, now: datetime) -> bool:
    key = f"goal:{goal.goal_id}:order:{transaction.transaction_id}"
    return bool(new_keys(connection, goal.account_id, [key], now=now))


def _has_room(connection: Connection, goal: Goal, contact_id: int, at: datetime, *, now: datetime) -> bool:
    minute = f"{at:%Y%m%d%H%M}"
    return any(
        new_keys(
            connection,
            goal.account_id,
            [f"goal:{goal.goal_id}:room:{contact_id}:{minute}:{number}"],
            now=now,
        )
        for number in range(_ORDERS_A_MINUTE)
    )


def _said(seen: Seen) -> dict[str, Any]:
    browser = browser_of(seen.visit.user_agent)
    referrer = {"referrer": seen.referrer[:_MOST_REFERRER]} if seen.referrer else {}
    return {
        "url": seen.url,
        **referrer,
        "source": COOKIE,
        "deviceType": browser.device.value,
        "userAgent": seen.visit.user_agent,
        "ipAddress": seen.visit.address,
    }


def _bought(transaction: Transaction) -> dict[str, Any]:
    optional = {"currency": transaction.currency, "quantity": transaction.quantity}
    return {
        "transactionId": transaction.transaction_id,
        "amount": transaction.amount,
        **{name: value for name, value in optional.items() if value is not None},
        **({"products": list(transaction.products)} if transaction.products else {}),
    }


def _event(
    connection: Connection, goal: Goal, contact_id: int, said: Mapping[str, Any], *, at: datetime
) -> Event:
    """Return the event of a goal, with the campaign of the contact's last click, if there is one."""
    click = last_click(connection, goal.account_id, contact_id, at - ATTRIBUTION)
    attributes = {"goalId": goal.goal_id, "goalName": goal.name, **said}
    of_orders = goal.kind is GoalKind.TRANSACTION
    kind = EventType.GOAL_TRANSACTION if of_orders else EventType.GOAL_WEBVISIT
    source = EventSource.API if said["source"] == API else EventSource.TRACKER
    if click is None or click.clicked_at > at:
        return Event(kind, source, at, contact_id=contact_id, attributes=attributes)
    message = message_by_id(connection, goal.account_id, click.message_id)
    return Event(
        kind,
        source,
        at,
        channel=message.channel if message else None,
        contact_id=contact_id,
        campaign_id=click.campaign_id,
        message_id=click.message_id,
        address=message.address if message else None,
        attributes={**attributes, "clickEventId": str(click.event_id)},
    )
