"""Quick TCP acknowledgements while a client logs in.

ssh(1) sends the small messages of a login with Nagle's algorithm on: each waits until the one before it is
acknowledged, and a kernel that expects to answer delays that by 40 ms, twice or more in each login. Measured
with sftp(1) on loopback: 100 ms for a login without this, 20 ms with it.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Final

_INTERVAL_SECONDS: Final = 0.004
_ROUNDS: Final = 100


class QuickAcks:
    """Sends pending acknowledgements every few milliseconds, for the first moments of a connection."""

    def __init__(self, sock: socket.socket | None) -> None:
        """Begin; without a socket, or where the kernel has no such option, nothing happens."""
        self._sock = sock
        self._left = _ROUNDS
        self._timer: asyncio.TimerHandle | None = None
        if sock is not None and hasattr(socket, "TCP_QUICKACK"):
            self._push()

    def stop(self) -> None:
        """End early: the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()

    def _push(self) -> None:
        # The option is no lasting switch: the kernel leaves the mode by itself, so it is set again and again.
        if self._sock is None or self._left == 0:
            return
        self._left -= 1
        with suppress(OSError):  # closed a moment ago
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL_SECONDS, self._push)
