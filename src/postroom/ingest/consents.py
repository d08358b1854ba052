"""Applying opt-outs and opt-ins: the only way to change either, for a file of millions or a single click.

Addresses go in lots: what an account has not opted out yet goes in by COPY, sorted, and so does the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from postroom.contacts.batches import Counts, Outcome, RowIssue
from postroom.contacts.levels import list_of_scope
from postroom.contacts.media import Consent, Medium
from postroom.contacts.optouts import OptOutReason, after_optin
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest import counting
from postroom.ingest.address_rows import AddressReader
from postroom.ingest.appliers import Merge
from postroom.ingest.background import Background
from postroom.ingest.feedback import IssueSink
from postroom.ingest.frames import Frame
from postroom.ingest.literals import array, write_rows
from postroom.ingest.lookup import SortedNumbers
from postroom.ingest.reinstating import reinstate
from postroom.store import optouts
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.merge import last_contact_id
from postroom.store.optouts import Act

LOT_ROWS = 75_000
"""How many addresses are changed together: while PostgreSQL takes a lot, the next is made ready."""

MOST_WAITING = 500_000
"""How many new opt-outs wait at the most to be stored together."""

HELD_PER_LINE = 3
"""For how many contacts a line the addresses of all are worth being held, eight bytes each."""


@dataclass(frozen=True, slots=True)
class ConsentBatch:
    """A table of addresses and what its sender says of them; `drop_id` is unique within the account."""

    account_id: int
    drop_id: int
    by_whom: str
    settings: AccountSettings
    medium: Medium
    consent: Consent
    lines: int = 0
    """About how many rows to expect."""
    lot_rows: int = LOT_ROWS
    sharers: int = 1
    """How many batches are applied side by side: each holds that much less in memory."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Addresses to be changed together: line, address and again, each address once and in their order.

    In order each look into the index is beside the last. `again` says of each whether an earlier lot had it
    too, but for a chance below one in ten million. `duplicates` are rows left out.
    """

    rows: pl.DataFrame
    duplicates: int = 0


class ConsentApplier:
    """Opts a file's addresses out or in; contacts and lists stay as they are.

    Refused rows and opt-ins that change nothing go to `on_issue`. The ledger has an act once a row is of use.
    """

    def __init__(
        self,
        connection: Connection,
        batch: ConsentBatch,
        background: Background,
        *,
        now: datetime,
        on_issue: IssueSink,
    ) -> None:
        """Lock the account; the caller ends `background`, which is settled, and the transaction."""
        lock_account(connection, batch.account_id)
        self.counts = Counts()
        self.lot_rows = batch.lot_rows
        self._connection = connection
        self._batch = batch
        self._background = background
        self._act = Act(batch.account_id, batch.medium.value, "file", batch.by_whom, now, batch.drop_id)
        self._on_issue = on_issue
        self._reader = AddressReader(batch.medium, batch.settings.region, on_issue)
        self._distinct = Distinct()
        self._merger: ConsentMerger | None = None
        self._unknown: _Unknown = _none_missed
        if batch.consent is Consent.OPTOUT:
            # PostgreSQL has nothing else to do until the first lot is read.
            background.begin(self._look_up)

    def prepare(self, frame: Frame) -> Merge:
        """Read a frame's addresses and refuse what is none."""
        rows, refused = self._reader(frame)
        return partial(self._merge, frame, self._distinct.lot(rows), refused)

    def finish(self) -> Outcome:
        """Store what waits, and count."""
        self.counts.refuse_fruitless()
        self._background.settle()
        if self._merger is not None:
            self.counts.add(self._merger.finish())
        if self.counts.opted_out or self.counts.opted_in:
            counting.forget(self._connection, self._batch.account_id)
        return Outcome(counts=self.counts)

    def _merge(self, frame: Frame, lot: Lot, refused: int) -> None:
        self.counts.lines += frame.rows
        self.counts.refused += refused
        if lot.rows.is_empty():
            return
        self._background.settle()
        self._merger = self._merger or self._begun()
        if self._batch.consent is Consent.OPTOUT:
            self._merger.opt_out(lot, OptOutReason.ACCOUNT)
            self.counts.unknown += self._unknown(lot)
        else:
            lifts_complaints = self._batch.settings.optin_lifts_complaints
            kept = self._merger.opt_in(lot, lifts_complaints=lifts_complaints)
            _report_kept(frame, kept, self._on_issue)

    def _look_up(self) -> None:
        self._unknown = _unknown_to(self._connection, self._batch)

    def _begun(self) -> ConsentMerger:
        return ConsentMerger(self._connection, self._act, most_waiting=MOST_WAITING // self._batch.sharers)


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
    return bool(change_consents(connection, act, {address: reason}, lifts_complaints=lifts_complaints))


def change_consents(
    connection: Connection,
    act: Act,
    reasons: Mapping[str, OptOutReason | None],
    *,
    lifts_complaints: bool = False,
) -> int:
    """Opt normalised addresses out, each for its reason, or in again where that is None.

    Return how many that changed; commits nothing itself.
    """
    lock_account(connection, act.account_id)
    merger = ConsentMerger(connection, act)
    with _recounting(connection, act, list(reasons)):
        for reason in dict.fromkeys(reasons.values()):
            lot = address_lot([address for address, given in reasons.items() if given is reason])
            if reason is None:
                merger.opt_in(lot, lifts_complaints=lifts_complaints)
            else:
                merger.opt_out(lot, reason)
        counts = merger.finish()
    return counts.opted_in + counts.opted_out


def _recounting(connection: Connection, act: Act, addresses: Sequence[str]) -> AbstractContextManager[None]:
    """Keep the counters of lists right: they know media alone, and nothing of opt-outs from a list."""
    if list_of_scope(act.scope) is not None:
        return nullcontext()
    return counting.recounting_addresses(connection, act.account_id, Medium(act.scope), addresses)


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
        ordered = rows.sort("address", maintain_order=True)
        single = ordered.filter(pl.col("address").ne_missing(pl.col("address").shift()))
        hashes = single["address"].hash()
        again = self._seen.places(hashes).is_not_null()
        self._seen = self._seen.joined(hashes)
        return Lot(single.with_columns(again=again), rows.height - single.height)


class ConsentMerger:
    """Changes the opt-outs of one act, lot by lot until finished; the caller holds the account's lock."""

    def __init__(
        self,
        connection: Connection,
        act: Act,
        *,
        most_waiting: int = MOST_WAITING,
        any_stored: bool | None = None,
    ) -> None:
        """Begin an act in the ledger; at most `most_waiting` new opt-outs wait to be stored together.

        Whether there may be any opt-out of the scope is looked for, unless the caller knows (`any_stored`).
        """
        self._connection = connection
        self._act = act
        self._act_id = optouts.begin_act(connection, act)
        if any_stored is None:
            any_stored = optouts.has_optouts(connection, act.account_id, act.scope)
        self._any_stored = any_stored
        # New opt-outs wait for one another: in the order of their addresses they fill the index in one go.
        self._waiting: list[pl.DataFrame] = []
        self._most_waiting = most_waiting
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
        lifted = reasons_of(optouts.lift_optouts(self._connection, self._act, lifts, addresses=addresses))
        if lifted.height:
            self._log(lot.rows.join(lifted, on="address", maintain_order="left"), None)
            reinstate(self._connection, self._act, lifted)
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
            return reasons_of("")
        self._insert_waiting()
        lines = optouts.standing_optouts(
            self._connection, self._act.account_id, self._act.scope, addresses=array(rows["address"])
        )
        return reasons_of(lines)

    def _insert(self, rows: pl.DataFrame, reason: OptOutReason) -> None:
        self._waiting.append(rows.select("address", pl.lit(reason.value).alias("reason")))
        if sum(each.height for each in self._waiting) >= self._most_waiting:
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
            write_rows(lines, copy.write)

    def _log(self, changed: pl.DataFrame, became: OptOutReason | None) -> None:
        _log(self._connection, self._act.account_id, self._act_id, changed, became)


def note_opted_out(connection: Connection, act: Act, addresses: pl.DataFrame, reason: OptOutReason) -> None:
    """Write into the ledger that addresses (line, address) were opted out that were not; changes no opt-out.

    For those that do not stand among an account's.
    """
    act_id = optouts.begin_act(connection, act)
    changed = addresses.with_columns(pl.lit(None, dtype=pl.Int16).alias("reason"))
    _log(connection, act.account_id, act_id, changed, reason)


def _log(
    connection: Connection, account_id: int, act_id: int, changed: pl.DataFrame, became: OptOutReason | None
) -> None:
    lines = changed.select(
        pl.lit(account_id).alias("account_id"),
        pl.lit(act_id).alias("act_id"),
        "line",
        "address",
        pl.col("reason").alias("was"),
        pl.lit(became.value if became else None, dtype=pl.Int16).alias("became"),
    )
    with optouts.copy_changes(connection) as copy:
        write_rows(lines, copy.write)


def reasons_of(lines: str) -> pl.DataFrame:
    """Read what `standing_optouts` returns: address and reason."""
    return pl.read_csv(
        lines.encode(),
        has_header=False,
        separator="\t",
        quote_char=None,
        schema={"address": pl.String, "reason": pl.Int16},
        raise_if_empty=False,
    )


_Unknown = Callable[[Lot], int]
"""Counts the addresses of a lot that no contact has."""


def _unknown_to(connection: Connection, batch: ConsentBatch) -> _Unknown:
    """Look all addresses of contacts up now, unless these are far more than the file has lines."""
    if last_contact_id(connection, batch.account_id) > HELD_PER_LINE * batch.lines:
        return partial(_sought, connection, batch)
    hashes = [
        pl.Series("address", lines.split("\n"), pl.String).unique().hash()
        for lines in optouts.contact_addresses(connection, batch.account_id, batch.medium)
    ]
    known = pl.concat(hashes) if hashes else pl.Series(dtype=pl.UInt64)
    return partial(_missed, SortedNumbers(known.sort()))


def _none_missed(lot: Lot) -> int:
    del lot
    return 0


def _missed(known: SortedNumbers, lot: Lot) -> int:
    given = lot.rows.filter(~pl.col("again"))["address"].hash()
    return known.places(given).null_count()


def _sought(connection: Connection, batch: ConsentBatch, lot: Lot) -> int:
    given = lot.rows.filter(~pl.col("again"))["address"]
    return len(given) - optouts.count_reached(
        connection, batch.account_id, batch.medium, addresses=array(given)
    )


def _report_kept(frame: Frame, kept: pl.DataFrame, on_issue: IssueSink) -> None:
    for line, address in kept.select("line", "address").sort("line").iter_rows():
        on_issue(RowIssue(line, Reason.OPTOUT_STANDS, address, frame.cells(line), refused=False))
