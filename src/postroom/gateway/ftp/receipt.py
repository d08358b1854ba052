"""Whether a client has received a whole download: what our system took from us may still be lost.

A client that has read everything closes the connection; one that gave up resets it, or leaves bytes without
an acknowledgement. Some wait for our reply before they close: when all is acknowledged they have it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import termios
import time
from typing import Final

_PATIENCE_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.02


def has_all(fileno: int, seconds: float) -> bool:
    """Say on a connection that no more comes, and tell whether the client took all within `seconds`.

    Blocks, as whoever calls has a thread of its own.
    """
    with socket.socket(fileno=os.dup(fileno)) as connection:
        try:
            connection.shutdown(socket.SHUT_WR)
            return _taken(connection, seconds)
        except OSError:
            return False


def _taken(connection: socket.socket, seconds: float) -> bool:
    """Wait for the client's end, or for its silence once all is acknowledged; raise OSError at a reset."""
    begun = time.monotonic()
    connection.settimeout(_LOOK_SECONDS)
    is_closed = False
    while (waited := time.monotonic() - begun) < seconds:
        if is_closed:
            time.sleep(_LOOK_SECONDS)
            connection.send(b"")
        else:
            is_closed = _has_closed(connection)
        if (is_closed or waited > _PATIENCE_SECONDS) and _unacknowledged(connection) == 0:
            return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    return False


def _has_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(4096) == b""
    except TimeoutError:
        return False


def _unacknowledged(connection: socket.socket) -> int:
    """Return how many bytes the client's system has not acknowledged."""
    answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", answer)[0])
