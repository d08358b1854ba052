"""Waiting for something to become true, with a deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from postroom.drops.room import Room


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def lock_waits(room: Room) -> int:
    """Return how many wait for an advisory lock in the database of a room."""
    ask = (
        "select count(*) as waits from pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    with room.database.reading() as connection:
        row = connection.execute(ask).fetchone()
    assert row is not None
    return int(row["waits"])


def gone(pid: int) -> bool:
    """Tell whether a process has ended (a dead one that nobody has waited for counts as ended)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - not a path, a window into the kernel
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return not os.path.exists(f"/proc/{pid}")  # noqa: PTH110 - not a path, a window into the kernel
