"""Listening, one thread per session, draining.

A session's thread has its own event loop, made by that thread: password hashing, the database and the disk
may block it without holding up anybody else, and nothing of pyftpdlib is shared between threads. Its own
servers either run all sessions on one loop, or share class attributes between all servers of the process.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.door import Door
from postroom.gateway.ftp.events import logger
from postroom.gateway.ftp.handler import FtpHandler
from postroom.gateway.ftp.library import IOLoop
from postroom.gateway.ftp.recall import Recall
from postroom.gateway.ftp.tls import server_context
from postroom.gateway.seam import GatewayAuth

_TOO_MANY: Final = b"421 Too many sessions; try again later.\r\n"
_GRACE_SECONDS: Final = 5.0


class FtpServer:
    """FTP with explicit FTPS on one port, and implicit FTPS on another if configured."""

    def __init__(self, config: FtpConfig, auth: GatewayAuth) -> None:
        """Check the certificate. Raises Refused when it cannot be used."""
        self._config = config
        self._auth = auth
        self._tls = server_context(config)
        self._recall = Recall()
        self._stopping = threading.Event()
        self._drain_deadline = 0.0
        self._doors: list[Door] = []
        self._sessions: dict[threading.Thread, str] = {}
        self._lock = threading.Lock()
        self._acceptor: threading.Thread | None = None
        self._alarm: socket.socket | None = None

    @property
    def port(self) -> int:
        """Return the port that listens, also when 0 was asked for."""
        return self._port_of(implicit=False)

    @property
    def implicit_port(self) -> int:
        """Return the port of implicit FTPS."""
        return self._port_of(implicit=True)

    @property
    def sessions(self) -> int:
        """Return the number of connected clients."""
        with self._lock:
            return len(self._sessions)

    def is_serving(self) -> bool:
        """Tell whether clients can connect."""
        return self._acceptor is not None and not self._stopping.is_set()

    def start(self) -> None:
        """Listen and serve on threads of its own; returns when ready. Raises OSError when a port is taken."""
        if self._acceptor is not None:
            return
        self._stopping.clear()
        # Every loop watches the reading end; closing the writing end wakes them all.
        wake, self._alarm = socket.socketpair()
        self._doors = [self._door(self._config.port, wake, implicit=False)]
        if self._config.implicit_port is not None:
            self._doors.append(self._door(self._config.implicit_port, wake, implicit=True))
        self._acceptor = threading.Thread(target=self._accept, args=(wake,), name="ftp-accept", daemon=True)
        self._acceptor.start()
        logger.info("listening host=%s port=%d", self._config.host, self.port)

    def stop(self, drain_seconds: float = 30.0) -> None:
        """Accept nobody more, let running transfers end, cut off what remains after `drain_seconds`.

        A second call, or one without a start, does nothing.
        """
        if self._acceptor is None or self._alarm is None:
            return
        self._drain_deadline = time.monotonic() + drain_seconds
        self._stopping.set()
        self._alarm.close()
        self._acceptor.join()
        for door in self._doors:
            door.socket.close()
        with self._lock:
            sessions = list(self._sessions)
        last = self._drain_deadline + _GRACE_SECONDS
        for thread in sessions:
            thread.join(max(0.0, last - time.monotonic()))
        # A thread that hangs in the database still watches this end: its number must not be used again.
        if not any(thread.is_alive() for thread in sessions):
            self._doors[0].wake.close()
        self._acceptor = None
        logger.info("stopped")

    def serve_until(self, stop: threading.Event, drain_seconds: float = 30.0) -> None:
        """Serve until `stop` is set, then drain."""
        self.start()
        stop.wait()
        self.stop(drain_seconds)

    # --------------------------------------------------------------------------------- inside

    def _port_of(self, *, implicit: bool) -> int:
        return next(int(d.socket.getsockname()[1]) for d in self._doors if d.implicit is implicit)

    def _door(self, port: int, wake: socket.socket, *, implicit: bool) -> Door:
        host = self._config.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server((host, port), family=family, backlog=100, dualstack_ipv6=both)
        listener.setblocking(False)
        return Door(
            listener, implicit, self._config, self._auth, self._tls, self._stopping, wake, self._recall
        )

    def _accept(self, wake: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ, None)
            for door in self._doors:
                selector.register(door.socket, selectors.EVENT_READ, door)
            while not self._stopping.is_set():
                for key, _ in selector.select():
                    if key.data is not None:
                        self._accept_from(key.data)

    def _accept_from(self, door: Door) -> None:
        try:
            conn, address = door.socket.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # Out of file descriptors, mostly: the connection still waits, so do not spin.
            logger.warning("cannot accept error=%a", str(error))
            self._stopping.wait(0.1)
            return
        thread = threading.Thread(target=self._serve, args=(conn, door), name="ftp-session", daemon=True)
        if not self._admitted(thread, address[0]):
            logger.warning("refused too many sessions peer=%s", address[0])
            with contextlib.suppress(OSError), conn:
                if not door.implicit:
                    conn.send(_TOO_MANY)
            return
        thread.start()

    def _admitted(self, thread: threading.Thread, host: str) -> bool:
        with self._lock:
            per_address = Counter(self._sessions.values())[host]
            if (
                len(self._sessions) >= self._config.max_sessions
                or per_address >= self._config.max_per_address
            ):
                return False
            self._sessions[thread] = host
            return True

    def _serve(self, conn: socket.socket, door: Door) -> None:
        try:
            with conn, IOLoop() as loop:
                self._run(FtpHandler(conn, door, loop), door, loop)
        except Exception:  # noqa: BLE001  # logged; one session must not end the others
            logger.exception("session thread failed")
        finally:
            with self._lock:
                del self._sessions[threading.current_thread()]

    def _run(self, session: FtpHandler, door: Door, loop: Any) -> None:  # noqa: ANN401 - the library has no types
        if session.is_over or not session.connected:
            return
        _StopWatch(door.wake, loop, lambda: session.drain(self._drain_deadline))
        session.handle()
        while not session.is_over:
            timeout = loop.sched.poll()
            if not session.is_over:
                loop.poll(timeout)


class _StopWatch:
    """Tells a session's loop that the server stops; what pyftpdlib's loops expect of a channel."""

    def __init__(self, wake: socket.socket, loop: Any, act: Callable[[], None]) -> None:  # noqa: ANN401 - the library has no types
        """Call `act` once, on the thread of `loop`, when `wake` becomes readable."""
        self._wake = wake  # held: its number must not become another connection's
        self._fileno = wake.fileno()
        self._loop = loop
        self._act = act
        loop.register(self._fileno, self, loop.READ)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def writable(self) -> bool:
        """Say no."""
        return False

    def handle_read_event(self) -> None:
        """Act, once."""
        self.close()
        self._act()

    def handle_close(self) -> None:
        """Act, once."""
        self.handle_read_event()

    def handle_error(self) -> None:
        """Log; the session goes on until the server cuts it off."""
        logger.exception("draining failed")

    def close(self) -> None:
        """Stop watching."""
        if self._fileno in self._loop.socket_map:
            self._loop.unregister(self._fileno)
