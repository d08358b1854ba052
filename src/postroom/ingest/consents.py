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

LOT_ROWS = 150_000
"""How many addresses are changed together: while PostgreSQL takes a lot, the next is read."""

MOST_UNCOUNTED = 300_000
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
class _Addresses:
    """What a frame amounts to: line and address of each row taken, and the refusals."""

    frame: Frame
    rows: pl.DataFrame
    refused: int


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
    read = map(_Reader(batch, on_issue), batch.frames)
    for lot in _lots(prefetched(read), batch.lot_rows):
        rows = pl.concat([each.rows for each in lot])
        if batch.consent is Consent.OPTOUT:
            merger.opt_out(rows, OptOutReason.ACCOUNT)
        else:
            kept = merger.opt_in(rows, lifts_complaints=batch.settings.optin_lifts_complaints)
            _report_kept(lot, kept, on_issue)
        unknown.add(rows["address"])
        counts.lines += sum(each.frame.rows for each in lot)
        counts.refused += sum(each.refused for each in lot)
        progress(counts)
    counts.refuse_fruitless()
    merger.count(counts)
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
    merger, rows, counts = ConsentMerger(connection, act), address_frame([address]), Counts()
    if reason is None:
        merger.opt_in(rows, lifts_complaints=lifts_complaints)
    else:
        merger.opt_out(rows, reason)
    merger.count(counts)
    return bool(counts.opted_in or counts.opted_out)


def address_frame(addresses: Sequence[str]) -> pl.DataFrame:
    """Return normalised addresses that stand in no file, as rows for a ConsentMerger."""
    schema = {"line": pl.Int64, "address": pl.String}
    return pl.DataFrame({"line": [None] * len(addresses), "address": addresses}, schema=schema)


class ConsentMerger:
    """Changes the opt-outs of one act, lot by lot; the caller holds the account's lock."""

    def __init__(self, connection: Connection, act: Act) -> None:
        """Begin an act in the ledger."""
        self._connection = connection
        self._act = act
        self._act_id = optouts.begin_act(connection, act)
        self._any_stored = optouts.has_optouts(connection, act.account_id, act.scope)
        self._seen = SortedNumbers(pl.Series([], dtype=pl.UInt64))
        self._items = 0
        self._counts = Counts()

    def opt_out(self, rows: pl.DataFrame, reason: OptOutReason) -> None:
        """Opt the addresses of `rows` (line, address) out."""
        fresh, stored = self._against_what_stands(rows)
        weaker = stored.filter(pl.col("reason") < reason.value)
        self._insert(fresh, reason)
        if weaker.height:
            optouts.raise_optouts(self._connection, self._act, reason, addresses=array(weaker["address"]))
        changed = pl.concat([fresh, weaker])
        self._log(changed, reason)
        self._counts.opted_out += changed.height
        self._count_unchanged(stored.filter(pl.col("reason") >= reason.value))

    def opt_in(self, rows: pl.DataFrame, *, lifts_complaints: bool) -> pl.DataFrame:
        """Opt the addresses of `rows` (line, address) in; return those whose opt-out stands all the same."""
        fresh, stored = self._against_what_stands(rows)
        lifts = [
            reason.value
            for reason in OptOutReason
            if after_optin(reason, lifts_complaints=lifts_complaints) is None
        ]
        lifted, kept = (
            stored.filter(pl.col("reason").is_in(lifts)),
            stored.filter(~pl.col("reason").is_in(lifts)),
        )
        if lifted.height:
            optouts.lift_optouts(self._connection, self._act, addresses=array(lifted["address"]))
        self._log(lifted, None)
        self._counts.opted_in += lifted.height
        self._count_unchanged(fresh)
        self._count_unchanged(kept)
        kept = kept.filter(~pl.col("again"))
        self._counts.warnings += kept.height
        return kept

    def count(self, counts: Counts) -> None:
        """Add how the rows ended."""
        for name in ("opted_out", "opted_in", "unchanged", "duplicates", "warnings"):
            setattr(counts, name, getattr(counts, name) + getattr(self._counts, name))

    def _against_what_stands(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return each address once: those not opted out, and those that are, with their reason.

        `again` says of each whether an earlier lot had it too, but for a chance below one in ten million.
        """
        # In order of the address, each look into the index is beside the last.
        single = rows.unique("address", keep="first", maintain_order=True).sort("address")
        hashes = single["address"].hash()
        single = single.with_columns(again=self._seen.places(hashes).is_not_null())
        self._counts.duplicates += rows.height - single.height
        self._seen = self._seen.joined(hashes)
        stored = self._stored(single if self._any_stored else single.filter("again"))
        judged = single.join(stored, on="address", how="left", maintain_order="left")
        return judged.filter(pl.col("reason").is_null()), judged.filter(pl.col("reason").is_not_null())

    def _count_unchanged(self, rows: pl.DataFrame) -> None:
        repeated = int(rows["again"].sum())
        self._counts.duplicates += repeated
        self._counts.unchanged += rows.height - repeated

    def _stored(self, rows: pl.DataFrame) -> pl.DataFrame:
        lines = (
            optouts.standing_optouts(
                self._connection, self._act.account_id, self._act.scope, addresses=array(rows["address"])
            )
            if rows.height
            else ""
        )
        schema = {"address": pl.String, "reason": pl.Int16}
        return pl.read_csv(
            lines.encode(),
            has_header=False,
            separator="\t",
            quote_char=None,
            schema=schema,
            raise_if_empty=False,
        )

    def _insert(self, rows: pl.DataFrame, reason: OptOutReason) -> None:
        lines = rows.select(
            pl.lit(self._act.account_id).alias("account_id"),
            pl.lit(self._act.scope).alias("scope"),
            "address",
            pl.lit(reason.value).alias("reason"),
            pl.lit(self._act.acted_at.isoformat()).alias("since_at"),
        )
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


class _Unknown:
    """Counts the distinct addresses that no contact has, in few passes over all contacts."""

    def __init__(self, connection: Connection, batch: ConsentBatch) -> None:
        self._connection = connection
        self._batch = batch
        self._waiting = pl.Series("address", [], dtype=pl.String)
        self._seen = SortedNumbers(pl.Series([], dtype=pl.UInt64))
        self._unknown = 0

    def add(self, addresses: pl.Series) -> None:
        fresh = addresses.unique()
        hashes = fresh.hash()
        fresh = fresh.filter(self._seen.places(hashes).is_null())
        self._seen = self._seen.joined(hashes)
        self._waiting = pl.concat([self._waiting, fresh])
        if len(self._waiting) > MOST_UNCOUNTED:
            self._look()

    def count(self) -> int:
        self._look()
        return self._unknown

    def _look(self) -> None:
        if len(self._waiting):
            reached = optouts.count_reached(
                self._connection, self._batch.account_id, self._batch.medium, addresses=array(self._waiting)
            )
            self._unknown += len(self._waiting) - reached
            self._waiting = self._waiting.clear()


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

    def __call__(self, frame: Frame) -> _Addresses:
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
        return _Addresses(frame, rows, len(frame.issues) + refused.height)

    def _verdict(self, text: str | None, *, long: bool) -> tuple[Reason, str]:
        if text is None:
            return Reason.MISSING_MEDIUM_VALUE, self._medium.value
        if long:
            return Reason.VALUE_TOO_LONG, self._field
        return INVALID_ADDRESS[self._field], text


def _lots(frames: Iterator[_Addresses], rows: int) -> Iterator[list[_Addresses]]:
    lot: list[_Addresses] = []
    for frame in frames:
        lot.append(frame)
        if sum(each.rows.height for each in lot) >= rows:
            yield lot
            lot = []
    if lot:
        yield lot


def _report_kept(lot: list[_Addresses], kept: pl.DataFrame, on_issue: IssueSink) -> None:
    wanted = dict(kept.select("line", "address").iter_rows())
    for each in lot if wanted else ():
        for line in each.rows["line"].filter(each.rows["line"].is_in(list(wanted))):
            cells = each.frame.cells(line)
            on_issue(RowIssue(line, Reason.OPTOUT_STANDS, wanted[line], cells, refused=False))
