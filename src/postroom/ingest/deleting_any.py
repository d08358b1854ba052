"""Deleting in accounts whose contacts are met by any one identifier."""

from __future__ import annotations

from functools import partial

import polars as pl

from postroom.contacts.criteria import Criterion
from postroom.ingest.appliers import Merge
from postroom.ingest.deleting import DeleteApplier
from postroom.ingest.frames import Frame
from postroom.ingest.keys import identifier_columns
from postroom.ingest.literals import array
from postroom.ingest.meeting import Acquaintances, Identifiers, tell
from postroom.ingest.normalise import Normalised
from postroom.store import identifiers


class AnyDeleteApplier(DeleteApplier):
    """Deletes the one contact that a row meets; a row that meets several is refused, and deletes nobody."""

    def prepare(self, frame: Frame) -> Merge:
        """Find out whom a frame's rows name."""
        return partial(self._delete, frame, self._normaliser.normalise(frame.data))

    def _delete(self, frame: Frame, result: Normalised) -> None:
        criterion = self._batch.settings.criterion
        rows = result.accepted.select(identifier_columns(criterion))
        known = Acquaintances.of_rows(self._connection, self._batch.account_id, rows)
        reader = _Reader(known, criterion)
        for line, seen_before, row in zip(
            result.accepted["line"], self._seen_before(rows), rows.iter_rows(), strict=True
        ):
            reader.read(line, row, seen_before=seen_before)
        deleted = pl.Series("contact_id", reader.met, dtype=pl.Int64)
        if reader.met:
            identifiers.delete_contacts(self._connection, self._batch.account_id, array(deleted.sort()))
        self._deleted.append(deleted)
        refused, warnings = tell(frame, result, reader.ambiguous, self._on_issue)
        counts = self.counts
        counts.lines += frame.rows
        counts.refused += refused
        counts.warnings += warnings
        counts.deleted += len(deleted)
        counts.duplicates += reader.repeated
        counts.unchanged += reader.unknown
        counts.unknown += reader.unknown

    def _seen_before(self, rows: pl.DataFrame) -> pl.Series:
        """Tell which rows have an identifier that a row of an earlier frame had, and remember theirs."""
        hashes = [rows[name].drop_nulls().hash() for name in rows.columns]
        places = [self._seen.places(rows[name].hash()).is_not_null() for name in rows.columns]
        seen = pl.select(
            pl.any_horizontal(
                *(at & rows[name].is_not_null() for at, name in zip(places, rows.columns, strict=True))
            )
        ).to_series()
        self._seen = self._seen.joined(pl.concat(hashes))
        return seen


class _Reader:
    """Reads the rows of one frame: whom they meet goes, so that later rows do not meet them."""

    def __init__(self, known: Acquaintances, criterion: Criterion) -> None:
        self._known = known
        self._criterion = criterion
        self._seen: set[str] = set()
        self.met: list[int] = []
        self.repeated = 0
        self.unknown = 0
        self.ambiguous: dict[int, str] = {}

    def read(self, line: int, row: Identifiers, *, seen_before: bool) -> None:
        met = self._known.met_by(row)
        has = {each for each in row if each}
        if len(met) > 1:
            self.ambiguous[line] = self._known.ambiguity(self._criterion, row)
        elif met:
            self.met += met
            self._known.identify(self.met[-1], ())
        elif seen_before or not self._seen.isdisjoint(has):
            self.repeated += 1
        else:
            self.unknown += 1
        self._seen |= has
