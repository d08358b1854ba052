"""Opening a drop: its reader, its header; its rows come as frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from postroom.contacts.batches import Action, ColumnMap, Header, Mode
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import headers, tree
from postroom.drops.addressing import Addressee, Addressing, addressed
from postroom.drops.room import Limits, Room
from postroom.ingest.frames import Frame
from postroom.ingest.inspect import Inspection
from postroom.ingest.pgp import is_encrypted_name
from postroom.ingest.sandbox.readers import Readers, Reading
from postroom.ingest.sandbox.reading import Order
from postroom.store import pgp_keys
from postroom.store.database import Connection


@dataclass(frozen=True, slots=True)
class Deposit:
    """A file to be read: what its folder does, its name as deposited, who left it, the markers beside it.

    `keys` are those that may open it; `addressees` are there when its rows are for several accounts.
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
    addressees: Sequence[Addressee] = ()
    header: Header = Header.PRESENT
    asked_mode: Mode | None = None
    """The mode that counts whatever the markers say."""
    list_id: int | None = None
    """The list that was made for it."""

    @property
    def mode(self) -> Mode:
        """Return what an import does with its list."""
        return self.asked_mode or tree.mode_of(self.markers)


@dataclass(frozen=True, slots=True)
class Opened:
    """A deposit that proved readable: its columns and rows, how it was encoded, notes for its sender.

    `lines` is about how many rows to expect; `addressing` is there when they are for several accounts.
    """

    deposit: Deposit
    settings: AccountSettings
    columns: ColumnMap
    lines: int
    frames: Iterator[Frame]
    encoding: str
    notes: tuple[str, ...]
    reading: Reading
    addressing: Addressing | None = None

    def close(self) -> None:
        """End the file's reader, however far it was: its frames may have been given up halfway."""
        self.reading.close()


def keys_for(room: Room, connection: Connection, account_id: int, name: str) -> Sequence[DecryptionKey]:
    """Return the account's keys when the file's name says that it needs one.

    Raises:
        Unavailable: they were sealed under another key of the installation.
    """
    return pgp_keys.secret_keys(connection, room.sealer, account_id) if is_encrypted_name(name) else ()


def open_deposit(
    readers: Readers,
    open_blob: Callable[[], BinaryIO],
    deposit: Deposit,
    settings: AccountSettings,
    limits: Limits,
) -> Opened:
    """Understand a deposited file in a process of its own; its rows are read when its frames are.

    Raises FileRefused when it is no contact file, or not one for its folder; Unavailable when it cannot be
    read just now.
    """
    order = Order(
        deposit.name, settings, limits.inflated_bytes, limits.block_bytes, limits.reading, deposit.keys
    )
    with open_blob() as blob:
        reading = readers.read(blob, order)
    try:
        addressing = _addressing(reading.header, deposit, settings)
        columns = addressing.columns if addressing else _columns(reading.header, deposit, settings)
    except BaseException:
        reading.close()
        raise
    inspection = reading.inspection
    notes = (
        *_marker_notes(deposit, settings),
        *_sheet_notes(inspection, settings),
        *_header_notes(columns, settings),
    )
    return Opened(
        deposit=deposit,
        settings=settings,
        columns=columns,
        lines=inspection.line_count,
        frames=reading.frames(columns),
        encoding=inspection.encoding,
        notes=notes,
        reading=reading,
        addressing=addressing,
    )


def _addressing(header: Sequence[str], deposit: Deposit, settings: AccountSettings) -> Addressing | None:
    if not deposit.addressees:
        return None
    return addressed(header, deposit.action, settings, deposit.addressees)


def _columns(header: Sequence[str], deposit: Deposit, settings: AccountSettings) -> ColumnMap:
    if deposit.action is Action.IMPORT:
        return headers.map_first_line(header, settings, deposit.header)
    return headers.map_columns(header, settings, deposit.action)


def _marker_notes(deposit: Deposit, settings: AccountSettings) -> list[str]:
    if deposit.action is not Action.IMPORT or deposit.asked_mode is not None:
        return []
    return tree.marker_notes(deposit.markers, settings.language)


def _sheet_notes(inspection: Inspection, settings: AccountSettings) -> tuple[str, ...]:
    if not inspection.other_sheets:
        return ()
    others = ", ".join(inspection.other_sheets)
    if settings.language == "fr":
        return (f"feuille lue : {inspection.sheet} ; feuilles ignorées : {others}",)
    return (f"sheet read: {inspection.sheet}; sheets ignored: {others}",)


def _header_notes(columns: ColumnMap, settings: AccountSettings) -> tuple[str, ...]:
    if not columns.unknown:
        return ()
    names = ", ".join(columns.unknown)
    if settings.language == "fr":
        return (f"colonnes inconnues, ignorées : {names}",)
    return (f"unknown columns, ignored: {names}",)
