"""A person's decision: a deposit that the guard against mass change refused is applied all the same."""

from __future__ import annotations

from postroom.contacts.batches import Action
from postroom.contacts.errors import Conflict, Missing
from postroom.contacts.guard import GUARD_REASONS
from postroom.dialects.folders import tree
from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.drops.tidying import delete_bytes
from postroom.store import drops, files
from postroom.store.accounts import LockAccount, lock_account
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.files import File


def release(
    room: Room, account_id: int, drop_id: int, *, by_whom: str, lock: LockAccount = lock_account
) -> None:
    """Put a deposit that the guard refused back in line, at its place by deposit time, and enqueue it.

    Its file goes from `ko` to `on`, its reports are removed. It then meets the contacts as they are by that
    time; any other reason may still refuse it. It waits for the account as `lock` has it. Raises Missing when
    there is no such deposit, Conflict when the guard has not refused it or its file is gone.
    """
    with room.database.transaction() as connection:
        lock(connection, account_id)
        files.lock_tree(connection, account_id)
        drop = _guarded(connection, account_id, drop_id)
        drops.release_drop(connection, account_id, drop_id, by_whom=by_whom, now=room.clock())
        reports = _back_to_on(connection, drop)
        room.between_steps("moved back")
        room.queue.enqueue(connection, PROCESS_TASK, lock=account_lock(account_id), account_id=account_id)
    delete_bytes(room, [report.blob_key for report in reports])


def _guarded(connection: Connection, account_id: int, drop_id: int) -> Drop:
    drop = drops.drop_by_id(connection, account_id, drop_id)
    if drop is None:
        raise Missing(f"There is no drop {account_id}-{drop_id}.", code="NO_DROP")
    failure = (drop.outcome or {}).get("failure") or {}
    if drop.state != "refused" or failure.get("code") not in GUARD_REASONS:
        why = failure.get("code") or drop.state
        raise Conflict(
            f"Drop {drop.public_id} is {why}; only drops that the guard refused can be released.",
            code="NOT_GUARDED",
        )
    if drop.files_removed_at is not None:
        raise Conflict(
            f"The file of drop {drop.public_id} was removed on {drop.files_removed_at:%Y-%m-%d}; "
            "it must be sent again.",
            code="FILE_GONE",
        )
    return drop


def _back_to_on(connection: Connection, drop: Drop) -> list[File]:
    """Move the deposit's own file back; remove its reports and return them."""
    own_name = tree.on_name(drop.prefix or 0, drop.name)
    standing = files.files_of_drop(connection, drop.account_id, drop.drop_id)
    own = next((file for file in standing if file.name == own_name), None)
    if own is None:
        raise Conflict(f"The file of drop {drop.public_id} is gone; it must be sent again.", code="FILE_GONE")
    directory = tree.directory_of(Action(drop.action), "on")
    files.move_file(connection, own, directory=directory, name=own_name, drop_id=drop.drop_id)
    reports = [file for file in standing if file is not own]
    for report in reports:
        files.remove_file(connection, report)
    return reports
