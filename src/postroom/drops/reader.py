"""The process that reads what senders leave: `python -m postroom.drops.reader` (see ingest.sandbox.server).

Beside tables it reads command batches, and writes them again without their secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from postroom.contacts.commands import BatchRefused
from postroom.dialects.batches.reading import open_batch
from postroom.dialects.batches.redaction import redacted
from postroom.dialects.batches.xml_text import ENCODINGS
from postroom.drops.batch_messages import (
    BATCH,
    END,
    PIECE,
    REDACTION,
    header_message,
    refusal_message,
    step_messages,
)
from postroom.ingest.sandbox.channel import Channel, Message
from postroom.ingest.sandbox.reading import TABLE, read_table
from postroom.ingest.sandbox.server import main

_BLOCK_BYTES = 1 << 20


def read_batch(channel: Channel, descriptor: int, facts: Mapping[str, Any]) -> None:
    """Read the command batch open as `descriptor`: its header, then its steps; or say why it is refused."""
    with _opened(descriptor) as stream:
        lines = _lines(stream)
        try:
            batch = open_batch(stream, facts["filename"])
            channel.send(header_message(batch.header, batch.notes, lines))
            for message in step_messages(batch.steps):
                channel.send(message)
        except BatchRefused as refused:
            channel.send(refusal_message(refused))
        else:
            channel.send(Message(END))


def redact_batch(channel: Channel, descriptor: int, facts: Mapping[str, Any]) -> None:
    """Say what the batch open as `descriptor` is without its secrets, in pieces of a megabyte."""
    waiting = bytearray()
    with _opened(descriptor) as stream:
        for piece in redacted(stream, facts["filename"]):
            waiting += piece
            while len(waiting) >= _BLOCK_BYTES:
                channel.send(Message(PIECE, {}, bytes(waiting[:_BLOCK_BYTES])))
                del waiting[:_BLOCK_BYTES]
    channel.send(Message(PIECE, {}, bytes(waiting)))
    channel.send(Message(END))


def _opened(descriptor: int) -> BinaryIO:
    stream = open(descriptor, "rb", closefd=False)  # noqa: SIM115  # closed by its user
    stream.seek(0)
    return stream


def _lines(stream: BinaryIO) -> int:
    """Count the lines; leave the stream at its start."""
    count = 0
    while block := stream.read(_BLOCK_BYTES):
        count += block.count(b"\n")
    stream.seek(0)
    return count


if __name__ == "__main__":
    main({TABLE: read_table, BATCH: read_batch, REDACTION: redact_batch}, [*sorted(ENCODINGS), "utf-16"])
