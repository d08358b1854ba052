"""Deleting the contacts that a file names by the account's criterion; opt-outs stay (seed 000 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import polars as pl

from postroom.contacts.batches import Counts, FileRefused, Outcome
from postroom.contacts.criteria import Criterion
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest import counting
from postroom.ingest.appliers import Merge
from postroom.ingest.feedback import IssueSink, tell_issues
from postroom.ingest.frames import Frame
from postroom.ingest.literals import array, ids_of
from postroom.ingest.lookup import SortedNumbers
from postroom.ingest.normalise import Normaliser
from postroom.store import contacts, deleting
from postroom.store.accounts import lock_account
from postroom.store.database import Connection

LOT_ROWS = 100_000
"""How many rows are taken together: the more, the closer together their keys in the index."""


@dataclass(frozen=True, slots=True)
class DeleteBatch:
    """A table of rows that name contacts."""

    account_id: int
    settings: AccountSettings
    guard: Guard = NO_GUARD


@dataclass(frozen=True, slots=True)
class _Named:
    """The keys of a frame's rows, as 32 hexadecimal digits and each once, and how its rows ended."""

    keys: pl.Series
    read: int
    accepted: int
    refused: int
    warnings: int


class DeleteApplier:
    """Deletes the contacts that rows name, and what goes with them.

    Refused rows and warnings go to `on_issue`.
    """

    lot_rows = LOT_ROWS

    def __init__(self, connection: Connection, batch: DeleteBatch, *, on_issue: IssueSink) -> None:
        """Lock the account; the caller ends the transaction. Raises FileRefused without a criterion."""
        if batch.settings.criterion is Criterion.NONE:
            raise FileRefused(Reason.NO_CRITERION)
        lock_account(connection, batch.account_id)
        self.counts = Counts()
        self._connection = connection
        self._batch = batch
        self._on_issue = on_issue
        self._normaliser = Normaliser(batch.settings, identifying=True)
        self._seen = SortedNumbers(pl.Series([], dtype=pl.UInt64))
        self._deleted = [pl.Series(dtype=pl.Int64)]

    def prepare(self, frame: Frame) -> Merge:
        """Find out whom a frame's rows name, and refuse those that name nobody."""
        result = self._normaliser.normalise(frame.data)
        tell_issues(frame, result, self._on_issue)
        named = _Named(
            result.accepted["dedup_key"].unique().sort(),
            read=frame.rows,
            accepted=result.accepted.height,
            refused=len(frame.issues) + result.refused.height,
            warnings=result.warnings.height,
        )
        return partial(self._merge, named)

    def finish(self) -> Outcome:
        """Remove what went with the deleted."""
        self.counts.refuse_fruitless()
        account_id = self._batch.account_id
        deleted = pl.concat(self._deleted)
        if self._batch.guard.watches:
            left = contacts.count_contacts(self._connection, account_id)
            self._batch.guard.check(Reason.TOO_MANY_DELETED, taken=len(deleted), before=left + len(deleted))
        if len(deleted):
            counting.forget_lists_of(self._connection, account_id, deleted)
            deleting.delete_belongings(self._connection, account_id, array(deleted.sort()))
        return Outcome(counts=self.counts)

    def _merge(self, named: _Named) -> None:
        hashes = named.keys.hash()
        repeated = int(self._seen.places(hashes).is_not_null().sum())
        self._seen = self._seen.joined(hashes)
        literal = "{" + (named.keys.str.join(",").item() or "") + "}"
        gone = ids_of(deleting.delete_contacts(self._connection, self._batch.account_id, literal))
        self._deleted.append(gone)
        self._count(named, distinct=len(named.keys) - repeated, gone=len(gone))

    def _count(self, named: _Named, *, distinct: int, gone: int) -> None:
        self.counts.lines += named.read
        self.counts.refused += named.refused
        self.counts.warnings += named.warnings
        self.counts.deleted += gone
        self.counts.duplicates += named.accepted - distinct
        self.counts.unchanged += distinct - gone
        self.counts.unknown += distinct - gone
