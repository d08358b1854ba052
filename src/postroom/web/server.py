"""The HTTP server: its start and its stop."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from postroom.contacts.errors import Unavailable

_Message = MutableMapping[str, Any]
Application = Callable[
    [_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]
]


class WebServer:
    """Serves one application in a thread of its own."""

    def __init__(self, app: Application, *, host: str, port: int) -> None:
        """Prepare; port 0 takes a free one at the start."""
        self._app = app
        self._address = (host, port)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen; raise Unavailable when the address cannot be listened on."""
        listener = self._listen()
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app, log_config=None, access_log=False, lifespan="off", server_header=False
        )
        self._server = uvicorn.Server(config)
        # The socket listens already: whoever connects before the loop runs waits in its queue.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="postroom-web", daemon=True
        )
        self._thread.start()

    def stop(self, drain_seconds: float = 10.0) -> None:
        """Stop listening, let requests end for up to `drain_seconds`. A second call is fine."""
        if self._server is None or self._thread is None:
            return
        self._server.config.timeout_graceful_shutdown = max(1, round(drain_seconds))
        self._server.should_exit = True
        self._thread.join(drain_seconds + 5)
        self._server = self._thread = None

    def _listen(self) -> socket.socket:
        host, port = self._address
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(address)
                listener.listen(128)
            except OSError:
                listener.close()
                raise
        except OSError as failed:
            raise Unavailable(f"HTTP cannot listen on {host}:{port}: {failed.strerror}.") from failed
        return listener
