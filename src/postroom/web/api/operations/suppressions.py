"""What the API does with quarantine and blacklist: who is there, putting addresses there, taking them off."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource
from postroom.drops.room import Room
from postroom.sending.returns import by_hand
from postroom.sending.returns.by_hand import Hand
from postroom.store import suppressions
from postroom.store.accounts import lock_account_soon
from postroom.store.events import record_events
from postroom.store.suppressions import Suppression
from postroom.web.api.operations.pages import Page
from postroom.web.api.operations.uploading import by_whom
from postroom.web.auth.caller import Caller

__all__ = ["Suppression"]

_READ: Final = "suppressions:read"
_WRITE: Final = "suppressions:write"


def read_suppressions(
    room: Room,
    caller: Caller,
    *,
    kind: SuppressionKind | None,
    after: str | None,
    limit: int,
    with_total: bool,
) -> Page[Suppression]:
    """Return addresses on a list, or on any, in their order."""
    caller.require(_READ)
    now = room.clock()
    with room.database.reading() as connection:
        found = suppressions.read_suppressions(
            connection,
            caller.account_id,
            Channel.EMAIL,
            kind=kind,
            after=after or "",
            limit=limit,
            now=now,
        )
        counts = (
            suppressions.count_suppressions(connection, caller.account_id, Channel.EMAIL, now=now)
            if with_total
            else None
        )
    total = None
    if counts is not None:
        total = counts.get(kind, 0) if kind else sum(counts.values())
    return Page(found, total)


def read_suppression(room: Room, caller: Caller, address: str) -> Suppression:
    """Return the list that an address is on; raise Missing when it is on none of the caller's."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return by_hand.read_suppression(connection, caller.account_id, address, now=room.clock())


def add_suppression(
    room: Room, caller: Caller, address: str, kind: SuppressionKind, until_at: datetime | None
) -> Suppression:
    """Put an address on a list; return where it is now, as a stronger one stays.

    Raises:
        Refused: the address is none, or the end does not fit the list.
        Conflict: the account is busy.
    """
    caller.require(_WRITE)
    hand = _hand(room, caller)
    with room.database.transaction() as connection:
        lock_account_soon(connection, caller.account_id)
        found, events = by_hand.suppress_by_hand(connection, hand, address, kind, until_at=until_at)
        record_events(connection, caller.account_id, events, now=hand.now)
    return found


def remove_suppression(room: Room, caller: Caller, address: str, *, complaints: bool) -> None:
    """Take an address off its list.

    Raises:
        Missing: it is on none of the caller's.
        Refused: a complaint brought it there, and `complaints` does not say that it goes, too.
        Conflict: the account is busy.
    """
    caller.require(_WRITE)
    hand = _hand(room, caller)
    with room.database.transaction() as connection:
        lock_account_soon(connection, caller.account_id)
        events = by_hand.release_by_hand(connection, hand, address, complaints=complaints)
        record_events(connection, caller.account_id, events, now=hand.now)


def _hand(room: Room, caller: Caller) -> Hand:
    return Hand(caller.account_id, by_whom(caller), "call", EventSource.API, room.clock())
