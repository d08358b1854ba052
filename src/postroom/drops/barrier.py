"""Rows of relational tables wait for the contacts that they are about (seed 001, isrelationalsubscriber).

A batch with that flag is done before any relational bulk import is started, also one that came before it.
"""

from __future__ import annotations

import re

from postroom.contacts.errors import Missing
from postroom.dialects.batches.tree import DATA_EXTENSIONS
from postroom.drops.room import Room
from postroom.drops.trees import BATCH
from postroom.store import drops
from postroom.store.database import Connection
from postroom.store.drops import Drop

_CONTACTS, _, _TABLES = DATA_EXTENSIONS

_MOST_BATCHES = 100
"""So many of those that wait are looked at."""

_HEADER_BYTES = 64 * 1024

_FLAG = re.compile(
    rb"^[ \t]*isrelationalsubscriber[ \t]*=[ \t]*(?:1|true)[ \t\r]*$", re.IGNORECASE | re.MULTILINE
)
_COMMAND = re.compile(rb"^[ \t]*cmd=", re.IGNORECASE | re.MULTILINE)


def must_stand_back(room: Room, connection: Connection, drop: Drop) -> bool:
    """Tell whether a drop that is next in line is rows of a table, and their contacts still wait.

    What was claimed before goes on.
    """
    if drop.action != BATCH or drop.state != "ready" or not drop.name.lower().endswith(_TABLES):
        return False
    waiting = drops.waiting_batches(connection, drop.account_id, limit=_MOST_BATCHES)
    return any(_goes_first(room, each) for each in waiting if each.name.lower().endswith(_CONTACTS))


def _goes_first(room: Room, drop: Drop) -> bool:
    """Look into a batch's header for the flag: its reader will judge it, this is about the order alone."""
    try:
        with room.blobs.open(drop.blob_key) as blob:
            start = blob.read(_HEADER_BYTES)
    except Missing:  # its own turn will tell
        return False
    command = _COMMAND.search(start)
    return _FLAG.search(start, 0, command.start() if command else len(start)) is not None
