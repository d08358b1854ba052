"""One bound connection to an SMPP provider: units go out from any thread, one thread reads what comes in."""

from __future__ import annotations

import itertools
import logging
import queue
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from typing import Final

from postroom.contacts.errors import PostroomError, Unavailable
from postroom.sending.phone.providers.described import Smpp
from postroom.sending.phone.smpp import pdus
from postroom.sending.phone.smpp.pdus import BrokenPduError, Pdu

_LOG = logging.getLogger("postroom.sending")

_TICK: Final = 0.1
"""How soon a thread that waits for the other side notices that it is over, in seconds."""
_MOST_WAITING: Final = 1000
"""How many units from phones may wait to be recorded; more are brought again later."""

Delivered = Callable[[Pdu], int]
"""Records a deliver_sm and returns the status that it is answered with."""


class LostError(PostroomError):
    """A unit went out, wholly or in part, and no answer came."""


class Session:
    """A bind_transceiver and what follows it; `open` it first."""

    def __init__(self, config: Smpp, delivered: Delivered) -> None:
        """Speak as `config` says; what phones send goes to `delivered`, in a thread of its own."""
        self.ended = threading.Event()
        self._config = config
        self._delivered = delivered
        self._numbers = itertools.count(1)
        self._using = threading.Lock()
        self._readable = selectors.DefaultSelector()
        self._window = threading.Semaphore(config.window)
        self._waiting: dict[int, Future[Pdu]] = {}
        self._from_phones: queue.Queue[Pdu] = queue.Queue(_MOST_WAITING)
        self._socket: socket.socket | None = None
        self._heard_at = time.monotonic()
        self._asked_at = 0.0
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Connect and bind; raise Unavailable when the provider is away or does not let us in."""
        config = self._config
        try:
            plain = socket.create_connection((config.host, config.port), timeout=config.answer_seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = plain
            if config.trust is not None:
                self._socket = config.trust.wrap_socket(plain, server_hostname=config.host)
        except (OSError, UnicodeError) as failed:
            if self._socket is not None:
                self._socket.close()
            raise Unavailable(f"no connection to {config.host}:{config.port}: {failed}") from None
        self._start(self._read)
        self._start(self._record)
        try:
            answer = self._ask(
                "bind_transceiver",
                {
                    "system_id": config.system_id,
                    "password": config.password.reveal(),
                    "system_type": config.system_type,
                },
            )
        except LostError:
            self._stop("no bind")
            raise Unavailable(f"{config.host}:{config.port} does not answer a bind") from None
        if answer.status != pdus.OK:
            self._stop("no bind")
            raise Unavailable(f"bind refused: 0x{answer.status:08x} {pdus.described(answer.status)}")

    def submit(self, fields: Mapping[str, object]) -> Pdu:
        """Hand a part over and wait for the answer, with as many others as the window has room for.

        Raises LostError when none came, Unavailable when it surely did not go out.
        """
        with self._window:
            return self._ask("submit_sm", fields)

    def ping(self) -> float:
        """Ask for a sign of life; return after how many seconds it came. Raises LostError when none does."""
        begun = time.monotonic()
        self._ask("enquire_link")
        return time.monotonic() - begun

    def close(self) -> None:
        """Unbind and hang up; whoever waits for an answer learns that it is lost."""
        if not self.ended.is_set():
            with suppress(LostError, Unavailable):
                self._ask("unbind", seconds=min(self._config.answer_seconds, 5.0))
        self._stop("closed")

    def _stop(self, why: str) -> None:
        self._end(why)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"smpp {self._config.host}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _ask(
        self, command: str, fields: Mapping[str, object] | None = None, *, seconds: float | None = None
    ) -> Pdu:
        answer: Future[Pdu] = Future()
        sequence = next(self._numbers) & 0x7FFFFFFF
        data = pdus.written(command, sequence, fields=fields)
        self._waiting[sequence] = answer
        try:
            self._write(data)
            return answer.result(seconds or self._config.answer_seconds)
        except TooLate:
            raise LostError(f"no answer to {command}") from None
        finally:
            self._waiting.pop(sequence, None)

    def _write(self, data: bytes) -> None:
        with self._using:
            try:
                if self._socket is None or self.ended.is_set():
                    raise Unavailable("the connection is over")
                self._socket.sendall(data)
            except (OSError, ValueError) as failed:
                self._end(f"cannot write: {failed}")
                raise LostError(f"the connection broke: {failed}") from None

    def _read(self) -> None:
        why = "the provider hung up"
        assert self._socket is not None  # noqa: S101  # `open` has just made it
        self._readable.register(self._socket, selectors.EVENT_READ)
        try:
            while not self.ended.is_set():
                data = self._next()
                if data is None:
                    break
                self._take(data)
        except (OSError, ValueError, PostroomError) as failed:
            why = str(failed)
        self._end(why)
        # Here and not where it ends: nobody else may get its number while this thread looks at it.
        self._readable.close()
        self._socket.close()

    def _next(self) -> bytes | None:
        head = self._exactly(4)
        if head is None:
            return None
        rest = self._exactly(pdus.length_of(head) - 4)
        return None if rest is None else head + rest

    def _exactly(self, count: int) -> bytes | None:
        """Read so many bytes; None at the end of the connection. Keeps the link alive meanwhile."""
        read = b""
        while len(read) < count:
            if self.ended.is_set() or self._socket is None:
                return None
            if not self._may_read(self._socket):
                self._look_after()
                continue
            more = self._received(self._socket, count - len(read))
            if more is None:
                continue
            if not more:
                return None
            self._heard_at = time.monotonic()
            read += more
        return read

    def _received(self, connection: socket.socket, count: int) -> bytes | None:
        """Return what is there to be read, None when that was nothing but TLS's own.

        TLS cannot be read and written at a time, so nobody may wait here: writers would wait, too.
        """
        with self._using:
            connection.settimeout(0)
            try:
                return connection.recv(count)
            except (ssl.SSLWantReadError, BlockingIOError):
                return None
            finally:
                with suppress(OSError):
                    connection.settimeout(self._config.answer_seconds)

    def _may_read(self, connection: socket.socket) -> bool:
        if isinstance(connection, ssl.SSLSocket) and connection.pending():
            return True
        return bool(self._readable.select(_TICK))

    def _look_after(self) -> None:
        """Ask a silent provider for a sign of life; end a connection that gives none."""
        now = time.monotonic()
        silent = now - self._heard_at
        if silent < self._config.enquire_seconds:
            return
        if self._asked_at < self._heard_at:
            self._asked_at = now
            self._write(pdus.written("enquire_link", next(self._numbers) & 0x7FFFFFFF))
        elif now - self._asked_at > self._config.answer_seconds:
            raise LostError("no sign of life")

    def _take(self, data: bytes) -> None:
        try:
            pdu = pdus.read(data)
        except BrokenPduError as broken:
            _LOG.warning("%s sent what is no SMPP: %s", self._config.host, broken)
            self._write(pdus.written("generic_nack", pdus.sequence_of(data), 0x03))
            return
        if pdu.command.endswith("_resp") or pdu.command == "generic_nack":
            waiting = self._waiting.pop(pdu.sequence, None)
            if waiting is not None:
                waiting.set_result(pdu)
        elif pdu.command == "enquire_link":
            self._write(pdus.written("enquire_link_resp", pdu.sequence))
        elif pdu.command == "deliver_sm":
            self._keep(pdu)
        elif pdu.command == "unbind":
            self._write(pdus.written("unbind_resp", pdu.sequence))
            raise LostError("the provider unbound")
        else:
            self._write(pdus.written("generic_nack", pdu.sequence, 0x03))

    def _keep(self, pdu: Pdu) -> None:
        try:
            self._from_phones.put_nowait(pdu)
        except queue.Full:
            self._write(pdus.written("deliver_sm_resp", pdu.sequence, pdus.QUEUE_FULL))

    def _record(self) -> None:
        """Record what phones send, one after another, and only then say so."""
        while not self.ended.is_set():
            try:
                pdu = self._from_phones.get(timeout=_TICK)
            except queue.Empty:
                continue
            try:
                status = self._delivered(pdu)
            except Exception:  # noqa: BLE001  # whatever it was, the provider has it still
                _LOG.exception("what a phone sent could not be recorded; it will be brought again")
                status = pdus.TEMPORARY
            with suppress(LostError, Unavailable):
                self._write(pdus.written("deliver_sm_resp", pdu.sequence, status))

    def _end(self, why: str) -> None:
        if self.ended.is_set():
            return
        self.ended.set()
        self._hang_up()
        for sequence in list(self._waiting):
            waiting = self._waiting.pop(sequence, None)
            if waiting is not None and not waiting.done():
                waiting.set_exception(LostError(f"the connection ended: {why}"))

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
