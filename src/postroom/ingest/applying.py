"""Applying an import: normalise, refuse, stage, collapse, merge, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from postroom.contacts.batches import ColumnMap, Counts, FileRefused, ListTarget, Mode, Outcome, RowIssue
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.normalise import Normaliser
from postroom.ingest.prefetch import prefetched
from postroom.ingest.reading import Frame
from postroom.store import lists, merge
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.merge import Staged


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """A described table and the list that it fills; `batch_id` is unique within the account."""

    account_id: int
    batch_id: int
    settings: AccountSettings
    columns: ColumnMap
    frames: Iterable[Frame]
    target: ListTarget


class Progress(Protocol):
    """Told how far a batch is, in rows read so far."""

    def __call__(self, rows: int) -> None:
        """Take note."""
        ...


BULK_ROWS = 2000
"""From how many rows on a batch is joined as a whole, not looked up row by row."""

IssueSink = Callable[[RowIssue], None]


@dataclass(slots=True)
class _Staging:
    """What is counted while frames pass by."""

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    warnings: int = 0


def apply_import(
    connection: Connection, batch: ImportBatch, *, now: datetime, on_issue: IssueSink, progress: Progress
) -> Outcome:
    """Bring a table's rows into the contacts and its list; commits nothing itself.

    Every refused row and every warning goes to `on_issue`, in file order within each frame.
    Raises FileRefused when the file as a whole is of no use: nothing must be committed then.
    """
    lock_account(connection, batch.account_id)
    staged = _staged(batch)
    passed, key_hashes = _stage(connection, batch, staged, on_issue, progress)
    _refuse_fruitless(passed)
    repeated = _any_repeated(key_hashes)
    if passed.accepted >= BULK_ROWS:
        merge.plan_for_bulk(connection)
    duplicates = merge.collapse_repeated(connection, staged) if repeated else 0
    outcome = _merge(connection, batch, staged, passed.accepted - duplicates, now)
    outcome.counts.lines = passed.rows
    outcome.counts.refused = passed.refused
    outcome.counts.warnings = passed.warnings
    outcome.counts.duplicates = duplicates
    outcome.counts.unchanged = passed.accepted - duplicates - outcome.counts.created - outcome.counts.updated
    return outcome


def preview_import(batch: ImportBatch, *, on_issue: IssueSink, progress: Progress) -> Counts:
    """Read and check a table without a database: lines, refused, warnings; nothing is changed."""
    passed = _Staging()
    for _csv, _hashes in _prepared(batch, passed, on_issue):
        progress(passed.rows)
    return Counts(lines=passed.rows, refused=passed.refused, warnings=passed.warnings)


def _staged(batch: ImportBatch) -> Staged:
    fields = tuple(batch.columns.positions)
    erasing = frozenset(fields) if batch.settings.empty_cells == "erase" else frozenset[str]()
    return Staged(batch.account_id, batch.batch_id, fields, erasing)


def _stage(
    connection: Connection, batch: ImportBatch, staged: Staged, on_issue: IssueSink, progress: Progress
) -> tuple[_Staging, list[pl.Series]]:
    passed = _Staging()
    key_hashes: list[pl.Series] = []
    with merge.copy_to_staging(connection, staged.fields) as copy:
        for csv, hashes in prefetched(_prepared(batch, passed, on_issue)):
            copy.write(csv)
            key_hashes.append(hashes)
            progress(passed.rows)
    return passed, key_hashes


def _prepared(batch: ImportBatch, passed: _Staging, on_issue: IssueSink) -> Iterator[tuple[bytes, pl.Series]]:
    """Yield each frame's accepted rows as CSV for staging, with 64-bit hashes of their keys."""
    normaliser = Normaliser(batch.settings)
    for frame in batch.frames:
        result = normaliser.normalise(frame.data)
        for issue in frame.issues:
            on_issue(issue)
        for issues, refused in ((result.refused, True), (result.warnings, False)):
            for line, reason, value in issues.iter_rows():
                on_issue(RowIssue(line, Reason(reason), value, frame.cells(line), refused))
        passed.rows += frame.rows
        passed.accepted += result.accepted.height
        passed.refused += len(frame.issues) + result.refused.height
        passed.warnings += result.warnings.height
        yield _as_csv(result.accepted, batch), result.accepted["dedup_key"].drop_nulls().hash()


def _as_csv(accepted: pl.DataFrame, batch: ImportBatch) -> bytes:
    columns = [
        pl.lit(batch.account_id).alias("account_id"),
        pl.lit(batch.batch_id).alias("batch_id"),
        pl.col("line"),
        pl.col("dedup_key"),
        *(pl.col(field) for field in batch.columns.positions),
    ]
    return accepted.select(columns).write_csv(include_header=False).encode()


def _refuse_fruitless(passed: _Staging) -> None:
    if passed.rows == 0:
        raise FileRefused(Reason.NO_ROW)
    if passed.accepted == 0:
        raise FileRefused(Reason.NO_VALID_ROW)


def _any_repeated(key_hashes: list[pl.Series]) -> bool:
    """Tell whether some key may stand twice; 8 bytes a row, and the merge settles it exactly."""
    hashes = pl.concat(key_hashes)
    return hashes.n_unique() < len(hashes)


def _merge(connection: Connection, batch: ImportBatch, staged: Staged, rows: int, now: datetime) -> Outcome:
    list_id, list_name = _target_list(connection, batch, now)
    removed = 0
    if batch.target.mode is Mode.SYNC:
        removed = merge.leave_absent(connection, staged, list_id=list_id)
    found = merge.compare(connection, staged, list_id=list_id)
    updated = merge.update_changed(connection, staged, now=now) if found.changed else 0
    joined = merge.join_matched(connection, staged, list_id=list_id) if found.joins else 0
    created = 0
    if found.matched < rows:
        created = merge.insert_new(
            connection, staged, list_id=list_id, now=now, any_matched=found.matched > 0
        )
    lists.note_filled(connection, batch.account_id, list_id, drop_id=batch.batch_id, now=now)
    counts = Counts(
        created=created, updated=updated, added_to_list=joined + created, removed_from_list=removed
    )
    return Outcome(counts=counts, list_id=list_id, list_name=list_name, mode=batch.target.mode)


def _target_list(connection: Connection, batch: ImportBatch, now: datetime) -> tuple[int, str]:
    target = batch.target
    if target.mode is not Mode.CREATE:
        found = lists.find_list(connection, batch.account_id, target.names)
        if found:
            return found
    name = target.names[-1]
    return lists.create_list(connection, batch.account_id, name, now=now), name
