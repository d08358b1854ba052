"""Messages between a reader and who asked for it: a kind, a JSON object and bytes, each of bounded size.

Nothing that comes this way is unpickled or trusted: a reader may be in the hands of the file that it reads.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

MAX_MESSAGE_BYTES = 256 << 20
"""Longest message taken. A frame of 100,000 rows and 4 MiB is a tenth of it."""

_SIZES = struct.Struct("!QQ")
_PIECE_BYTES = 1 << 20


class NonsenseError(Exception):
    """What came is no message, or not one that may come now."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what it is about, plain values, and bytes."""

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""


class Patience:
    """How long one waits for the other end, all in all; what one does in between does not count."""

    def __init__(self, seconds: float) -> None:
        """Begin with so many seconds."""
        self._left = seconds

    @contextmanager
    def waiting(self) -> Iterator[float]:
        """Count the time within. Yields how many seconds are left, raises TimeoutError when none are."""
        if self._left <= 0:
            raise TimeoutError
        began = time.monotonic()
        try:
            yield self._left
        finally:
            self._left -= time.monotonic() - began


class Channel:
    """Sends and receives messages over a connected stream socket."""

    def __init__(self, connection: socket.socket, patience: Patience | None = None) -> None:
        """Wait for the other end as long as `patience` lasts, or for ever."""
        self._connection = connection
        self._patience = patience
        self.received_bytes = 0

    def send(self, message: Message) -> None:
        """Send one message.

        Raises OSError when the other end is gone, TimeoutError when it does not take it.
        """
        head = json.dumps([message.kind, message.facts]).encode()
        with self._waiting():
            self._connection.sendall(_SIZES.pack(len(head), len(message.body)) + head)
            # The other end may have answered by now and be gone: nothing is not sent.
            if message.body:
                self._connection.sendall(message.body)

    def receive(self) -> Message:
        """Return the next message.

        Raises EOFError when the other end is gone, TimeoutError when it takes too long, NonsenseError.
        """
        head_bytes, body_bytes = _SIZES.unpack(self._exactly(_SIZES.size))
        if head_bytes + body_bytes > MAX_MESSAGE_BYTES:
            raise NonsenseError(f"a message of {head_bytes + body_bytes} bytes")
        try:
            kind, facts = json.loads(self._exactly(head_bytes))
        except (ValueError, TypeError, RecursionError) as error:
            raise NonsenseError(f"no message: {error}") from error
        if not isinstance(kind, str) or not isinstance(facts, dict):
            raise NonsenseError("no kind, or no facts")
        return Message(kind, facts, self._exactly(body_bytes))

    def close(self) -> None:
        """Close this end."""
        self._connection.close()

    def _exactly(self, size: int) -> bytes:
        content = bytearray(size)
        room = memoryview(content)
        while room:
            with self._waiting():
                taken = self._connection.recv_into(room)
            if not taken:
                raise EOFError
            room = room[taken:]
        self.received_bytes += size
        return bytes(content)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        if self._patience is None:
            yield
            return
        with self._patience.waiting() as seconds:
            self._connection.settimeout(seconds)
            yield
