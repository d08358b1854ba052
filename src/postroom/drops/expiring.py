"""Removing what was kept for long enough: files and reports, abandoned uploads, journals, answers."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from postroom.contacts.batches import Action
from postroom.dialects.folders import tree
from postroom.drops.room import Room
from postroom.drops.tidying import AGE, delete_bytes
from postroom.drops.trees import BATCHES, KEPT
from postroom.store import criteria, drops, files, idempotency, journal, progress
from postroom.store.accounts import Account, all_accounts

_LOG = logging.getLogger("postroom.drops")

_AT_ONCE = 500
"""So many drops are parted with in one transaction: a sender waits for it as for any change of the tree."""

_SETTLED = [*(tree.directory_of(action, state) for action in Action for state in ("ok", "ko")), KEPT]
_INCOMING = [*(tree.directory_of(action, "in") for action in Action), BATCHES]


def expire(room: Room, *, at_once: int = _AT_ONCE) -> int:
    """Remove files that were kept for as long as their account says; return how many.

    Those of a settled drop go together, by when it was settled; its row and its outcome stay. In `in` only
    files under temporary names go, and of command batches those that lack their other part, by when they
    came. What waits, is being processed or parked stays.
    """
    with room.database.reading() as connection:
        accounts = all_accounts(connection)
    removed = sum(_expire(room, account, at_once) for account in accounts)
    if removed:
        _LOG.info("removed %s files that were kept for long enough", removed)
    return removed


def _expire(room: Room, account: Account, at_once: int) -> int:
    now = room.clock()
    before = now - timedelta(days=account.settings.keep_days or room.limits.keep_days)
    with room.database.reading() as connection:
        progress.forget_old_progress(connection, account.account_id, before=now - AGE)
        kept_since = now - timedelta(days=room.limits.journal_days)
        journal.forget_journals(connection, account.account_id, before=kept_since)
        criteria.forget_merged(connection, account.account_id, before=kept_since)
        idempotency.forget_answers(connection, account.account_id, before=now - idempotency.KEPT)
    removed = 0
    more = True
    while more:
        keys, more = _remove_some(room, account.account_id, before, now, at_once)
        room.between_steps("expired")
        delete_bytes(room, keys)
        removed += len(keys)
    return removed


def _remove_some(
    room: Room, account_id: int, before: datetime, now: datetime, at_once: int
) -> tuple[list[str], bool]:
    """Remove rows of files; return the keys of their blobs, and whether there may be more."""
    with room.database.transaction() as connection:
        files.lock_tree(connection, account_id)
        expired = drops.expire_drops(connection, account_id, before=before, now=now, limit=at_once)
        settled = files.remove_files_of_drops(connection, account_id, expired, _SETTLED)
        abandoned = files.remove_abandoned(connection, account_id, _INCOMING, before=before, limit=at_once)
    return settled + abandoned, at_once in (len(expired), len(abandoned))
