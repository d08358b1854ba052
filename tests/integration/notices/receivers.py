"""Receivers of notices: real web and mail servers on this machine, which do as they are told."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a web server was sent."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Hook:
    """A web server; it answers each request with the next of `answers`, and the last one for ever."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])
    requests: list[Request] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)
    """Set while nobody hangs."""
    drips: bytes = b""
    """Where given, requests are answered with it for ever, a byte now and then."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hook: Hook

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hook.requests.append(Request(self.path, headers, self.rfile.read(length)))
        self.hook.hang.wait(PATIENCE)
        if self.hook.drips:
            self._drip()
            return
        answers = self.hook.answers
        status, more = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass

    def _drip(self) -> None:
        self.close_connection = True
        never = threading.Event()
        with suppress(OSError):
            for _ in range(int(PATIENCE / 0.02)):
                self.wfile.write(self.hook.drips)
                never.wait(0.02)


@contextmanager
def web_server(certificate: Path | None = None) -> Iterator[Hook]:
    """Yield a web server, under TLS where it has a certificate (with its key in the same file)."""
    hook = Hook()
    hook.hang.set()
    handler = type("Handler", (_Handler,), {"hook": hook})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake is made by the thread of the connection, so that one that fails harms no other.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # broken connections are what we test
    hook.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield hook
    finally:
        hook.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(slots=True)
class Mailbox:
    """A mail server; what it answers to receivers and to mails can be set."""

    port: int = 0
    to_receiver: str = ""
    to_mail: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_receiver:
            return self.to_receiver
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name for it
        if self.to_mail:
            return self.to_mail
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=login.password == b"rabbit", handled=False)


@contextmanager
def mail_server(
    certificate: Path | None = None, *, tls: str = "none", login: bool = False, port: int = 0
) -> Iterator[Mailbox]:
    """Yield a mail server: without TLS, with STARTTLS (demanded), or with TLS from the start."""
    mailbox, context = Mailbox(), None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    options: dict[str, Any] = {"authenticator": mailbox.authenticate, "auth_required": login}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    loop = asyncio.new_event_loop()
    opening = loop.create_server(
        lambda: SMTP(mailbox, hostname="localhost", loop=loop, **options),
        "127.0.0.1",
        port,
        ssl=context if tls == "tls" else None,
    )
    server = loop.run_until_complete(opening)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        mailbox.port = server.sockets[0].getsockname()[1]
        yield mailbox
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
    await asyncio.gather(*others, return_exceptions=True)


def make_certificate(directory: Path, host: str = "127.0.0.1") -> Path:
    """Write a certificate that vouches for itself, with its key; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
