"""Opening a drop as a batch in our own words: archive, encoding, header, list."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from postroom.contacts.batches import ColumnMap, ListTarget, Mode
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import headers, tree
from postroom.drops.room import Limits
from postroom.ingest.applying import ImportBatch
from postroom.ingest.archives import ArchiveLimits, data_opener
from postroom.ingest.inspect import Inspection, inspect
from postroom.ingest.reading import read_table


@dataclass(frozen=True, slots=True)
class Deposit:
    """A file to be read: its bytes' opener, its name as deposited, and the markers beside it."""

    account_id: int
    batch_id: int
    name: str
    markers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A deposit that proved readable: what to apply, how it was encoded, and notes for its sender."""

    batch: ImportBatch
    columns: ColumnMap
    inspection: Inspection
    notes: tuple[str, ...]

    def close(self) -> None:
        """Close the file, however far it was read: its frames may have been given up halfway."""
        if isinstance(self.batch.frames, Generator):
            self.batch.frames.close()


def open_deposit(
    open_blob: Callable[[], BinaryIO], deposit: Deposit, settings: AccountSettings, limits: Limits
) -> Opened:
    """Understand a deposited file; its rows are read later, when the batch's frames are.

    Raises FileRefused when it is no contact file.
    """

    def map_columns(cells: Sequence[str]) -> ColumnMap:
        return headers.map_columns(cells, settings)

    mode, notes = tree.mode_of(deposit.markers)
    open_stream = data_opener(open_blob, deposit.name, ArchiveLimits(inflated_bytes=limits.inflated_bytes))
    with open_stream() as stream:
        inspection = inspect(stream, settings)
    table = read_table(open_stream, inspection, settings, map_columns, block_bytes=limits.block_bytes)
    batch = ImportBatch(
        account_id=deposit.account_id,
        batch_id=deposit.batch_id,
        settings=settings,
        columns=table.columns,
        lines=inspection.line_count,
        frames=table.frames(),
        target=_target(deposit.name, mode, settings),
        digests_from_lines=limits.digests_from_lines,
    )
    return Opened(batch, table.columns, inspection, (*notes, *_header_notes(table.columns, settings)))


def _target(name: str, mode: Mode, settings: AccountSettings) -> ListTarget:
    return ListTarget(mode, tree.list_names(name, settings))


def _header_notes(columns: ColumnMap, settings: AccountSettings) -> tuple[str, ...]:
    if not columns.unknown:
        return ()
    names = ", ".join(columns.unknown)
    if settings.language == "fr":
        return (f"colonnes inconnues, ignorées : {names}",)
    return (f"unknown columns, ignored: {names}",)
