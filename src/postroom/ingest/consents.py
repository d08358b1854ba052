"""Applying opt-outs and opt-ins: the only way to change either, for a file of millions or a single click.

Addresses go in lots: what an account has not opted out yet goes in by COPY, sorted, and so does the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from postroom.contacts.batches import Counts, Outcome, RowIssue
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.media import ADDRESS_FIELD, PHONE_KIND, Consent, Medium
from postroom.contacts.optouts import OptOutReason, after_optin
from postroom.contacts.reasons import INVALID_ADDRESS, Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.cleaning import Cleaner, longer
from postroom.ingest.emails import Emails
from postroom.ingest.feedback import IssueSink, Progress
from postroom.ingest.frames import Frame
from postroom.ingest.literals import array, csv_blocks
from postroom.ingest.lookup import SortedNumbers
from postroom.ingest.phones import Phones
from postroom.ingest.prefetch import prefetched
from postroom.store import optouts
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.optouts import Act

LOT_ROWS = 75_000
"""How many addresses are changed together: while PostgreSQL takes a lot, the next is made ready."""

MOST_WAITING = 500_000
"""How many new opt-outs wait at the most to be stored together."""

MOST_UNCOUNTED = 500_000
"""How many addresses wait to be looked for among all contacts."""


@dataclass(frozen=True, slots=True)
class ConsentBatch:
    """A table of addresses and what its sender says of them; `drop_id` is unique within the account."""

    account_id: int
    drop_id: int
    by_whom: str
    settings: AccountSettings
    medium: Medium
    consent: Consent
    frames: Iterable[Frame]
    lot_rows: int = LOT_ROWS


@dataclass(frozen=True, slots=True)
class Lot:
    """Addresses to be changed together: line, address and again, each address once and in their order.

    In order each look into the index is beside the last. `again` says of each whether an earlier lot had it
    too, but for a chance below one in ten million. `duplicates` are rows left out.
    """

    rows: pl.DataFrame
    duplicates: int = 0


def apply_consents(
    connection: Connection, batch: ConsentBatch, *, now: datetime, on_issue: IssueSink, progress: Progress
) -> Outcome:
    """Opt a file's addresses out or in; contacts and lists stay as they are. Commits nothing itself.

    Refused rows and opt-ins that change nothing go to `on_issue`. Raises FileRefused when no row is of use.
    """
    lock_account(connection, batch.account_id)
    act = Act(batch.account_id, batch.medium.value, "file", batch.by_whom, now, batch.drop_id)
    merger = ConsentMerger(connection, act)
    unknown = _Unknown(connection, batch)
    counts = Counts()
    for read in prefetched(_lots(batch, on_issue)):
        if batch.consent is Consent.OPTOUT:
            merger.opt_out(read.lot, OptOutReason.ACCOUNT)
            unknown.add(read.lot)
        else:
            kept = merger.opt_in(read.lot, lifts_complaints=batch.settings.optin_lifts_complaints)
            _report_kept(read.frames, kept, on_issue)
        counts.lines += sum(frame.rows for frame in read.frames)
        counts.refused += read.refused
        progress(counts)
    counts.refuse_fruitless()
    counts.add(merger.finish())
    counts.unknown = unknown.count()
    return Outcome(counts=counts)


def change_consent(
    connection: Connection,
    act: Act,
    address: str,
    reason: OptOutReason | None,
    *,
    lifts_complaints: bool = False,
) -> bool:
    """Opt one normalised address out, or in again where `reason` is None; tell whether that changed anything.

    A batch of one; commits nothing itself.
    """
    lock_account(connection, act.account_id)
    merger, lot = ConsentMerger(connection, act), address_lot([address])
    if reason is None:
        merger.opt_in(lot, lifts_complaints=lifts_complaints)
    else:
        merger.opt_out(lot, reason)
    counts = merger.finish()
    return bool(counts.opted_in or counts.opted_out)


def address_lot(addresses: Sequence[str]) -> Lot:
    """Return normalised addresses that stand in no file."""
    schema = {"line": pl.Int64, "address": pl.String}
    rows = pl.DataFrame({"line": [None] * len(addresses), "address": addresses}, schema=schema)
    return Distinct().lot(rows)


class Distinct:
    """Makes lots of the rows of one batch: each address once in a lot, and known again in a later one."""

    def __init__(self) -> None:
        """Begin with nothing seen; eight bytes an address are held."""
        self._seen = SortedNumbers(pl.Series([], dtype=pl.UInt64))

    def lot(self, rows: pl.DataFrame) -> Lot:
        """Make a lot of rows (line, address)."""
        single = rows.unique("address", keep="first", maintain_order=True).sort("address")
        hashes = single["address"].hash()
        again = self._seen.places(hashes).is_not_null()
        self._seen = self._seen.joined(hashes)
        return Lot(single.with_columns(again=again), rows.height - single.height)


class ConsentMerger:
    """Changes the opt-outs of one act, lot by lot until finished; the caller holds the account's lock."""

    def __init__(self, connection: Connection, act: Act) -> None:
        """Begin an act in the ledger."""
        self._connection = connection
        self._act = act
        self._act_id = optouts.begin_act(connection, act)
        self._any_stored = optouts.has_optouts(connection, act.account_id, act.scope)
        # New opt-outs wait for one another: in the order of their addresses they fill the index in one go.
        self._waiting: list[pl.DataFrame] = []
        self._items = 0
        self._counts = Counts()

    def opt_out(self, lot: Lot, reason: OptOutReason) -> None:
        """Opt the addresses of a lot out."""
        stored = self._stored(lot.rows if self._any_stored else lot.rows.filter("again"))
        judged = lot.rows.join(stored, on="address", how="left", maintain_order="left")
        fresh = judged.filter(pl.col("reason").is_null())
        weaker = judged.filter(pl.col("reason") < reason.value)
        self._insert(fresh, reason)
        if weaker.height:
            addresses = array(weaker["address"])
            optouts.raise_optouts(self._connection, self._act, self._act_id, reason, addresses=addresses)
        self._log(pl.concat([fresh, weaker]), reason)
        self._counts.opted_out += fresh.height + weaker.height
        self._counts.duplicates += lot.duplicates
        self._count_unchanged(judged.filter(pl.col("reason") >= reason.value))

    def opt_in(self, lot: Lot, *, lifts_complaints: bool) -> pl.DataFrame:
        """Opt the addresses of a lot in; return those (line, address) whose opt-out stands all the same."""
        lifts = [
            reason for reason in OptOutReason if not after_optin(reason, lifts_complaints=lifts_complaints)
        ]
        addresses = array(lot.rows["address"])
        lifted = _reasons(optouts.lift_optouts(self._connection, self._act, lifts, addresses=addresses))
        if lifted.height:
            self._log(lot.rows.join(lifted, on="address", maintain_order="left"), None)
        rest = lot.rows.join(lifted, on="address", how="anti", maintain_order="left")
        kept = rest.join(self._stored(rest), on="address", how="semi", maintain_order="left")
        kept = kept.filter(~pl.col("again"))
        self._counts.opted_in += lifted.height
        self._counts.duplicates += lot.duplicates
        self._count_unchanged(rest)
        self._counts.warnings += kept.height
        return kept.select("line", "address")

    def finish(self) -> Counts:
        """Store what still waits; return how the rows ended."""
        self._insert_waiting()
        return self._counts

    def _count_unchanged(self, rows: pl.DataFrame) -> None:
        repeated = int(rows["again"].sum())
        self._counts.duplicates += repeated
        self._counts.unchanged += rows.height - repeated

    def _stored(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return address and reason of those that are opted out."""
        if rows.is_empty():
            return _reasons("")
        self._insert_waiting()
        lines = optouts.standing_optouts(
            self._connection, self._act.account_id, self._act.scope, addresses=array(rows["address"])
        )
        return _reasons(lines)

    def _insert(self, rows: pl.DataFrame, reason: OptOutReason) -> None:
        self._waiting.append(rows.select("address", pl.lit(reason.value).alias("reason")))
        if sum(each.height for each in self._waiting) >= MOST_WAITING:
            self._insert_waiting()

    def _insert_waiting(self) -> None:
        if not self._waiting:
            return
        lines = (
            pl.concat(self._waiting)
            .sort("address")
            .select(
                pl.lit(self._act.account_id).alias("account_id"),
                pl.lit(self._act.scope).alias("scope"),
                "address",
                "reason",
                pl.lit(self._act_id).alias("act_id"),
            )
        )
        self._waiting.clear()
        with optouts.copy_optouts(self._connection) as copy:
            for block in prefetched(csv_blocks(lines), depth=4):
                copy.write(block)

    def _log(self, changed: pl.DataFrame, became: OptOutReason | None) -> None:
        lines = changed.select(
            pl.lit(self._act.account_id).alias("account_id"),
            pl.lit(self._act_id).alias("act_id"),
            (pl.int_range(pl.len()) + self._items + 1).alias("item"),
            "line",
            "address",
            pl.col("reason").alias("was"),
            pl.lit(became.value if became else None, dtype=pl.Int16).alias("became"),
        )
        with optouts.copy_changes(self._connection) as copy:
            for block in prefetched(csv_blocks(lines), depth=4):
                copy.write(block)
        self._items += changed.height


def _reasons(lines: str) -> pl.DataFrame:
    return pl.read_csv(
        lines.encode(),
        has_header=False,
        separator="\t",
        quote_char=None,
        schema={"address": pl.String, "reason": pl.Int16},
        raise_if_empty=False,
    )


class _Unknown:
    """Counts the addresses that no contact has, in few passes over all contacts."""

    def __init__(self, connection: Connection, batch: ConsentBatch) -> None:
        self._connection = connection
        self._batch = batch
        self._waiting: list[pl.Series] = []
        self._unknown = 0

    def add(self, lot: Lot) -> None:
        self._waiting.append(lot.rows.filter(~pl.col("again"))["address"])
        if sum(map(len, self._waiting)) > MOST_UNCOUNTED:
            self._look()

    def count(self) -> int:
        self._look()
        return self._unknown

    def _look(self) -> None:
        if self._waiting:
            addresses = pl.concat(self._waiting)
            reached = optouts.count_reached(
                self._connection, self._batch.account_id, self._batch.medium, addresses=array(addresses)
            )
            self._unknown += len(addresses) - reached
            self._waiting.clear()


class _Reader:
    """The vectorised twin of `contacts.optouts.address_row`, frame by frame."""

    def __init__(self, batch: ConsentBatch, on_issue: IssueSink) -> None:
        self._medium = batch.medium
        self._field = ADDRESS_FIELD[batch.medium]
        self._on_issue = on_issue
        self._cleaner = Cleaner()
        self._column = (
            Emails() if self._field == "email" else Phones(batch.settings.region, PHONE_KIND[batch.medium])
        )

    def __call__(self, frame: Frame) -> tuple[pl.DataFrame, int]:
        """Return the rows taken (line, address), and how many were refused."""
        for issue in frame.issues:
            self._on_issue(issue)
        texts = self._cleaner.cleaned(frame.data[self._field])
        too_long = longer(texts, MAX_VALUE_CHARACTERS)
        found = self._column.normalised(texts).set(too_long, None)
        data = frame.data.select("line", texts.alias("text"), found.alias("address"), too_long.alias("long"))
        refused = data.filter(pl.col("address").is_null())
        for line, text, _address, long in refused.iter_rows():
            self._on_issue(RowIssue(line, *self._verdict(text, long=long), frame.cells(line), refused=True))
        rows = data.filter(pl.col("address").is_not_null()).select("line", "address")
        return rows, len(frame.issues) + refused.height

    def _verdict(self, text: str | None, *, long: bool) -> tuple[Reason, str]:
        if text is None:
            return Reason.MISSING_MEDIUM_VALUE, self._medium.value
        if long:
            return Reason.VALUE_TOO_LONG, self._field
        return INVALID_ADDRESS[self._field], text


@dataclass(frozen=True, slots=True)
class _Read:
    """A lot, the frames that it was read from, and how many of their rows were refused."""

    lot: Lot
    frames: list[Frame]
    refused: int


def _lots(batch: ConsentBatch, on_issue: IssueSink) -> Iterator[_Read]:
    reader, distinct = _Reader(batch, on_issue), Distinct()
    frames: list[Frame] = []
    rows: list[pl.DataFrame] = []
    refused = 0
    for frame in prefetched(batch.frames):
        taken, left_out = reader(frame)
        frames.append(frame)
        rows.append(taken)
        refused += left_out
        if sum(each.height for each in rows) >= batch.lot_rows:
            yield _Read(distinct.lot(pl.concat(rows)), frames, refused)
            frames, rows, refused = [], [], 0
    if frames:
        yield _Read(distinct.lot(pl.concat(rows)), frames, refused)


def _report_kept(frames: Sequence[Frame], kept: pl.DataFrame, on_issue: IssueSink) -> None:
    left = dict(kept.select("line", "address").sort("line").iter_rows())
    for frame in frames if left else ():
        lines = frame.data["line"]
        for line in lines.filter(lines.is_in(list(left))):
            on_issue(RowIssue(line, Reason.OPTOUT_STANDS, left[line], frame.cells(line), refused=False))
