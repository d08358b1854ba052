"""Deleting the contacts that a file names by the account's criterion; opt-outs stay (seed 000 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from postroom.contacts.batches import Counts, FileRefused, Outcome, RowIssue
from postroom.contacts.criteria import Criterion
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.feedback import IssueSink, Progress
from postroom.ingest.frames import Frame
from postroom.ingest.literals import array
from postroom.ingest.lookup import SortedNumbers
from postroom.ingest.normalise import Normaliser
from postroom.ingest.prefetch import prefetched
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
    frames: Iterable[Frame]
    guard: Guard = NO_GUARD


@dataclass(frozen=True, slots=True)
class _Named:
    """The keys of some frames' rows, as 32 hexadecimal digits, and how their other rows ended."""

    keys: pl.Series
    read: int
    refused: int
    warnings: int


def apply_deletes(
    connection: Connection, batch: DeleteBatch, *, on_issue: IssueSink, progress: Progress
) -> Outcome:
    """Delete the contacts that rows name, and their memberships; commits nothing itself.

    Refused rows and warnings go to `on_issue`. Raises FileRefused when the account has no criterion or no
    row is of use.
    """
    if batch.settings.criterion is Criterion.NONE:
        raise FileRefused(Reason.NO_CRITERION)
    lock_account(connection, batch.account_id)
    counts = Counts()
    seen = SortedNumbers(pl.Series([], dtype=pl.UInt64))
    deleted = pl.Series("contact_id", [], dtype=pl.Int64)
    for named in prefetched(_lots(prefetched(_named(batch, on_issue)))):
        keys = named.keys.unique().sort()
        hashes = keys.hash()
        repeated = int(seen.places(hashes).is_not_null().sum())
        seen = seen.joined(hashes)
        literal = "{" + (keys.str.join(",").item() or "") + "}"
        gone = deleting.delete_contacts(connection, batch.account_id, literal)
        deleted = pl.concat([deleted, pl.Series("contact_id", gone, pl.Int64)])
        _count(counts, named, distinct=len(keys) - repeated, gone=len(gone))
        progress(counts)
    counts.refuse_fruitless()
    if batch.guard.watches:
        left = contacts.count_contacts(connection, batch.account_id)
        batch.guard.check(Reason.TOO_MANY_DELETED, taken=len(deleted), before=left + len(deleted))
    if len(deleted):
        deleting.delete_memberships(connection, batch.account_id, array(deleted.sort()))
    return Outcome(counts=counts)


def _named(batch: DeleteBatch, on_issue: IssueSink) -> Iterator[_Named]:
    normaliser = Normaliser(batch.settings, identifying=True)
    for frame in batch.frames:
        result = normaliser.normalise(frame.data)
        for issue in frame.issues:
            on_issue(issue)
        for issues, refused in ((result.refused, True), (result.warnings, False)):
            for line, reason, value in issues.iter_rows():
                on_issue(RowIssue(line, Reason(reason), value, frame.cells(line), refused))
        yield _Named(
            result.accepted["dedup_key"],
            read=frame.rows,
            refused=len(frame.issues) + result.refused.height,
            warnings=result.warnings.height,
        )


def _lots(frames: Iterator[_Named]) -> Iterator[_Named]:
    lot: list[_Named] = []
    for frame in frames:
        lot.append(frame)
        if sum(len(each.keys) for each in lot) >= LOT_ROWS:
            yield _together(lot)
            lot = []
    if lot:
        yield _together(lot)


def _together(lot: Sequence[_Named]) -> _Named:
    return _Named(
        pl.concat([each.keys for each in lot]),
        read=sum(each.read for each in lot),
        refused=sum(each.refused for each in lot),
        warnings=sum(each.warnings for each in lot),
    )


def _count(counts: Counts, named: _Named, *, distinct: int, gone: int) -> None:
    counts.lines += named.read
    counts.refused += named.refused
    counts.warnings += named.warnings
    counts.deleted += gone
    counts.duplicates += len(named.keys) - distinct
    counts.unchanged += distinct - gone
    counts.unknown += distinct - gone
