"""Removing bytes that nobody can reach: blobs without a row, and uploads that were never finished."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from postroom.contacts.errors import PostroomError
from postroom.drops.room import Room
from postroom.store import files

_LOG = logging.getLogger("postroom.drops")

AGE = timedelta(days=1)
"""What is younger may belong to a transaction that is not committed yet."""

_KEYS_AT_ONCE = 5000


def delete_bytes(room: Room, keys: Iterable[str]) -> None:
    """Delete what a committed change left without a row; failing at that must not fail the change."""
    for key in keys:
        try:
            room.blobs.delete(key)
        except (OSError, PostroomError):
            _LOG.warning("blob %s could not be deleted; nothing refers to it", key, exc_info=True)


def tidy(room: Room) -> int:
    """Remove what killed processes left behind more than a day ago; return how many files that were."""
    moment = room.clock() - AGE
    removed = room.blobs.clear_staging(moment)
    old = room.blobs.keys(before=moment)
    while keys := list(islice(old, _KEYS_AT_ONCE)):
        with room.database.transaction() as connection:
            used = files.blobs_in_use(connection, keys)
        for key in set(keys) - used:
            room.blobs.delete(key)
            removed += 1
    if removed:
        _LOG.info("removed %s files that nothing refers to", removed)
    return removed
