"""A short message centre on this machine: it speaks SMPP 3.4 by the library's units, as told."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from postroom.sending.phone.smpp import pdus
from postroom.sending.phone.smpp.pdus import Pdu

PATIENCE = 30.0
HANG_UP = object()
SILENCE = object()

Answer = int | object
"""A status to answer a part with, HANG_UP, or SILENCE."""


@dataclass(slots=True)
class Smsc:
    """What came and what is answered: the next of `answers` for each part, 0 once they are used up."""

    port: int = 0
    password: str = "rabbit"
    bind_status: int = 0
    answers: list[Answer] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """What it calls the next parts; m1, m2 … once they are used up."""
    binds: list[Pdu] = field(default_factory=list)
    parts: list[Pdu] = field(default_factory=list)
    others: list[Pdu] = field(default_factory=list)
    answers_enquiries: bool = True
    """Whether enquire_link is answered."""
    most_waiting: int = 0
    """How many parts waited for their answer at a time, where answers are held."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Set while answers are given."""
    _came: queue.Queue[Pdu] = field(default_factory=queue.Queue)
    _lines: list[_Line] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: int = 0
    _named: int = 0

    def deliver(self, **fields: object) -> None:
        """Bring a deliver_sm over the newest connection."""
        line = self._lines[-1]
        line.write(pdus.written("deliver_sm", line.next_number(), fields=fields))

    def ask(self, command: str) -> None:
        """Send a unit without fields over the newest connection."""
        line = self._lines[-1]
        line.write(pdus.written(command, line.next_number()))

    def write(self, data: bytes) -> None:
        """Send any bytes over the newest connection."""
        self._lines[-1].write(data)

    def next(self, command: str) -> Pdu:
        """Wait for the next unit of that name that came, and return it."""
        while True:
            pdu = self._came.get(timeout=PATIENCE)
            if pdu.command == command:
                return pdu

    def hang_up(self) -> None:
        """Break every connection."""
        for line in self._lines:
            line.break_off()

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection until it ends."""
        line = _Line(connection)
        while (data := line.read()) is not None:
            pdu = pdus.read(data)
            if pdu.command.startswith("bind_"):
                self._lines.append(line)
            self._take(line, pdu)
            self._came.put(pdu)
            if pdu.command == "unbind":
                break

    def _take(self, line: _Line, pdu: Pdu) -> None:
        if pdu.command == "bind_transceiver":
            self.binds.append(pdu)
            right = pdu.text("password") == self.password
            status = self.bind_status or (0 if right else 0x0E)
            line.write(pdus.written("bind_transceiver_resp", pdu.sequence, status, {"system_id": "smsc"}))
        elif pdu.command == "submit_sm":
            threading.Thread(target=self._answer, args=(line, pdu), daemon=True).start()
        elif pdu.command == "enquire_link" and self.answers_enquiries:
            line.write(pdus.written("enquire_link_resp", pdu.sequence))
        elif pdu.command == "unbind":
            line.write(pdus.written("unbind_resp", pdu.sequence))
        else:
            self.others.append(pdu)

    def _answer(self, line: _Line, pdu: Pdu) -> None:
        with self._lock:
            self.parts.append(pdu)
            self._waiting += 1
            self.most_waiting = max(self.most_waiting, self._waiting)
            answer = self.answers.pop(0) if self.answers else 0
            self._named += 1
            name = self.names.pop(0) if self.names else f"m{self._named}"
        self.hold.wait(PATIENCE)
        with self._lock:
            self._waiting -= 1
        if answer is HANG_UP:
            line.break_off()
        elif isinstance(answer, int):
            fields = {"message_id": name} if answer == 0 else {}
            line.write(pdus.written("submit_sm_resp", pdu.sequence, answer, fields))


class _Line:
    """One connection of an ESME."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._writing = threading.Lock()
        self._number = 0

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def read(self) -> bytes | None:
        head = self._exactly(4)
        if head is None:
            return None
        rest = self._exactly(pdus.length_of(head) - 4)
        return None if rest is None else head + rest

    def write(self, data: bytes) -> None:
        with self._writing, suppress(OSError):
            self._connection.sendall(data)

    def break_off(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _exactly(self, count: int) -> bytes | None:
        read = b""
        while len(read) < count:
            try:
                more = self._connection.recv(count - len(read))
            except OSError:
                return None
            if not more:
                return None
            read += more
        return read


@contextmanager
def smsc(certificate: Path | None = None) -> Iterator[Smsc]:
    """Yield a centre that listens on a port of its own, under TLS where it has a certificate."""
    centre = Smsc()
    centre.hold.set()
    with socket.create_server(("127.0.0.1", 0)) as listening, _served(listening, centre.serve, certificate):
        centre.port = listening.getsockname()[1]
        yield centre
        centre.hold.set()


@contextmanager
def _served(
    listening: socket.socket, serve: Callable[[socket.socket], None], certificate: Path | None
) -> Iterator[None]:
    over = threading.Event()
    connections: list[socket.socket] = []
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    def one(plain: socket.socket) -> None:
        try:
            connection = context.wrap_socket(plain, server_side=True) if context else plain
        except OSError:
            plain.close()
            return
        connections.append(connection)
        with connection:
            serve(connection)

    def accept() -> None:
        while not over.is_set():
            try:
                plain, _address = listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=one, args=(plain,), daemon=True)
            threads.append(thread)
            thread.start()

    threads: list[threading.Thread] = []
    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield
    finally:
        over.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in [acceptor, *threads]:
            thread.join(PATIENCE)
