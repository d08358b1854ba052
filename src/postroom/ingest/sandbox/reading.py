"""What a reader does: takes one order, gives up the world, reads one file, and says what it found.

In turn: `order` from who asked, `header` to them, `columns` from them, then `frame` after `frame` and `end`.
Who asked for a glance gets `end` at once. At any moment `refused` instead, when something is wrong with the
file, or `failed`, when it is with us.
"""

from __future__ import annotations

import traceback
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, Self

from postroom.contacts.batches import ColumnMap, FileRefused
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.settings import AccountSettings
from postroom.ingest.archives import ArchiveLimits, glance
from postroom.ingest.inspect import Inspection
from postroom.ingest.sandbox.channel import Channel, Message
from postroom.ingest.sandbox.confinement import ReaderLimits, confine
from postroom.ingest.sandbox.frames import packed
from postroom.ingest.sources import opened_table


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
        return Message("order", facts)

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read what `as_message` wrote."""
        facts = message.facts
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


def serve(channel: Channel, descriptor: int) -> None:
    """Read the file open as `descriptor` for who is at the other end of `channel`."""
    order = Order.of(channel.receive())
    confine(order.limits)
    try:
        (_glance if order.only_glance else _read)(channel, descriptor, order)
    except FileRefused as refused:
        channel.send(Message("refused", {"reason": refused.reason.value, "value": refused.value}))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # said to who asked, who logs it: there is nowhere to write here
        channel.send(Message("failed", {"trace": traceback.format_exc()}))


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
