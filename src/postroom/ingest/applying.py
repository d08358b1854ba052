"""Applying an import: read, normalise, refuse, merge, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from postroom.contacts.batches import Counts, FileRefused, ListTarget, Mode, Outcome
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest import counting
from postroom.ingest.appliers import Merge
from postroom.ingest.background import Background
from postroom.ingest.digests import MOST_MEMBERS, WORTH_ROWS, KnownRows
from postroom.ingest.feedback import IssueSink
from postroom.ingest.frames import Frame
from postroom.ingest.journaling import Journaling
from postroom.ingest.matching_any import AnyMatcher, AnyMerger
from postroom.ingest.merging import MOST_WAITING, FrameMerger
from postroom.ingest.normalise import Normalised
from postroom.ingest.preparing import PreparedFrame, Preparer
from postroom.store import lists, merge
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.journal import JournalKey
from postroom.store.merge import NO_LIST, Merging


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """A described table and the list that it fills.

    `batch_id` is unique within the account; `fields` are the contact fields that the table has; `lines` is
    about how many rows to expect.
    """

    account_id: int
    batch_id: int
    settings: AccountSettings
    fields: Collection[str]
    lines: int
    target: ListTarget
    guard: Guard = NO_GUARD
    digests_from_lines: int = WORTH_ROWS
    sharers: int = 1
    """How many batches are applied side by side: each holds that much less in memory."""


@dataclass(frozen=True, slots=True)
class _Filling:
    """A list that is being filled, or none; `members_before` are counted when a guard watches."""

    merger: FrameMerger
    list_id: int | None
    list_name: str | None
    synchronises: bool
    members_before: int


class ImportApplier:
    """Brings a table's rows into the contacts and its list; neither is touched before a row is of use.

    Every refused row and every warning goes to `on_issue`, in file order within each frame.
    """

    lot_rows = 1

    def __init__(
        self,
        connection: Connection,
        batch: ImportBatch,
        background: Background,
        *,
        now: datetime,
        on_issue: IssueSink,
    ) -> None:
        """Lock the account and look at what there is; the caller ends `background` and the transaction."""
        lock_account(connection, batch.account_id)
        self.counts = Counts()
        self._connection = connection
        self._batch = batch
        self._background = background
        self._now = now
        self._fields = tuple(field for field in CONTACT_FIELDS if field in batch.fields)
        self._list = _standing_list(connection, batch)
        self._matcher: AnyMatcher | None = None
        if batch.settings.matches_any:
            self._matcher = AnyMatcher(
                connection, batch.account_id, batch.settings, self._fields, background, on_issue=on_issue
            )
        known = KnownRows.of_list(
            connection,
            self._merging(self._list[0] if self._list else NO_LIST),
            lines=batch.lines if self._may_be_known else 0,
            worth=batch.digests_from_lines,
            most=MOST_MEMBERS // batch.sharers,
        )
        self._preparer = Preparer(batch.settings, self._fields, known, on_issue)
        self._filling: _Filling | None = None

    def prepare(self, frame: Frame) -> Merge:
        """Normalise a frame's rows and refuse the bad ones."""
        if self._matcher is not None:
            return partial(self._match, self._matcher, frame, self._matcher.normalise(frame))
        return partial(self._merge, self._preparer.prepare(frame))

    def finish(self) -> Outcome:
        """Insert what waits, take off the list who is to leave it, and count."""
        batch, counts = self._batch, self.counts
        counts.refuse_without_rows()
        counts.refuse_fruitless()
        filling = self._filling or self._begun()
        merger = filling.merger
        merger.finish()
        if filling.synchronises:
            counts.removed_from_list = merger.leave_absent()
            before = filling.members_before
            batch.guard.check(Reason.TOO_MANY_LEAVE, taken=counts.removed_from_list, before=before)
        merger.close_journal()
        _settle_counts(counts, merger)
        filled = [] if filling.list_id is None else [filling.list_id]
        counting.forget_lists_of(self._connection, batch.account_id, merger.readdressed(), besides=filled)
        if filling.list_id is not None:
            lists.note_filled(
                self._connection, batch.account_id, filling.list_id, drop_id=batch.batch_id, now=self._now
            )
        return Outcome(
            counts=counts, list_id=filling.list_id, list_name=filling.list_name, mode=batch.target.mode
        )

    def _match(self, matcher: AnyMatcher, frame: Frame, result: Normalised) -> None:
        self._merge(matcher.match(frame, result))

    def _merge(self, frame: PreparedFrame) -> None:
        if frame.accepted or len(frame.known):
            self._filling = self._filling or self._begun()
            self._filling.merger.merge(frame)
        self.counts.lines += frame.read
        self.counts.refused += frame.refused
        self.counts.warnings += frame.warnings

    def _begun(self) -> _Filling:
        """Make the list unless it is there, and begin to fill it."""
        self._background.settle()
        batch, connection = self._batch, self._connection
        list_id, list_name = self._list or _new_list(connection, batch, self._now)
        merging = self._merging(list_id or NO_LIST)
        synchronises = batch.target.mode is Mode.SYNC and self._list is not None
        watched = synchronises and batch.guard.watches
        members_before = merge.count_members(connection, merging) if watched else 0
        journal = Journaling.begun(
            connection,
            JournalKey(batch.account_id, batch.account_id, batch.batch_id),
            merging,
            mode=batch.target.mode.value,
            criterion=batch.settings.identification,
            list_is_new=batch.target.list_id is not None or (self._list is None and list_id is not None),
        )
        merger = (AnyMerger if self._matcher else FrameMerger)(
            connection,
            merging,
            self._preparer.prepare_whole,
            journal,
            self._background,
            most_waiting=MOST_WAITING // batch.sharers,
        )
        return _Filling(merger, list_id, list_name, synchronises, members_before)

    @property
    def _may_be_known(self) -> bool:
        """Tell whether the list may have contacts that were imported from the same rows."""
        return self._list is not None and self._batch.target.list_id is None and self._matcher is None

    def _merging(self, list_id: int) -> Merging:
        batch = self._batch
        erasing = frozenset(self._fields) if batch.settings.empty_cells == "erase" else frozenset[str]()
        return Merging(batch.account_id, list_id, self._fields, erasing)


def _settle_counts(counts: Counts, merger: FrameMerger) -> None:
    ends = merger.ends()
    counts.created, counts.updated = ends.created, ends.updated
    counts.unchanged, counts.duplicates = ends.unchanged, ends.duplicates
    counts.added_to_list = merger.added


def _standing_list(connection: Connection, batch: ImportBatch) -> tuple[int, str] | None:
    """Return id and name of the list to fill, or None when it is to be made or there is none.

    Raises FileRefused when the list that was made for the import is gone.
    """
    target = batch.target
    if target.list_id is not None:
        name = lists.name_of_list(connection, batch.account_id, target.list_id)
        if name is None:
            raise FileRefused(Reason.LIST_GONE, str(target.list_id))
        return target.list_id, name
    if target.mode in {Mode.CREATE, Mode.CONTACTS}:
        return None
    return lists.find_list(connection, batch.account_id, target.names)


def _new_list(connection: Connection, batch: ImportBatch, now: datetime) -> tuple[int | None, str | None]:
    if batch.target.mode is Mode.CONTACTS:
        return None, None
    name = batch.target.names[-1]
    return lists.create_list(connection, batch.account_id, name, now=now), name
