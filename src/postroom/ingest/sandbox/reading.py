"""How a reader reads a table of contacts and says what it found.

In turn: the order from who asked, `header` to them, `columns` from them, then `frame` after `frame`, `end`.
Who asked for a glance gets `end` at once. At any moment `refused` instead, when something is wrong with the
file, or `failed`, when it is with us (see server.py).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, Self

from postroom.contacts.batches import ColumnMap
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.settings import AccountSettings
from postroom.ingest.archives import ArchiveLimits, glance
from postroom.ingest.inspect import Inspection
from postroom.ingest.sandbox.channel import Channel, Message
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.frames import packed
from postroom.ingest.sources import opened_table

TABLE = "table"
"""The kind of reading that an Order asks for."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to read and how; the file itself comes beside it, open. `keys` may decrypt it."""

    filename: str
    settings: AccountSettings
    inflated_bytes: int
    block_bytes: int
    limits: ReaderLimits
    keys: Sequence[DecryptionKey] = ()
    only_glance: bool = False
    """Whether to refuse the file for what shows at once, and not to read it."""

    def as_message(self) -> Message:
        """Write it as a message."""
        facts: dict[str, Any] = {
            "filename": self.filename,
            "settings": self.settings.as_json(),
            "inflated_bytes": self.inflated_bytes,
            "block_bytes": self.block_bytes,
            "limits": self.limits.as_json(),
            "keys": [[key.fingerprint, b64encode(key.to_bytes()).decode()] for key in self.keys],
            "only_glance": self.only_glance,
        }
        return Message(TABLE, facts)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Read the facts of what `as_message` wrote."""
        return cls(
            filename=facts["filename"],
            settings=AccountSettings.from_json(facts["settings"]),
            inflated_bytes=facts["inflated_bytes"],
            block_bytes=facts["block_bytes"],
            limits=ReaderLimits.from_json(facts["limits"]),
            keys=[
                DecryptionKey.from_bytes(fingerprint, b64decode(content))
                for fingerprint, content in facts["keys"]
            ],
            only_glance=facts["only_glance"],
        )


def rehearse() -> None:
    """Read a little file, so that libraries have made ready what they make at their first use."""
    columns = ColumnMap({"email": 0, "last_name": 1}, 2, ("Email", "Nom"))
    lines = b'Email;Nom\nalice@example.com;"Liddell"\n'
    with opened_table(lambda: BytesIO(lines), "", AccountSettings(), lambda *_: columns) as table:
        for frame in table.frames():
            packed(frame, ("email", "last_name"))


def read_table(channel: Channel, descriptor: int, facts: Mapping[str, Any]) -> None:
    """Read the file open as `descriptor`, as an Order of these facts asks.

    Raises FileRefused when it is no table of contacts.
    """
    order = Order.of(facts)
    (_glance if order.only_glance else _read)(channel, descriptor, order)


def _glance(channel: Channel, descriptor: int, order: Order) -> None:
    with open(descriptor, "rb", closefd=False) as blob:
        blob.seek(0)
        glance(blob, order.filename)
    channel.send(Message("end"))


def _read(channel: Channel, descriptor: int, order: Order) -> None:
    def map_columns(inspection: Inspection, cells: Sequence[str]) -> ColumnMap:
        channel.send(Message("header", {"inspection": inspection.as_json(), "cells": list(cells)}))
        return ColumnMap.from_json(channel.receive().facts)

    def open_blob() -> BinaryIO:
        blob = open(descriptor, "rb", closefd=False)  # noqa: SIM115  # closed by its user
        blob.seek(0)
        return blob

    with opened_table(
        open_blob,
        order.filename,
        order.settings,
        map_columns,
        limits=ArchiveLimits(inflated_bytes=order.inflated_bytes),
        keys=order.keys,
        block_bytes=order.block_bytes,
    ) as table:
        fields = tuple(table.columns.positions)
        for frame in table.frames():
            channel.send(packed(frame, fields))
    channel.send(Message("end"))
