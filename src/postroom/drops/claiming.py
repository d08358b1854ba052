"""Claiming what is next in an account's line: a drop, from `in` to `on`, or a change of its criterion."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from postroom.contacts.batches import Action
from postroom.dialects.folders import tree
from postroom.drops.announcing import announce
from postroom.drops.barrier import must_stand_back
from postroom.drops.criteria import park_change
from postroom.drops.room import Room
from postroom.drops.trees import BATCH, KEPT
from postroom.store import criteria, drops, files
from postroom.store.accounts import lock_account
from postroom.store.criteria import CriterionChange
from postroom.store.database import Connection
from postroom.store.drops import Drop

_WAIT_FOR_CONFIRMATION = 0.1


class ClaimLostError(Exception):
    """Another worker has taken the drop over; whatever this one did is to be rolled back."""


def hold(connection: Connection, drop: Drop) -> None:
    """Lock the account of a claimed drop, and the drop, until the transaction ends; raise ClaimLostError."""
    lock_account(connection, drop.account_id)
    if not drops.hold_drop(connection, drop):
        raise ClaimLostError


def claim_next(room: Room, account_id: int) -> Drop | CriterionChange | None:
    """Claim the oldest drop of an account or the change that was asked before it; None when there is neither.

    What another worker left claimed is claimed again: its effects were rolled back with it.
    After `limits.recoveries` such attempts it is parked for a person. An unconfirmed drop that came
    earlier is waited for, so that deposits keep their order.
    """
    while True:
        with room.database.transaction() as connection:
            lock_account(connection, account_id)
            files.lock_tree(connection, account_id)
            since = room.clock() - timedelta(seconds=room.limits.unconfirmed_seconds)
            drop = drops.oldest_drop(connection, account_id, arriving_since=since)
            if drop is not None and must_stand_back(room, connection, drop):
                drop = drops.oldest_drop(connection, account_id, arriving_since=since, no_tables=True)
            change = criteria.oldest_change(connection, account_id)
            if change is not None and (drop is None or change.asked_at < drop.deposited_at):
                if change.attempts < room.limits.recoveries:
                    return criteria.claim_change(connection, change)
                park_change(room, connection, change)
                continue
            if drop is None:
                return None
            if drop.state != "arriving" and drop.attempts < room.limits.recoveries:
                return _claim(room, connection, drop)
            if drop.state != "arriving":
                drops.park_drop(connection, drop, outcome={"parked_after_attempts": drop.attempts})
                announce(room, connection, drop.account_id, drop.drop_id)
                continue
        # The sender's session tells within two seconds whether the upload was whole.
        threading.Event().wait(_WAIT_FOR_CONFIRMATION)


def _claim(room: Room, connection: Connection, drop: Drop) -> Drop:
    prefix = drop.prefix
    if prefix is None:
        prefix = _prefix(connection, drop)
    claimed = drops.claim_drop(connection, drop, prefix=prefix, now=room.clock())
    if drop.action == BATCH:
        return claimed  # its files stay where they are until they vanish
    for file in files.files_of_drop(connection, drop.account_id, drop.drop_id):
        files.move_file(
            connection,
            file,
            directory=tree.directory_of(Action(drop.action), "on"),
            name=tree.on_name(prefix, drop.name),
            drop_id=drop.drop_id,
        )
    return claimed


def _prefix(connection: Connection, drop: Drop) -> int:
    if drop.action != BATCH:
        action = Action(drop.action)
        return free_prefix(connection, drop.account_id, action, drop.name, drop.deposited_at)
    prefix = int(drop.deposited_at.timestamp())
    while files.name_taken(connection, drop.account_id, [KEPT], tree.on_name(prefix, drop.name)):
        prefix += 1
    return prefix


def free_prefix(
    connection: Connection, account_id: int, action: Action, name: str, deposited_at: datetime
) -> int:
    """Return the deposit second (seed 000 section 2.2), or the next at which its names are free.

    Its reports' names must be free too: they would take the place of what is there. The caller holds the
    lock of the tree.
    """
    directories = [tree.directory_of(action, state) for state in ("on", "ok", "ko")]
    prefix = int(deposited_at.timestamp())
    while _any_taken(connection, account_id, directories, tree.on_name(prefix, name)):
        prefix += 1
    return prefix


def _any_taken(connection: Connection, account_id: int, directories: list[str], name: str) -> bool:
    reports = (tree.errors_name, tree.warnings_name, tree.refusal_name, tree.summary_name, tree.undo_name)
    names = (name, *(report(name) for report in reports))
    return any(files.name_taken(connection, account_id, directories, each) for each in names)
