"""Relays that answer as they are told: real servers on this machine."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from postroom.contacts.channels import Channel
from postroom.sending.carrying import Fate, Handover, Letter
from postroom.sending.mail.relays import Relay
from tests.integration.app.waiting import until

PATIENCE = 30.0
DROP = "drop"
"""Instead of an answer: hang up."""
HANG = "hang"
"""Instead of an answer: say nothing until the end of the test."""


@dataclass(frozen=True, slots=True)
class Got:
    """A mail that a relay took."""

    sender: str
    receiver: str
    content: bytes
    options: tuple[str, ...]


@dataclass
class Script:
    """What a relay answers: to receivers and mails by receiver, the next of the list each time, then 250."""

    port: int = 0
    name: str = ""
    to_sender: list[str] = field(default_factory=list)
    to_receiver: dict[str, list[str]] = field(default_factory=dict)
    to_mail: dict[str, list[str]] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    loop: asyncio.AbstractEventLoop | None = None
    open: set[asyncio.Transport] = field(default_factory=set)

    def hang_up(self) -> None:
        """Close all connections, as relays do after a while."""
        assert self.loop is not None
        for transport in list(self.open):
            self.loop.call_soon_threadsafe(transport.abort)
        until(lambda: not self.open)

    def receivers(self) -> list[str]:
        return [each.receiver for each in self.got]


class _Server(SMTP):
    """Counts its connections and offers pipelining where it is told to."""

    def __init__(self, script: Script, *, pipelining: bool, **options: Any) -> None:
        super().__init__(_Handler(script, pipelining=pipelining), hostname="localhost", **options)
        self._script = script

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        fresh = self.session is None  # not after STARTTLS
        super().connection_made(transport)
        if fresh:
            self._plain = transport
            self._script.connections += 1
            self._script.open.add(transport)
            self._script.at_once += 1
            self._script.most_at_once = max(self._script.most_at_once, self._script.at_once)

    def connection_lost(self, error: Exception | None) -> None:
        self._script.at_once -= 1
        self._script.open.discard(self._plain)
        super().connection_lost(error)


class _Handler:
    def __init__(self, script: Script, *, pipelining: bool) -> None:
        self.script = script
        self._pipelining = pipelining

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name for it
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.script.name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self._pipelining else []), responses[-1]]

    async def handle_MAIL(  # noqa: N802  # aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.script.to_sender:
            answer = await self._scripted(server, self.script.to_sender.pop(0))
            if not answer.startswith("2"):
                return answer
        envelope.mail_from, envelope.mail_options = address, list(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self.script.to_receiver.get(address)
        answer = await self._scripted(server, answers.pop(0)) if answers else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd calls it so
        receiver = envelope.rcpt_tos[0]
        answers = self.script.to_mail.get(receiver)
        answer = answers.pop(0) if answers else "250 2.0.0 OK: queued as Q1"
        if answer.startswith("2") or answer in {DROP, HANG}:
            assert isinstance(envelope.content, bytes)
            assert server.transport is not None
            sender, options = envelope.mail_from or "", tuple(envelope.mail_options)
            self.script.got.append(Got(sender, receiver, envelope.content, options))
            self.script.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return await self._scripted(server, answer)

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.script.logins.append(login.login.decode())
        return AuthResult(success=login.password == b"rabbit", handled=False)

    async def _scripted(self, server: SMTP, answer: str) -> str:
        if answer == HANG:
            await asyncio.Event().wait()
        if answer == DROP:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]  # every transport of ours has it
            raise ConnectionResetError
        if answer.startswith("421"):
            asyncio.get_running_loop().call_later(0.05, server.transport.close)  # type: ignore[union-attr]  # it is connected
        return answer


@contextmanager
def scripted_relay(
    certificate: Path | None = None,
    *,
    tls: str = "none",
    pipelining: bool = True,
    login: bool = False,
    **options: Any,
) -> Iterator[Script]:
    """Yield a relay: without TLS, with STARTTLS (demanded), or with TLS from the start."""
    loop = asyncio.new_event_loop()
    script, context = Script(loop=loop), None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        handler = _Handler(script, pipelining=pipelining)
        options |= {"authenticator": handler.authenticate, "auth_required": True}
    opening = loop.create_server(
        lambda: _Server(script, pipelining=pipelining, loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=context if tls == "tls" else None,
    )
    server = loop.run_until_complete(opening)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        script.port = server.sockets[0].getsockname()[1]
        yield script
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(_end_connections(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_connections() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*others, return_exceptions=True)


def relay_at(port: int, **options: Any) -> Relay:
    return Relay(
        "127.0.0.1", port, **{"tls": "none", "timeout_seconds": 5.0, "final_seconds": 5.0, **options}
    )


def letter_to(
    address: str, *, message_id: int = 1, body: bytes | None = None, sender: str = "b@example.com"
) -> Letter:
    text = f"From: news@example.com\r\nTo: {address}\r\nSubject: Hello\r\n\r\nHello.\r\n"
    return Letter(1, message_id, Channel.EMAIL, sender, address, text.encode() if body is None else body)


@dataclass
class Fates:
    """What was told of each letter, by its address."""

    told: dict[str, list[Handover]] = field(default_factory=dict)

    def __call__(self, letter: Letter, handover: Handover) -> None:
        self.told.setdefault(letter.address, []).append(handover)

    def of(self, address: str) -> Handover:
        (handover,) = self.told[address]
        return handover

    def by_address(self) -> dict[str, Fate]:
        return {address: self.of(address).fate for address in self.told}
