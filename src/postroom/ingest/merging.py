"""Merging prepared frames one after another, each in a handful of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from postroom.contacts.media import ADDRESS_FIELD
from postroom.ingest.background import Background
from postroom.ingest.journaling import Journaling
from postroom.ingest.literals import array, write_rows
from postroom.ingest.lookup import SortedNumbers
from postroom.ingest.preparing import PreparedFrame
from postroom.ingest.tallying import CHANGED, FRESH, UNCHANGED, Ends, Tally
from postroom.store import merge
from postroom.store.database import Connection
from postroom.store.merge import NO_LIST, Matched, Merging

MOST_WAITING = 100_000
"""How many new rows wait at the most to be inserted together."""

PrepareWhole = Callable[[pl.DataFrame], PreparedFrame]


class FrameMerger:
    """Merges the frames of one file; the caller holds the account's lock and ends the transaction."""

    def __init__(
        self,
        connection: Connection,
        merging: Merging,
        prepare_whole: PrepareWhole,
        journal: Journaling,
        background: Background,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Begin a file; `prepare_whole` prepares a frame again in which a known row turns out not to be.

        The connection is settled by `background`; at most `most_waiting` new rows wait to go in together.
        """
        self._connection = connection
        self._merging = merging
        self._prepare_whole = prepare_whole
        self._journal = journal
        self._background = background
        self._most_waiting = most_waiting
        self._tally = Tally()
        # An account's first file can only meet contacts that it made itself, and knows their keys.
        self._first_file = not merge.has_keyed_contacts(connection, merging.account_id)
        self._seen = SortedNumbers(pl.Series([], dtype=pl.UInt64))
        self._last_known = journal.last_known
        self._changed = pl.Series(dtype=pl.Int64)
        self._waiting: list[pl.DataFrame] = []
        self._waiting_keys = SortedNumbers(pl.Series([], dtype=pl.UInt64))
        self._made = 0
        self.added = 0

    def merge(self, frame: PreparedFrame) -> None:
        """Bring a frame's rows into contacts and onto the list."""
        if self._waiting_keys.places(frame.rows["key_hash"]).is_not_null().any():
            self._insert_waiting()
        maybe = self._may_be_known(frame.rows)
        matched = self._match(frame.rows.filter(maybe))
        if self._outdates(matched, frame.known):
            frame = self._prepare_whole(frame.raw)
            maybe = self._may_be_known(frame.rows)
            matched = self._match(frame.rows.filter(maybe))
        self._tally.add(frame.known, UNCHANGED)
        self._tally.add(pl.Series(matched.same_ids, dtype=pl.Int64), UNCHANGED)
        self._update(frame.rows, matched)
        self._wait(frame.rows.filter(~maybe | _at(frame.rows, matched.fresh)))
        self._tally.add_collapsed(frame.accepted - frame.rows.height)
        if self._first_file:
            self._seen = self._seen.joined(frame.rows["key_hash"].drop_nulls())

    def finish(self) -> None:
        """Insert what still waits; nothing may be merged afterwards."""
        self._insert_waiting()
        self._background.settle()

    def leave_absent(self) -> int:
        """Take off the list whoever was on it and was not named; return how many."""
        named = self._tally.contact_ids().unique()
        # All who are named are on it by now. Counting takes a fifth of looking for who else is.
        if merge.count_members(self._connection, self._merging) == len(named):
            return 0
        departed = merge.leave_absent(
            self._connection, self._merging, last_known=self._last_known, named=array(named)
        )
        self._journal.departed(departed)
        return len(departed)

    def close_journal(self) -> None:
        """Write down what was done to whom, after everything is."""
        self._journal.close(self._tally.contact_ids())

    def readdressed(self) -> pl.Series:
        """Return who was there before, and may have another address now."""
        if not set(ADDRESS_FIELD.values()).intersection(self._merging.fields):
            return pl.Series(dtype=pl.Int64)
        return self._changed.filter(self._changed <= self._last_known).unique()

    def ends(self) -> Ends:
        """Return how the contacts ended so far."""
        return self._tally.ends()

    def tally(self) -> Tally:
        """Return whom the rows meant so far, and how these ended."""
        return self._tally

    def _may_be_known(self, rows: pl.DataFrame) -> pl.Series:
        keyed = rows["dedup_key"].is_not_null()
        if not self._first_file:
            return keyed
        return keyed & self._seen.places(rows["key_hash"]).is_not_null()

    def _match(self, rows: pl.DataFrame) -> Matched:
        if rows.is_empty():
            return Matched()
        self._background.settle()
        matched = merge.match_rows(
            self._connection,
            self._merging,
            positions=array(rows["position"]),
            keys="{" + rows["dedup_key"].str.join(",").item() + "}",
            digests=array(rows["digest"]),
        )
        if matched.to_format:
            merge.format_members(self._connection, self._merging, matched.to_format)
        self.added += len(matched.joined)
        self._journal.joined(matched.joined)
        return matched

    def _outdates(self, matched: Matched, known: pl.Series) -> bool:
        """Tell whether a row that changes nothing by itself follows one of this file that does."""
        if known.is_empty():
            return False
        changing = pl.concat([self._changed, pl.Series(matched.differing_ids, dtype=pl.Int64)])
        return bool(known.is_in(changing.implode()).any())

    def _update(self, rows: pl.DataFrame, matched: Matched) -> None:
        if not matched.differing:
            return
        pairs = pl.DataFrame(
            {"position": matched.differing, "contact_id": matched.differing_ids},
            schema={"position": pl.Int32, "contact_id": pl.Int64},
        )
        differing = pairs.join(rows, on="position", maintain_order="left")
        columns = ("position", "contact_id", "digest", *self._merging.fields)
        arrays = [array(differing[name]) for name in columns]
        did = _at(
            pairs, merge.update_rows(self._connection, self._merging, arrays, self._journal.change_note())
        )
        self._changed = pl.concat([self._changed, pairs["contact_id"].filter(did)])
        self._tally.add(pairs["contact_id"].filter(did), CHANGED)
        self._tally.add(pairs["contact_id"].filter(~did), UNCHANGED)

    def _wait(self, rows: pl.DataFrame) -> None:
        """Let new rows wait for others: the more contacts there are, the more rows go in together.

        Inserted in order of their keys, rows for the same page of the index come one after another; in
        small lots a million random keys took twice as long.
        """
        if rows.is_empty():
            return
        self._waiting.append(rows)
        self._waiting_keys = self._waiting_keys.joined(rows["key_hash"].drop_nulls())
        stored = self._last_known + self._made
        if sum(waiting.height for waiting in self._waiting) >= min(stored // 4, self._most_waiting):
            self._insert_waiting()

    def _insert_waiting(self) -> None:
        if self._waiting:
            rows = self._waiting[0]  # in order already
            if len(self._waiting) > 1:
                rows = pl.concat(self._waiting).sort("dedup_key", nulls_last=True, maintain_order=True)
            self._waiting.clear()
            self._waiting_keys = SortedNumbers(pl.Series([], dtype=pl.UInt64))
            self._insert(rows)

    def _insert(self, rows: pl.DataFrame) -> int:
        """Make contacts of rows; return the id of the first, the others follow."""
        self._background.settle()
        account_id, count = self._merging.account_id, rows.height
        first = merge.take_contact_ids(self._connection, account_id, count)
        ids = pl.int_range(first, first + count, eager=True).alias("contact_id")
        contacts = rows.select(
            pl.lit(account_id).alias("account_id"), ids, "dedup_key", "digest", *self._merging.fields
        )
        self._background.begin(partial(self._copy, contacts, first))
        self._tally.add(ids, FRESH)
        self._journal.created(first, count)
        self._made += count
        if self._merging.list_id != NO_LIST:
            self.added += count
        return first

    def _copy(self, contacts: pl.DataFrame, first: int) -> None:
        with merge.copy_new(self._connection, self._merging) as copy:
            write_rows(contacts, copy.write)
        merge.join_new(self._connection, self._merging, first=first, count=contacts.height)


def _at(rows: pl.DataFrame, positions: Sequence[int]) -> pl.Series:
    return rows["position"].is_in(pl.Series(positions, dtype=pl.Int32).implode())
