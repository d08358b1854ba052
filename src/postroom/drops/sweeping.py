"""Finding waiting deposits that no job will process any more, so that none waits for ever."""

from __future__ import annotations

import logging

from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.store import criteria, drops

_LOG = logging.getLogger("postroom.drops")


def sweep(room: Room) -> list[int]:
    """Enqueue a job for each account that has something in line and no job; return these accounts.

    Every deposit, and every change of criterion, brings its job, but a job may end before its deposit does:
    it failed for good, or its claim went to a worker that was killed. One job too many does no harm, it
    finds nothing to do.
    """
    with room.database.transaction() as connection:
        waiting = sorted({*drops.accounts_waiting(connection), *criteria.accounts_changing(connection)})
        stranded = [
            account_id
            for account_id in waiting
            if not room.queue.has_job(connection, lock=account_lock(account_id))
        ]
        for account_id in stranded:
            room.queue.enqueue(connection, PROCESS_TASK, lock=account_lock(account_id), account_id=account_id)
    if stranded:
        _LOG.warning("enqueued the processing of what was stranded of accounts %s", stranded)
    return stranded
