"""Keeping the journal of an import: what it did to whom, at next to no cost, for `undoing` to take back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Self

import polars as pl

from postroom.store import journal, merge
from postroom.store.database import Connection
from postroom.store.journal import JournalKey
from postroom.store.merge import ChangeNote, Merging

COMMANDS = "commands"
"""The mode of the journals of command batches."""


def packed(contact_ids: pl.Series) -> bytes | None:
    """Return ids as their ascending differences in an Arrow stream under zstd; None for no ids.

    A million ids in a row are two kilobytes, half of a million at random 160 (measured).
    """
    if contact_ids.is_empty():
        return None
    steps = contact_ids.sort().diff().fill_null(contact_ids.min()).alias("contact_id")
    stream = io.BytesIO()
    steps.to_frame().write_ipc_stream(stream, compression="zstd")
    return stream.getvalue()


def unpacked(ids: bytes | None) -> pl.Series:
    """Return what `packed` was given, in ascending order and each once."""
    if ids is None:
        return pl.Series("contact_id", [], dtype=pl.Int64)
    steps = pl.read_ipc_stream(io.BytesIO(ids))["contact_id"]
    return steps.cum_sum().unique(maintain_order=True)


class Journaling:
    """The journal of one import while it runs; nothing but `change_note` is written before `close`."""

    def __init__(self, connection: Connection, account_id: int, journal_id: int) -> None:
        """Continue a journal that was begun; ids given out so far are of contacts that were there before."""
        self._connection = connection
        self._account_id = account_id
        self._journal_id = journal_id
        self.last_known = merge.last_contact_id(connection, account_id)
        self._entries = 0
        self._created: list[tuple[int, int]] = []
        self._joined: list[pl.Series] = []
        self._departed = pl.Series([], dtype=pl.Int64)

    @classmethod
    def begun(
        cls,
        connection: Connection,
        key: JournalKey,
        merging: Merging,
        *,
        mode: str,
        criterion: str,
        list_is_new: bool,
    ) -> Self:
        """Begin the journal of an import onto a list, before it changes anything."""
        journal_id = journal.begin_journal(
            connection, key, mode=mode, criterion=criterion, list_id=merging.list_id, list_is_new=list_is_new
        )
        return cls(connection, key.account_id, journal_id)

    def created(self, first: int, count: int) -> None:
        """Note a run of new contacts, which are on the list."""
        self._created.append((first, first + count - 1))

    def joined(self, contact_ids: Sequence[int]) -> None:
        """Note contacts that were put on the list; new ones among them do not matter."""
        if contact_ids:
            self._joined.append(pl.Series(contact_ids, dtype=pl.Int64))

    def departed(self, contact_ids: Sequence[int]) -> None:
        """Note contacts that were taken off the list."""
        self._departed = pl.Series(contact_ids, dtype=pl.Int64)

    def change_note(self) -> ChangeNote:
        """Return where the next statement that changes values shall note them."""
        self._entries += 1
        return ChangeNote(self._journal_id, self._entries, self.last_known)

    def close(self, named: pl.Series) -> None:
        """Write the journal; `named` are the contacts that the file's rows meant."""
        joined = pl.concat(self._joined) if self._joined else pl.Series([], dtype=pl.Int64)
        journal.close_journal(
            self._connection,
            self._account_id,
            self._journal_id,
            created=self._created,
            joined=packed(joined.filter(joined <= self.last_known)),
            departed=packed(self._departed),
            named=packed(named.filter(named <= self.last_known)),
        )


class NameJournaling(Journaling):
    """Says only whom a command batch named, so that undoing an earlier import leaves them."""

    def __init__(self, connection: Connection, key: JournalKey) -> None:
        """Begin; ids given out so far are of contacts that were there before."""
        super().__init__(connection, key.account_id, journal_id=0)
        self._key = key

    def change_note(self) -> ChangeNote:
        """Return that nothing is noted: no contact has an id up to 0."""
        return ChangeNote(journal_id=0, entry=0, last_known=0)

    def close(self, named: pl.Series) -> None:
        """Write down whom the batch named that was there before, onto whichever lists."""
        known = named.filter(named <= self.last_known).unique()
        if known.is_empty():
            return
        journal_id = journal.begin_journal(
            self._connection, self._key, mode=COMMANDS, criterion="", list_id=merge.NO_LIST, list_is_new=False
        )
        journal.close_journal(
            self._connection,
            self._account_id,
            journal_id,
            created=[],
            joined=None,
            departed=None,
            named=packed(known),
        )
