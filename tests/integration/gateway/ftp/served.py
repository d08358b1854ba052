"""What the FTP tests serve, and how they look at what came of it; any Vfs can stand behind it."""

from __future__ import annotations

import ftplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.seam import GatewayAuth

INBOX = "/contacts/import/in"
SECRET = "open sesame"
DEADLINE_SECONDS = 15.0


class Inbox(Protocol):
    """What is seen in /contacts/import/in from behind."""

    def published(self) -> list[str]: ...

    def released(self) -> list[str]: ...

    def content(self, name: str) -> bytes: ...


@dataclass(frozen=True)
class ServedVfs:
    """The logins "alice" and "charlie" of two accounts, both with SECRET, and Alice's inbox."""

    auth: GatewayAuth
    inbox: Inbox


class Client(ftplib.FTP_TLS):
    """ftplib over TLS or plain, with timeouts, that does not say farewell on data unless told to."""

    def __init__(self, server: FtpServer, *, tls: bool, login: str = "alice") -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(context=context, timeout=DEADLINE_SECONDS)
        self.connect("127.0.0.1", server.port)
        if not tls:
            self._prot_p = False
        self.login(login, SECRET, secure=tls)
        if tls:
            self.prot_p()
        self.cwd(INBOX)

    def begin(self, name: str, data: bytes) -> socket.socket:
        """Start an upload, send `data`, and return the data connection."""
        self.voidcmd("TYPE I")
        connection = self.transfercmd(f"STOR {name}")
        connection.sendall(data)
        return connection

    def reply(self) -> str:
        """Return the next reply, whatever it says."""
        return self.getmultiline()


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once `condition()` holds; fail the test after DEADLINE_SECONDS."""
    end = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "It never happened."
        pause.wait(0.01)


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def finish(connection: socket.socket) -> None:
    """Close as a client does that has sent everything: over TLS with close_notify."""
    if isinstance(connection, ssl.SSLSocket):
        connection.unwrap()
    connection.close()
