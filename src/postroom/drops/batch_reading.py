"""Having a command batch read by a process of its own: its header, its steps, its copy without secrets."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from postroom.contacts.batches import FileRefused
from postroom.contacts.commands import Step
from postroom.drops.batch_messages import (
    BATCH,
    END,
    PIECE,
    REDACTION,
    REFUSED,
    STEPS,
    header_of,
    refusal_of,
    steps_of,
)
from postroom.drops.room import Room
from postroom.drops.settling import write_blob
from postroom.ingest.prefetch import prefetched
from postroom.ingest.sandbox.channel import Channel, Message
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.talking import Talk
from postroom.store.drops import Drop
from postroom.store.files import Content

_LOG = logging.getLogger("postroom.drops")


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What a reader is asked to do with a batch: `kind` is BATCH or REDACTION."""

    kind: str
    filename: str
    limits: ReaderLimits

    def as_message(self) -> Message:
        """Write it as a message."""
        return Message(self.kind, {"filename": self.filename, "limits": self.limits.as_json()})


class BatchReading(Talk):
    """A batch being read: its header is known, its steps come once.

    Raises BatchRefused when the header is wrong or the file is none, FileRefused when its reader came to an
    end at a limit, Unavailable when that was ended from outside. So may `steps`.
    """

    def __init__(self, channel: Channel, watch: socket.socket, order: BatchOrder) -> None:
        """Take over both ends of a reader; `open_reading` makes it."""
        super().__init__(channel, watch, order)
        with self.verdicts():
            self.header, self.notes, self.lines = header_of(self._said(BATCH))
        """`notes` are to be said of the header; `lines` is about how many the file has."""

    def steps(self) -> Iterator[Step]:
        """Yield the steps in the order of the file, read ahead while the caller works on others."""
        with closing(self):
            for lot in prefetched(self._lots()):
                yield from lot

    def _lots(self) -> Iterator[list[Step]]:
        with self.verdicts():
            while (message := self._said(STEPS, END)).kind == STEPS:
                yield list(steps_of(message))

    def _said(self, *kinds: str) -> Message:
        message = self.receive(*kinds, REFUSED)
        if message.kind == REFUSED:
            raise refusal_of(message)
        return message


class _Redaction(Talk):
    """A batch being written without its secrets."""

    def pieces(self) -> Iterator[bytes]:
        with closing(self), self.verdicts():
            while (message := self.receive(PIECE, END)).kind == PIECE:
                yield message.body


def open_reading(room: Room, drop: Drop) -> BatchReading:
    """Have a batch read; raise as BatchReading does."""
    order = BatchOrder(BATCH, drop.name, room.limits.reading)
    with room.blobs.open(drop.blob_key) as blob:
        return BatchReading(*room.readers.given(blob, order), order)


def redacted_copy(room: Room, drop: Drop) -> Content:
    """Write the batch without its secrets as a blob, which nobody sees before a file has it.

    Nothing is kept of a batch that cannot be read even for that. Raises Unavailable.
    """
    order = BatchOrder(REDACTION, drop.name, room.limits.reading)
    try:
        with room.blobs.open(drop.blob_key) as blob:
            return write_blob(room, _Redaction(*room.readers.given(blob, order), order).pieces())
    except FileRefused:
        _LOG.warning("drop %s is kept without its content: it cannot be freed of its secrets", drop.public_id)
        return write_blob(room, [])
