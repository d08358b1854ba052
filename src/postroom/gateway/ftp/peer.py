"""Who is at the other end, is it still there, and what did it type."""

from __future__ import annotations

import select
import socket
from typing import Protocol


class _Connection(Protocol):
    def fileno(self) -> int: ...


def is_gone(connection: _Connection) -> bool:
    """Tell whether the other side has closed or reset, without reading what it may have sent before."""
    if connection.fileno() < 0:
        return True
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLRDHUP)
    return bool(poller.poll(0))


def address_of(connection: socket.socket) -> str:
    """Return "host:port" of the other side, "-" when it has gone already."""
    try:
        host, port = connection.getpeername()[:2]
    except OSError:
        return "-"
    return f"{host}:{port}"


def password_from(raw: str) -> str:
    """Return the password in a line decoded with surrogates; old clients send Latin-1, which is not UTF-8."""
    sent = raw.encode("utf-8", "surrogateescape")
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        return sent.decode("latin-1")
