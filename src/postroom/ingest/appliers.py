"""What the actions of all folders have in common: frames are made ready in one thread, merged in another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from postroom.contacts.batches import Counts, Outcome
from postroom.ingest.feedback import Progress
from postroom.ingest.frames import Frame, joined
from postroom.ingest.prefetch import prefetched

_FIRST_LOT = 8
"""How many times smaller than others the first lot is."""

Merge = Callable[[], None]
"""Brings a frame that was made ready into the database; in the order of the frames."""


class Applier(Protocol):
    """Applies the frames of one batch to one account; commits nothing itself."""

    @property
    def counts(self) -> Counts:
        """How the rows ended so far; complete when finished."""

    @property
    def lot_rows(self) -> int:
        """How many rows are worth being merged together."""

    def prepare(self, frame: Frame) -> Merge:
        """Make a frame ready, without the database: this may happen in a thread, a frame at a time.

        Refused rows and warnings are told now or when it is merged.
        """

    def finish(self) -> Outcome:
        """Do what is left when all frames are merged.

        Raises FileRefused when no row was of use, in which case nothing was changed, or when too much was:
        nothing must be committed then.
        """


def apply_frames(applier: Applier, frames: Iterable[Frame], progress: Progress) -> Outcome:
    """Apply a batch, preparing ahead; raise what `finish` raises."""
    for merge in prefetched(map(applier.prepare, lots(prefetched(frames), applier.lot_rows))):
        merge()
        progress(applier.counts)
    return applier.finish()


def lots(frames: Iterable[Frame], rows: int) -> Iterator[Frame]:
    """Join frames until there are so many rows; fewer at first, so that PostgreSQL soon gets to work."""
    lot: list[Frame] = []
    enough = rows // _FIRST_LOT
    for frame in frames:
        lot.append(frame)
        if sum(each.rows for each in lot) >= enough:
            yield joined(lot)
            lot = []
            enough = min(rows, 2 * enough)
    if lot:
        yield joined(lot)
