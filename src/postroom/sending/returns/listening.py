"""An SMTP server for what comes back, and for nothing else: our return paths and addresses for complaints.

A mail is kept before it is answered by 250; while the database is away, the answer is 451, and the sender
tries again. Nothing is relayed, nobody logs in, and mails, lines, commands and connections have their bounds.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from postroom.contacts.errors import Unavailable
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.receiving import named_by, receive

_LOG = logging.getLogger("postroom.returns")

_MOST_LINE: Final = 64 * 1024
_MOST_RECIPIENTS: Final = 10
_AT_ONCE: Final = 4
"""Mails that are read and kept at once."""
_NOBODY_READS: Final = (
    "Nobody reads this address. To unsubscribe follow the link in the mail you got, or write to its sender"
)


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """Where to listen and what to take; `seconds` is the most that a command or a mail may take.

    `complaint_addresses` are in small letters; `certificate` is chain and key, for whoever asks for STARTTLS.
    """

    host: str
    port: int
    domain: str | None
    complaint_addresses: frozenset[str] = frozenset()
    certificate: tuple[Path, Path] | None = None
    most_bytes: int = 10 * 1024 * 1024
    connections: int = 100
    seconds: float = 120.0
    longest_seconds: float = 900.0
    """After which a connection is closed, whatever it does."""


class ReturnsListener:
    """The server, in a thread of its own."""

    def __init__(self, config: ListenerConfig, mailroom: Mailroom) -> None:
        """Prepare; nothing listens before `start`."""
        self.port = 0
        self._config = config
        self._handler = _Handler(config, mailroom)
        self._tls = _tls(config.certificate) if config.certificate else None
        self._loop = asyncio.new_event_loop()
        self._open: set[_Connection] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="returns", daemon=True)

    def start(self) -> None:
        """Listen; raise Unavailable when the port is taken."""
        self._thread.start()
        begun = asyncio.run_coroutine_threadsafe(self._begin(), self._loop)
        try:
            self._server = begun.result()
        except OSError as taken:
            self._end_loop()
            where = f"{self._config.host}:{self._config.port}"
            raise Unavailable(f"Returned mail cannot be taken on {where}: {taken.strerror}.") from taken
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Take no more connections; mails that are being kept are kept first."""
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result()
        self._end_loop()

    async def _begin(self) -> asyncio.Server:
        return await self._loop.create_server(self._connection, self._config.host, self._config.port)

    async def _finish(self) -> None:
        self._server.close()
        await self._loop.run_in_executor(None, self._handler.close)
        for connection in list(self._open):
            connection.end()
        await asyncio.sleep(0)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(_settle())
        self._loop.close()

    def _connection(self) -> _Connection:
        return _Connection(self._config, self._handler, self._tls, self._loop, self._open)


async def _settle() -> None:
    """Let what was cancelled come to its end."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


class _Connection(SMTP):
    """One connection, with the bounds that the library does not have."""

    line_length_limit = _MOST_LINE  # what is returned may have lines that it should not

    def __init__(
        self,
        config: ListenerConfig,
        handler: _Handler,
        tls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
        opened: set[_Connection],
    ) -> None:
        super().__init__(
            handler,
            data_size_limit=config.most_bytes,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname=config.domain or "localhost",
            ident="ESMTP",
            tls_context=tls,
            timeout=config.seconds,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=loop,
        )
        self._config = config
        self._opened = opened
        self._line = 0
        self._raw: asyncio.BaseTransport | None = None
        self._over: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._raw is None:
            self._raw = transport
            if len(self._opened) >= self._config.connections:
                transport.write(b"421 4.3.2 Too many connections, try again later\r\n")  # type: ignore[attr-defined]  # of sockets
                transport.close()
                return
            self._opened.add(self)
            self._over = self.loop.call_later(self._config.longest_seconds, self.end)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        last = data.rfind(b"\n")
        self._line = self._line + len(data) if last < 0 else len(data) - last - 1
        if self._line > 2 * _MOST_LINE:
            # The library would keep such a line until it ends.
            self.end()
            return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self in self._opened else False

    def connection_lost(self, error: Exception | None) -> None:
        if self not in self._opened:
            return
        self._opened.discard(self)
        if self._over:
            self._over.cancel()
        super().connection_lost(error)

    def end(self) -> None:
        """Close the connection at once."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class _Handler:
    """What is asked of a mail on its way in; one for all connections."""

    def __init__(self, config: ListenerConfig, mailroom: Mailroom) -> None:
        self._config = config
        self._mailroom = mailroom
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="returns")

    async def handle_RCPT(  # noqa: N802  # the library's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        domain = address.rpartition("@")[2].lower()
        if address.lower() not in self._config.complaint_addresses:
            if domain != self._config.domain:
                return "550 5.7.1 Nothing is relayed here"
            if named_by(self._mailroom, address) is None:
                return "550 5.1.1 No such address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # the library's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        keep = partial(self._keep, content, list(envelope.rcpt_tos))
        try:
            understood = await asyncio.get_running_loop().run_in_executor(self._threads, keep)
        except Unavailable:
            return "451 4.3.0 Not now, try again later"
        except Exception:  # noqa: BLE001  # whatever it is, the mail stays with whoever brings it
            _LOG.exception("a mail that came back could not be kept")
            return "451 4.3.0 That did not work, try again later"
        answerable = envelope.mail_from not in {None, "", "<>"} and not self._complaints_among(
            envelope.rcpt_tos
        )
        if answerable and not understood:
            # It may be a person: better told than dropped. Reports have no sender.
            return f"550 5.7.1 {_NOBODY_READS}"
        return "250 2.0.0 OK"

    def close(self) -> None:
        """Wait for mails that are being kept."""
        self._threads.shutdown()

    def _keep(self, content: bytes, recipients: list[str]) -> bool:
        """Keep what a mail tells; tell whether it told anything."""
        understood = [
            receive(self._mailroom, content, (address,), complaints=self._complaints_among([address]))
            for address in recipients
        ]
        return any(understood)

    def _complaints_among(self, recipients: list[str]) -> bool:
        return any(each.lower() in self._config.complaint_addresses for each in recipients)


def _tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context
