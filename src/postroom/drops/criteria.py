"""Changing an account's criterion: asked for by a person, made in its turn among the account's deposits."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace

from postroom.contacts.criteria import Criterion, Match
from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.ingest.identifying import match_any
from postroom.ingest.rekeying import Rekeyed, Rekeying, rekey
from postroom.store import accounts, criteria
from postroom.store.accounts import Account
from postroom.store.criteria import CriterionChange
from postroom.store.database import Connection

_LOG = logging.getLogger("postroom.drops")


def ask_criterion(
    room: Room, connection: Connection, account: Account, criterion: Criterion, match: Match, *, by_whom: str
) -> CriterionChange | None:
    """Change what tells contacts apart at once if nothing depends on it, else put the change in line.

    Return what is in line. What is there already goes first; when the account comes to the same by that
    anyway, nothing is done. Commits nothing itself.
    """
    in_line = [
        each for each in criteria.changes_of_account(connection, account.account_id) if not each.settled_at
    ]
    last = in_line[0] if in_line else account.settings
    if (criterion, match) == (last.criterion, last.match):
        return in_line[0] if in_line else None
    if _nothing_depends(connection, account.account_id):
        held = accounts.hold_settings(connection, account.account_id)
        settings = replace(held.settings, criterion=criterion, match=match)
        accounts.update_settings(connection, account.account_id, settings)
        return None
    asked = criteria.ask_change(
        connection, account.account_id, criterion, match, by_whom=by_whom, now=room.clock()
    )
    lock = account_lock(account.account_id)
    room.queue.enqueue(connection, PROCESS_TASK, lock=lock, account_id=account.account_id)
    return asked


def make_change(room: Room, change: CriterionChange) -> None:
    """Give the contacts their new keys and the account its criterion, in one transaction."""
    with room.database.transaction() as connection:
        accounts.lock_account(connection, change.account_id)
        if not criteria.hold_change(connection, change):
            _LOG.warning("change %s was taken over by another worker", _name(change))
            return
        room.between_steps("claimed")
        rekeyed = _rekeyed(room, connection, change)
        room.between_steps("rekeyed")
        account = accounts.hold_settings(connection, change.account_id)
        changed = replace(account.settings, criterion=change.criterion, match=change.match)
        accounts.update_settings(connection, change.account_id, changed)
        _settle(room, connection, change, "applied", account, asdict(rekeyed))
        room.between_steps("settled")
    room.between_steps("committed")
    _LOG.info("change %s to %s made: %s", _name(change), change.criterion.value, rekeyed)


def _rekeyed(room: Room, connection: Connection, change: CriterionChange) -> Rekeyed:
    if change.match is Match.ANY:
        return match_any(connection, change.account_id, change.criterion)
    rekeying = Rekeying(
        change.account_id, change.change_id, change.criterion, change.asked_by, room.limits.rekeyed_rows
    )
    return rekey(connection, rekeying, now=room.clock())


def park_change(room: Room, connection: Connection, change: CriterionChange) -> None:
    """Give up a change that no worker could make; the criterion stays, and what is behind it goes on."""
    account = accounts.account_by_id(connection, change.account_id)
    _settle(room, connection, change, "parked", account, None)
    _LOG.error("change %s to %s is parked", _name(change), change.criterion.value)


def _nothing_depends(connection: Connection, account_id: int) -> bool:
    """Tell whether there is no contact and nobody who might be making one; nobody can from then on."""
    if criteria.anything_in_line(connection, account_id):
        return False
    accounts.lock_account(connection, account_id)
    return not criteria.anything_in_line(connection, account_id)


def _settle(
    room: Room,
    connection: Connection,
    change: CriterionChange,
    state: str,
    account: Account,
    outcome: dict[str, int] | None,
) -> None:
    was = account.settings.criterion, account.settings.match
    criteria.settle_change(connection, change, state=state, was=was, outcome=outcome, now=room.clock())


def _name(change: CriterionChange) -> str:
    return f"{change.account_id}-{change.change_id}"
