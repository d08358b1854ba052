"""How far a drop is while it stands in `on`: told by its worker, read by everybody else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

from postroom.contacts.batches import Counts
from postroom.drops.room import Room
from postroom.store import progress
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.progress import Told

_LOG = logging.getLogger("postroom.drops")

SILENCE = timedelta(seconds=10)
"""Who has told nothing for that long is taken for dead: the living tell twice a second."""


@dataclass(frozen=True, slots=True)
class DropProgress:
    """How far a drop is: rows read and refused so far, rows to expect (about), seconds since its start."""

    lines: int
    refused: int
    expected: int
    seconds: float

    @property
    def applied(self) -> int:
        """Count the rows that were taken; they count for others once the whole file does."""
        return self.lines - self.refused

    @property
    def percent(self) -> float:
        """Say how much of the file was read."""
        return min(100.0, 100 * self.lines / max(self.expected, 1))

    @property
    def rate(self) -> float:
        """Return the rows read per second, from the start on."""
        return self.lines / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimate how long the rest takes at that rate; None while there is none."""
        return max(self.expected - self.lines, 0) / self.rate if self.rate else None


def progress_of(room: Room, account_id: int, drop_id: int) -> DropProgress | None:
    """Return how far a drop is; None when nobody works on it, or for less than a moment."""
    with room.database.reading() as connection:
        told = progress.progress_of_drop(connection, account_id, drop_id)
    if told is None or told.told_at < room.clock() - SILENCE:
        return None
    seconds = (told.told_at - told.started_at).total_seconds()
    return DropProgress(told.lines, told.refused, told.expected, seconds)


class Telling:
    """Tells how far one attempt at a drop is, while its own transaction lets nobody see anything.

    A thread writes on a connection of its own every `limits.progress_seconds`, from the first such moment
    on: a file that is done before costs nothing, and a worker that lives is never silent, whatever its
    import waits for.
    """

    def __init__(self, room: Room, drop: Drop) -> None:
        """Prepare for a claimed drop."""
        self._room = room
        self._drop = drop
        self._so_far = (0, 0)
        self._told = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Use as a context: at its end nothing is told any more."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Fall silent."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self._told or self._drop.attempts > 1:
            self._end(failed=kind is not None)

    @property
    def lines(self) -> int:
        """Return how many rows were read so far."""
        return self._so_far[0]

    def begin(self, *, expected: int) -> None:
        """Begin to tell of a file of about `expected` rows; the caller holds the drop."""
        self._thread = threading.Thread(target=self._run, args=(expected,), name="progress", daemon=True)
        self._thread.start()

    def note(self, counts: Counts) -> None:
        """Take note of how the rows ended so far."""
        self._so_far = (counts.lines, counts.refused)

    def _run(self, expected: int) -> None:
        started_at = self._room.clock()
        while not self._ended.wait(self._room.limits.progress_seconds):
            lines, refused = self._so_far
            self._told |= self._write(Told(expected, lines, refused, started_at, self._room.clock()))

    def _write(self, told: Told) -> bool:
        return self._written(lambda connection: progress.tell_progress(connection, self._drop, told))

    def _end(self, *, failed: bool) -> None:
        end = progress.leave_progress if failed else progress.forget_progress
        self._written(lambda connection: end(connection, self._drop))

    def _written(self, write: Callable[[Connection], None]) -> bool:
        try:
            with self._room.database.reading() as connection:
                write(connection)
        except Exception:  # noqa: BLE001  # a courtesy to onlookers must never stop an import
            _LOG.warning("the progress of drop %s could not be told", self._drop.public_id, exc_info=True)
            return False
        return True
