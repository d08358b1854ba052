"""Having files read apart: each by a process of its own that can do nothing but compute, and then ends."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import BinaryIO, Self

from postroom.contacts.batches import ColumnMap
from postroom.contacts.errors import Unavailable
from postroom.ingest.frames import Frame
from postroom.ingest.inspect import Inspection
from postroom.ingest.sandbox.channel import Channel, Message, NonsenseError, Patience
from postroom.ingest.sandbox.confinement import can_forbid
from postroom.ingest.sandbox.frames import FRAME, unpacked
from postroom.ingest.sandbox.reading import Order
from postroom.ingest.sandbox.server import ASK, READY
from postroom.ingest.sandbox.talking import Asks, Talk

_LOG = logging.getLogger("postroom.ingest")

_START_SECONDS = 60.0
_END_SECONDS = 10.0

TABLES = "postroom.ingest.sandbox.server"
"""The module whose process reads tables, and nothing else."""


class Glance(Talk):
    """A look at a file that is not read."""

    def end(self) -> None:
        """Wait for the verdict; raise FileRefused for what showed at once."""
        with self.verdicts():
            self.receive("end")
        self.close()


class Reading(Talk):
    """One file being read: its header is known, its rows come as frames, once."""

    def __init__(self, channel: Channel, watch: socket.socket, order: Order) -> None:
        """Take over both ends of a reader; `Readers.read` makes it."""
        super().__init__(channel, watch, order)
        self._separator = order.settings.separator
        with self.verdicts():
            header = self.receive("header")
            try:
                self.inspection = Inspection.from_json(header.facts["inspection"])
                self.header = tuple(map(str, header.facts["cells"]))
            except (KeyError, TypeError, ValueError) as error:
                raise NonsenseError(f"no header: {error!r}") from error
        """The cells of the first line that is not blank."""

    def frames(self, columns: ColumnMap) -> Iterator[Frame]:
        """Yield the rows, some tens of thousands at a time, in the order of the file.

        Raises FileRefused for what shows only now, such as damaged archives and open quotes; Unavailable
        when the reader was ended from outside.
        """
        fields = tuple(columns.positions)
        with self.verdicts():
            self.send(Message("columns", columns.as_json()))
            while (message := self.receive(FRAME, "end")).kind == FRAME:
                frame = unpacked(message, fields, self._separator)
                del message  # as much memory as the frame
                yield frame
        self.close()


class Readers:
    """Starts readers, by a server process that is started when first needed. Safe to use from threads."""

    def __init__(self, module: str = TABLES) -> None:
        """Start nothing yet; `module`, run as a program, is the server: it says what can be read."""
        self._module = module
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Self:
        """Use as a context: all readers end with it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all readers."""
        self.close()

    def start(self) -> None:
        """Start the server, so that the first file need not wait for it."""
        with self._lock:
            self._running()

    def read(self, file: BinaryIO, order: Order) -> Reading:
        """Have `file`, which has a descriptor, read from its start; it may be closed afterwards.

        Raises FileRefused when it is no contact file, Unavailable when no reader can be had.
        """
        return Reading(*self.given(file, order), order)

    def glance(self, file: BinaryIO, order: Order) -> None:
        """Have a reader look at `file`, which has a descriptor, without reading it.

        Raises FileRefused for what shows at once, Unavailable when no reader can be had.
        """
        order = replace(order, only_glance=True)
        Glance(*self.given(file, order), order).end()

    def given(self, file: BinaryIO, order: Asks) -> tuple[Channel, socket.socket]:
        """Give a file to a reader; return both ends of it, for a Talk.

        Raises Unavailable when no reader can be had.
        """
        ours, theirs = socket.socketpair()
        watch, watched = socket.socketpair()
        watch.settimeout(_END_SECONDS)
        with theirs, watched:
            try:
                self._ask([theirs.fileno(), file.fileno(), watched.fileno()])
            except BaseException:
                ours.close()
                watch.close()
                raise
        return Channel(ours, Patience(order.limits.seconds)), watch

    def close(self) -> None:
        """End the server and all readers; what is used afterwards starts anew."""
        with self._lock:
            self._end()

    def _ask(self, descriptors: list[int]) -> None:
        with self._lock:
            try:
                socket.send_fds(self._running(), [ASK], descriptors)
            except OSError:
                # The server is gone, killed from outside perhaps: a new one.
                self._end()
                socket.send_fds(self._running(), [ASK], descriptors)

    def _running(self) -> socket.socket:
        if self._control is None:
            control, theirs = socket.socketpair()
            control.settimeout(_START_SECONDS)
            try:
                with theirs:
                    self._server = _start(self._module, theirs)
                _await_ready(control)
            except BaseException:
                control.close()
                raise
            self._control = control
        return self._control

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            try:
                self._server.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._control = self._server = None


def _start(module: str, theirs: socket.socket) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in a terminal is for us, who end it. Isolated, and with nothing of our
    # environment: there may be secrets in it.
    command = [sys.executable, "-I", "-m", module]
    try:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env=_surroundings(),
            cwd="/",
        )
    except OSError as error:
        raise Unavailable(f"The process that reads files cannot be started: {error}") from error


def _await_ready(control: socket.socket) -> None:
    try:
        answer = control.recv(len(READY))
    except OSError as error:
        raise Unavailable(f"The process that reads files does not answer: {error}") from error
    if answer != READY:
        raise Unavailable("The process that reads files did not start; its words are above in the log.")
    if not can_forbid():
        _LOG.warning("this system cannot take files and network from readers: they have limits only")


def _surroundings() -> dict[str, str]:
    return {
        "LC_ALL": "C.UTF-8",
        "POLARS_MAX_THREADS": os.environ.get("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // 2))),
        "_RJEM_MALLOC_CONF": "background_thread:false",  # see server.py
        # Blocks of a file come and go: memory given back each time cost a fifth of a reader's time (glibc).
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    }
