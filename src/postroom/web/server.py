"""The HTTP server: its start and its stop."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn

from postroom.contacts.errors import Unavailable
from postroom.web.protocol import BoundedProtocol

_COLLECTING: Final = (20_000, 20, 50)
"""After how many new objects Python looks for cycles among the youngest, and how often among older ones: with
its own 700 and 10 a third of the time of a server under load goes there (measured)."""

_Message = MutableMapping[str, Any]
Application = Callable[
    [_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]
]

_SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others from running, in all of the process: with Python's five milliseconds
the loop waits so long for each thread that answers a call (a seventh less throughput, the slowest 1 % a fifth
slower; measured)."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how to listen: port 0 takes a free one; with a certificate (chain, key) it is HTTPS alone.

    Of `proxies` (addresses and networks) the headers X-Forwarded-For and -Proto are believed, of nobody else.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: tuple[Path, Path] | None = None
    proxies: Sequence[str] = ()
    connections: int = 1000


def spare_collector() -> None:
    """Let Python look for garbage less often, and not among what is there by now.

    For a process that does nothing but serve, once all is imported and put together.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTING)


class WebServer:
    """Serves one application in a thread of its own."""

    def __init__(self, app: Application, listening: Listening | None = None) -> None:
        """Prepare; nothing listens before `start`."""
        self._app = app
        self._listening = listening or Listening()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen; raise Unavailable when the address cannot be listened on."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        listener = self._listen()
        self.port = listener.getsockname()[1]
        self._server = uvicorn.Server(self._config())
        # The socket listens already: whoever connects before the loop runs waits in its queue.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="postroom-web", daemon=True
        )
        self._thread.start()

    def _config(self) -> uvicorn.Config:
        chain, key = self._listening.certificate or (None, None)
        return uvicorn.Config(
            self._app,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=self._listening.connections,
            proxy_headers=bool(self._listening.proxies),
            forwarded_allow_ips=list(self._listening.proxies),
            ssl_certfile=chain,
            ssl_keyfile=key,
        )

    def stop(self, drain_seconds: float = 10.0) -> None:
        """Stop listening, let requests end for up to `drain_seconds`. A second call is fine."""
        if self._server is None or self._thread is None:
            return
        self._server.config.timeout_graceful_shutdown = max(1, round(drain_seconds))
        self._server.should_exit = True
        self._thread.join(drain_seconds + 5)
        self._server = self._thread = None

    def _listen(self) -> socket.socket:
        host, port = self._listening.host, self._listening.port
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
