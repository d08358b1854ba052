"""The process that readers are forked from: a module of its own calls `main`, its input is a socket.

This one does, too: `python -m postroom.ingest.sandbox.server` reads tables. What else there is to read is
said by who calls `main`, as files of other kinds are understood by packages above.

Importing Polars takes 0.4 s, forking a process that has it 5 ms (measured). Each byte on the socket asks for
a reader and comes with three descriptors: the reader's end of its channel, the file, and a watch. There
this process says how the reader ended, and its other end closed means that the reader is to end. The end of
the socket is the end of all.

Forking is safe while no thread may hold a lock. Polars has no pool of threads before its first use, which is
in a reader; of the two kinds of threads that it starts when imported, the allocator's are switched off and
the one that removes what was spilled to disk sleeps for ever, as nothing is. (A reader that should hang
nevertheless is killed when its time is over.)

While nothing is read one reader is kept in reserve that has read something before: what libraries do at their
first use takes another 15 ms.
"""

from __future__ import annotations

import codecs
import json
import os
import selectors
import signal
import socket
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from postroom.contacts.batches import FileRefused
from postroom.ingest.sandbox.channel import Channel, Message
from postroom.ingest.sandbox.confinement import ReaderLimits, confine, die_with_parent, keep_only
from postroom.ingest.sandbox.reading import TABLE, read_table, rehearse

Reads = Callable[[Channel, int, Mapping[str, Any]], None]
"""Reads the file open as that descriptor, as the facts of its order say, and tells who asked by the channel.

It may raise FileRefused. By then the process can do nothing but compute.
"""

READY = b"r"
ASK = b"a"
OUT_OF_MEMORY = 90
"""Exit code of a reader that found no memory, and of one that Python or a library gave up on."""
GAVE_UP = 91

_INPUT = 0

_CODECS = ("ascii", "charmap", "cp1252", "cp437", "latin-1", "utf-8", "utf-16-le", "utf-16-be")
"""Python imports a codec when it first needs it; a reader cannot, as it can open no file."""


class Server:
    """Forks readers, watches over them, and ends with who asks for them."""

    def __init__(self, control: socket.socket, kinds: Mapping[str, Reads]) -> None:
        """Take orders from `control`; what they ask for is one of `kinds`."""
        self._control = control
        self._kinds = kinds
        self._watches: dict[int, socket.socket] = {}
        self._spare: tuple[int, socket.socket] | None = None
        self._selector = selectors.DefaultSelector()
        self._over = False
        self._woken, wake = socket.socketpair()
        for end in (self._woken, wake):
            end.setblocking(False)
        self._wake = wake
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno())
        self._on(control, self._take_order)
        self._on(self._woken, self._bury)

    def run(self) -> None:
        """Serve until the other end of the socket is closed; then no reader is left."""
        self._control.sendall(READY)
        self._make_spare()
        while not self._over:
            for key, _ in self._selector.select():
                key.data()
        for pid in (*self._watches, *(self._spare or ())[:1]):
            os.kill(pid, signal.SIGKILL)

    def _on(self, source: socket.socket, action: Callable[[], None]) -> None:
        self._selector.register(source, selectors.EVENT_READ, action)

    def _take_order(self) -> None:
        asked, descriptors, _, _ = socket.recv_fds(self._control, 1, 3)
        if not asked:
            self._over = True
            return
        channel, file, watch = descriptors
        try:
            self._give(channel, file, socket.socket(fileno=watch))
        finally:
            os.close(channel)
            os.close(file)

    def _give(self, channel: int, file: int, watch: socket.socket) -> None:
        """Give the file to a reader: to the spare one, else to one made now."""
        try:
            pid, inbox = self._spare or _reader(self._kinds, rehearsed=False)
        except OSError as error:
            _say(watch, {"unborn": error.strerror})
            watch.close()
            return
        self._spare = None
        self._watches[pid] = watch
        self._on(watch, lambda: self._kill(pid))
        with inbox, suppress(OSError):  # it has just died: that is said when it is buried
            socket.send_fds(inbox, [ASK], [channel, file])

    def _make_spare(self) -> None:
        if self._spare is None and not self._over:
            with suppress(OSError):  # the next file will have one made, or learn why there is none
                self._spare = _reader(self._kinds, rehearsed=True)

    def _kill(self, pid: int) -> None:
        # Nothing is ever said on a watch to this side: it is readable when it is closed.
        watch = self._watches.get(pid)
        if watch is None:
            return  # buried a moment ago
        self._selector.unregister(watch)
        os.kill(pid, signal.SIGKILL)

    def _bury(self) -> None:
        self._woken.recv(4096)
        while self._watches or self._spare:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            watch = self._watches.pop(pid, None)
            if watch is None:
                self._forget_spare()
                continue
            with suppress(KeyError):
                self._selector.unregister(watch)
            _say(watch, {"exit": os.waitstatus_to_exitcode(status)})
            watch.close()
        self._make_spare()

    def _forget_spare(self) -> None:
        if self._spare is not None:
            self._spare[1].close()
            self._spare = None


def _say(watch: socket.socket, facts: dict[str, object]) -> None:
    with suppress(OSError):  # nobody wants to know any more
        watch.sendall(json.dumps(facts).encode())


def _reader(kinds: Mapping[str, Reads], *, rehearsed: bool) -> tuple[int, socket.socket]:
    """Fork a reader; return its pid and where it waits for its channel and its file."""
    inbox, theirs = socket.socketpair()
    with theirs:
        try:
            pid = os.fork()
        except OSError:
            inbox.close()
            raise
        if pid == 0:
            _become_reader(theirs, kinds, rehearsed=rehearsed)
        return pid, inbox


def _become_reader(inbox: socket.socket, kinds: Mapping[str, Reads], *, rehearsed: bool) -> NoReturn:
    """Read one file, and end."""
    code = GAVE_UP
    try:
        die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        keep_only(inbox.fileno())
        if rehearsed:
            rehearse()
        _, (channel, file), _, _ = socket.recv_fds(inbox, 1, 2)
        inbox.close()
        _serve(Channel(socket.socket(fileno=channel)), file, kinds)
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    finally:
        os._exit(code)


def _serve(channel: Channel, descriptor: int, kinds: Mapping[str, Reads]) -> None:
    """Take one order, give up the world, and read the file for who is at the other end of `channel`."""
    order = channel.receive()
    confine(ReaderLimits.from_json(order.facts["limits"]))
    try:
        kinds[order.kind](channel, descriptor, order.facts)
    except FileRefused as refused:
        channel.send(Message("refused", {"reason": refused.reason.value, "value": refused.value}))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # said to who asked, who logs it: there is nowhere to write here
        channel.send(Message("failed", {"trace": traceback.format_exc()}))


def main(kinds: Mapping[str, Reads], codec_names: Sequence[str] = ()) -> None:
    """Serve whoever holds the other end of standard input; readers may need more `codec_names` than usual."""
    for name in (*_CODECS, *codec_names):
        codecs.lookup(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for who asks for readers
    Server(socket.socket(fileno=_INPUT), kinds).run()


if __name__ == "__main__":
    main({TABLE: read_table})
