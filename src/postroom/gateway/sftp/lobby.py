"""Who is connected: admission by caps, ends by idleness, and the drain before a stop."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

from asyncssh import DISC_TOO_MANY_CONNECTIONS, SSHServerConnection
from asyncssh.constants import DISC_BY_APPLICATION

from postroom.gateway.sftp.journal import Journal

# After the last connection is gone its channels still drop their uploads or end a commit.
_AFTERMATH_SECONDS: Final = 30.0


class Visit:
    """One admitted connection."""

    def __init__(self, connection: SSHServerConnection, peer: str, idle_timeout: float) -> None:
        """Watch `connection`, which is closed after `idle_timeout` seconds without a request."""
        self.peer = peer
        self.journal = Journal(secrets.token_hex(4), peer)
        self.open_files = 0
        self.channels = 0
        self.told_to_leave = False
        self._connection = connection
        self._idle_timeout = idle_timeout
        self._loop = asyncio.get_running_loop()
        self._seen_at = self._loop.time()
        self._timer = self._loop.call_later(idle_timeout, self._look)

    def touch(self) -> None:
        """Note that the client asked for something."""
        self._seen_at = self._loop.time()

    def end(self) -> None:
        """Stop watching."""
        self._timer.cancel()

    def turn_away(self, code: int, reason: str) -> None:
        """Tell the client why and disconnect, once what is being answered now is on its way."""
        self.journal.turned_away(reason)
        self._loop.call_soon(self._connection.disconnect, code, reason)

    def tell_to_leave(self) -> None:
        """Disconnect as soon as no file is open."""
        self.told_to_leave = True
        self.leave_if_told()

    def leave_if_told(self) -> None:
        """Disconnect if the server is stopping and nothing is under way."""
        if self.told_to_leave and self.open_files == 0:
            self._connection.disconnect(DISC_BY_APPLICATION, "The server is stopping.")

    def cut(self) -> None:
        """End the connection at once."""
        self._connection.abort()

    def _look(self) -> None:
        left = self._seen_at + self._idle_timeout - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self.turn_away(DISC_BY_APPLICATION, f"No request for {self._idle_timeout:g} seconds.")


class Lobby:
    """All connections of one server, and the tasks that serve them."""

    def __init__(self, *, max_sessions: int, max_per_address: int, idle_timeout: float) -> None:
        """Admit at most `max_sessions` connections, `max_per_address` of them from one address."""
        self._max_sessions = max_sessions
        self._max_per_address = max_per_address
        self._idle_timeout = idle_timeout
        self._visits: set[Visit] = set()
        self._by_address: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closing = False

    def admit(self, connection: SSHServerConnection, peer: str) -> Visit:
        """Take a new connection in; one too many is told so and disconnected."""
        visit = Visit(connection, peer, self._idle_timeout)
        if self._closing:
            visit.turn_away(DISC_BY_APPLICATION, "The server is stopping.")
        elif len(self._visits) >= self._max_sessions:
            visit.turn_away(DISC_TOO_MANY_CONNECTIONS, "Too many connections; try again later.")
        elif self._by_address[peer] >= self._max_per_address:
            visit.turn_away(DISC_TOO_MANY_CONNECTIONS, "Too many connections from your address; close some.")
        self._visits.add(visit)
        self._by_address[peer] += 1
        self._empty.clear()
        return visit

    def leave(self, visit: Visit) -> None:
        """Forget a connection that has ended."""
        visit.end()
        self._visits.discard(visit)
        self._by_address -= Counter({visit.peer: 1})
        if not self._visits:
            self._empty.set()

    def serve(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` as a task that `drain` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, seconds: float) -> None:
        """Let open files be finished for up to `seconds`, then cut what is left and wait for its clean-up."""
        self._closing = True
        for visit in tuple(self._visits):
            visit.tell_to_leave()
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            for visit in tuple(self._visits):
                visit.cut()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=_AFTERMATH_SECONDS)
