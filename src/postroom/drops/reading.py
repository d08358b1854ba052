"""Opening a drop: archive, encoding, header; its rows come as frames."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from postroom.contacts.batches import Action, ColumnMap
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import headers, tree
from postroom.drops.room import Limits, Room
from postroom.ingest.archives import ArchiveLimits, data_opener
from postroom.ingest.frames import Frame
from postroom.ingest.inspect import inspect
from postroom.ingest.pgp import is_encrypted_name
from postroom.ingest.reading import read_table
from postroom.store import pgp_keys
from postroom.store.database import Connection


@dataclass(frozen=True, slots=True)
class Deposit:
    """A file to be read: what its folder does, its name as deposited, who left it, the markers beside it.

    `keys` are those that may open it.
    """

    account_id: int
    drop_id: int
    action: Action
    name: str
    login: str
    markers: Sequence[str]
    keys: Sequence[DecryptionKey] = ()
    released: bool = False
    """Whether a person has overruled the guard."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A deposit that proved readable: its columns and rows, how it was encoded, notes for its sender.

    `lines` is about how many rows to expect.
    """

    deposit: Deposit
    settings: AccountSettings
    columns: ColumnMap
    lines: int
    frames: Iterator[Frame]
    encoding: str
    notes: tuple[str, ...]

    def close(self) -> None:
        """Close the file, however far it was read: its frames may have been given up halfway."""
        if isinstance(self.frames, Generator):
            self.frames.close()


def keys_for(room: Room, connection: Connection, account_id: int, name: str) -> Sequence[DecryptionKey]:
    """Return the account's keys when the file's name says that it needs one.

    Raises:
        Unavailable: they were sealed under another key of the installation.
    """
    return pgp_keys.secret_keys(connection, room.sealer, account_id) if is_encrypted_name(name) else ()


def open_deposit(
    open_blob: Callable[[], BinaryIO], deposit: Deposit, settings: AccountSettings, limits: Limits
) -> Opened:
    """Understand a deposited file; its rows are read later, when its frames are.

    Raises FileRefused when it is no contact file, or not one for its folder.
    """

    def map_columns(cells: Sequence[str]) -> ColumnMap:
        return headers.map_columns(cells, settings, deposit.action)

    archive_limits = ArchiveLimits(inflated_bytes=limits.inflated_bytes)
    open_stream = data_opener(open_blob, deposit.name, archive_limits, deposit.keys)
    with open_stream() as stream:
        inspection = inspect(stream, settings)
    table = read_table(open_stream, inspection, settings, map_columns, block_bytes=limits.block_bytes)
    return Opened(
        deposit=deposit,
        settings=settings,
        columns=table.columns,
        lines=inspection.line_count,
        frames=table.frames(),
        encoding=inspection.encoding,
        notes=(*_marker_notes(deposit), *_header_notes(table.columns, settings)),
    )


def _marker_notes(deposit: Deposit) -> list[str]:
    return tree.mode_of(deposit.markers)[1] if deposit.action is Action.IMPORT else []


def _header_notes(columns: ColumnMap, settings: AccountSettings) -> tuple[str, ...]:
    if not columns.unknown:
        return ()
    names = ", ".join(columns.unknown)
    if settings.language == "fr":
        return (f"colonnes inconnues, ignorées : {names}",)
    return (f"unknown columns, ignored: {names}",)
