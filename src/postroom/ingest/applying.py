"""Applying an import: read, normalise, refuse, merge, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.batches import ColumnMap, Counts, ListTarget, Mode, Outcome
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.digests import WORTH_ROWS, KnownRows
from postroom.ingest.feedback import IssueSink, Progress
from postroom.ingest.frames import Frame
from postroom.ingest.journaling import Journaling
from postroom.ingest.merging import FrameMerger
from postroom.ingest.prefetch import prefetched
from postroom.ingest.preparing import PreparedFrame, Preparer
from postroom.store import lists, merge
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.journal import JournalKey
from postroom.store.merge import Merging


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """A described table and the list that it fills.

    `batch_id` is unique within the account; `lines` is about how many rows to expect.
    """

    account_id: int
    batch_id: int
    settings: AccountSettings
    columns: ColumnMap
    lines: int
    frames: Iterable[Frame]
    target: ListTarget
    guard: Guard = NO_GUARD
    digests_from_lines: int = WORTH_ROWS


def apply_import(
    connection: Connection, batch: ImportBatch, *, now: datetime, on_issue: IssueSink, progress: Progress
) -> Outcome:
    """Bring a table's rows into the contacts and its list; commits nothing itself.

    Every refused row and every warning goes to `on_issue`, in file order within each frame.
    Raises FileRefused when the file as a whole is of no use: nothing must be committed then.
    """
    lock_account(connection, batch.account_id)
    list_id, list_name, is_new = _target_list(connection, batch, now)
    fields = _fields(batch)
    erasing = frozenset(fields) if batch.settings.empty_cells == "erase" else frozenset[str]()
    merging = Merging(batch.account_id, list_id, fields, erasing)
    counts = Counts()
    synchronises = batch.target.mode is Mode.SYNC and not is_new
    members_before = merge.count_members(connection, merging) if synchronises and batch.guard.watches else 0
    known = KnownRows.of_list(
        connection, merging, lines=0 if is_new else batch.lines, worth=batch.digests_from_lines
    )
    preparer = Preparer(batch.settings, fields, known, on_issue)
    journal = Journaling.begun(
        connection,
        JournalKey(batch.account_id, batch.account_id, batch.batch_id),
        merging,
        mode=batch.target.mode.value,
        criterion=batch.settings.criterion.value,
        list_is_new=is_new,
    )
    with FrameMerger(connection, merging, preparer.prepared_whole, journal) as merger:
        for frame in prefetched(preparer.prepared(batch.frames)):
            merger.merge(frame)
            _count(counts, frame)
            progress(counts)
        merger.finish()
        counts.refuse_fruitless()
        if synchronises:
            counts.removed_from_list = merger.leave_absent()
            batch.guard.check(Reason.TOO_MANY_LEAVE, taken=counts.removed_from_list, before=members_before)
        merger.close_journal()
        _settle_counts(counts, merger)
    lists.note_filled(connection, batch.account_id, list_id, drop_id=batch.batch_id, now=now)
    return Outcome(counts=counts, list_id=list_id, list_name=list_name, mode=batch.target.mode)


def _fields(batch: ImportBatch) -> tuple[str, ...]:
    return tuple(field for field in CONTACT_FIELDS if field in batch.columns.positions)


def _count(counts: Counts, frame: PreparedFrame) -> None:
    counts.lines += frame.read
    counts.refused += frame.refused
    counts.warnings += frame.warnings


def _settle_counts(counts: Counts, merger: FrameMerger) -> None:
    ends = merger.ends()
    counts.created, counts.updated = ends.created, ends.updated
    counts.unchanged, counts.duplicates = ends.unchanged, ends.duplicates
    counts.added_to_list = merger.added


def _target_list(connection: Connection, batch: ImportBatch, now: datetime) -> tuple[int, str, bool]:
    """Return the list's id and name, and whether it was made just now."""
    target = batch.target
    if target.mode is not Mode.CREATE:
        found = lists.find_list(connection, batch.account_id, target.names)
        if found:
            return (*found, False)
    name = target.names[-1]
    return lists.create_list(connection, batch.account_id, name, now=now), name, True
