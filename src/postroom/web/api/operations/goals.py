"""What the API does with goals: their definitions, and orders that programs tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from postroom.contacts import addresses
from postroom.contacts.errors import Refused
from postroom.contacts.goals import GoalKind, Transaction, page_of
from postroom.drops.room import Room
from postroom.sending.goals.reaching import record_order
from postroom.sending.goals.visitors import Visitors
from postroom.store import goals, selecting
from postroom.store.database import Connection
from postroom.store.events import record_events
from postroom.store.goals import Goal
from postroom.store.selecting import Selection
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["Goal", "GoalKind", "Transaction"]

_READ, _WRITE = "goals:read", "goals:write"

OLDEST: Final = timedelta(days=31)
"""So long ago an order may have been when it is told."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who has bought, by one of these."""

    contact_id: int | None = None
    email: str | None = None
    visitor: str | None = None
    """The token in the cookie of the site."""


def read_goals(room: Room, caller: Caller, paging: Paging) -> Page[Goal]:
    """Return the caller's goals by id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        every = goals.goals_of_account(connection, caller.account_id)
    found = [each for each in every if paging.after is None or each.goal_id > paging.after]
    return Page(found[: paging.limit], len(every) if paging.with_total else None)


def read_goal(room: Room, caller: Caller, goal_id: int) -> Goal:
    """Return a goal; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return goals.goal_by_id(connection, caller.account_id, goal_id)


def create_goal(room: Room, caller: Caller, name: str, kind: GoalKind, patterns: Sequence[str]) -> Goal:
    """Make a goal; raise Refused when it cannot be, Conflict when its name is taken."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        return goals.create_goal(connection, caller.account_id, name, kind, patterns, now=room.clock())


def delete_goal(room: Room, caller: Caller, goal_id: int) -> None:
    """Forget a goal; raise Missing when the caller has none of that id."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        goals.goal_by_id(connection, caller.account_id, goal_id)
        goals.delete_goal(connection, caller.account_id, goal_id)


def site_of(room: Room, caller: Caller) -> str:
    """Return what stands for the caller's account in the script of its site."""
    caller.require(_READ)
    return Visitors(room.sealer).site(caller.account_id)


def tell_order(
    room: Room,
    caller: Caller,
    goal_id: int,
    transaction: Transaction,
    buyer: Buyer,
    *,
    url: str | None,
    at: datetime | None,
) -> bool:
    """Record an order, once for its id; tell whether it is, as only orders of contacts are.

    Raises:
        Missing: the caller has no goal of that id.
        Refused: the goal is one of visits, nobody is named or several are, or the moment is none.
    """
    caller.require(_WRITE)
    now = room.clock()
    moment = now if at is None else at
    if not now - OLDEST <= moment <= now + timedelta(minutes=5):
        raise Refused("An order is told within 31 days, and not before it was made.", code="BAD_TIME")
    if url is not None and page_of(url) is None:
        raise Refused("The url is none of a web page.", code="BAD_URL")
    if sum(each is not None for each in (buyer.contact_id, buyer.email, buyer.visitor)) != 1:
        raise Refused("Say who has bought: contact_id, email or visitor, one of them.", code="BAD_BUYER")
    with room.database.transaction() as connection:
        goal = goals.goal_by_id(connection, caller.account_id, goal_id)
        if goal.kind is not GoalKind.TRANSACTION:
            raise Refused(f"Goal {goal_id} is one of visits.", code="WRONG_KIND")
        contact_id = _contact(room, connection, caller.account_id, buyer)
        if contact_id is None:
            return False
        events = record_order(connection, goal, contact_id, transaction, url=url, at=moment, now=now)
        record_events(connection, caller.account_id, events, now=now)
    return True


def _contact(room: Room, connection: Connection, account_id: int, buyer: Buyer) -> int | None:
    """Return who has bought, None for no contact; of several contacts of one address it is the first."""
    if buyer.visitor is not None:
        sent = Visitors(room.sealer).read_visitor(buyer.visitor)
        if sent is None or sent.account_id != account_id:
            return None
        return goals.contact_of_message(connection, account_id, sent.message_id)
    if buyer.email is None:
        known = buyer.contact_id is not None and goals.is_contact(connection, account_id, buyer.contact_id)
        return buyer.contact_id if known else None
    address = addresses.email(buyer.email)
    if address is None:
        return None
    found = selecting.select_contact_ids(
        connection, Selection(account_id, values={"email": address}), limit=1
    )
    return found[0] if found else None
