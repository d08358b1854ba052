"""A connection below HTTP libraries, for what they would never send."""

from __future__ import annotations

import socket
from typing import Self

from tests.integration.web.site import Site


class Wire:
    """A plain TCP connection to a site; reads wait for ten seconds at most."""

    def __init__(self, site: Site) -> None:
        self._socket = socket.create_connection(("127.0.0.1", site.server.port), timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Send; tell whether the other side still takes it."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def rest(self) -> bytes:
        """Return what comes until the other side closes."""
        received = b""
        try:
            while more := self._socket.recv(65536):
                received += more
        except ConnectionError:
            pass
        return received
