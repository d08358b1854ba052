"""A person's decision: a deposit that Postroom gave up on, or does not trust, gets another chance."""

from __future__ import annotations

from postroom.contacts.errors import Conflict, Missing
from postroom.drops.pairing import confirm_batch
from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.drops.trees import BATCH
from postroom.store import drops, files
from postroom.store.database import Connection


def retry(room: Room, account_id: int, drop_id: int) -> None:
    """Put a parked or unconfirmed deposit back in line, with all its attempts, and enqueue its processing.

    Raises Missing when there is no such deposit and Conflict when it is in any other state.
    """
    with room.database.transaction() as connection:
        if _trusted(room, connection, account_id, drop_id):
            return
        if not drops.retry_drop(connection, account_id, drop_id):
            found = drops.drop_by_id(connection, account_id, drop_id)
            if found is None:
                raise Missing(f"There is no drop {account_id}-{drop_id}.", code="NO_DROP")
            raise Conflict(
                f"Drop {found.public_id} is {found.state}; only parked and arriving drops can be retried.",
                code="NOT_RETRIABLE",
            )
        room.queue.enqueue(connection, PROCESS_TASK, lock=account_lock(account_id), account_id=account_id)


def _trusted(room: Room, connection: Connection, account_id: int, drop_id: int) -> bool:
    """Let an unconfirmed part of a command batch count; False when the drop is nothing of the kind."""
    drop = drops.drop_by_id(connection, account_id, drop_id)
    if drop is None or drop.action != BATCH or drop.state != "arriving":
        return False
    files.lock_tree(connection, account_id)
    for file in files.files_of_drop(connection, account_id, drop_id):
        if confirm_batch(connection, file, now=room.clock()):
            lock = account_lock(account_id)
            room.queue.enqueue(connection, PROCESS_TASK, lock=lock, account_id=account_id)
    return True
