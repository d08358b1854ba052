"""FTPS: explicit or implicit TLS, the certificate verified, the TLS session of the control channel reused.

Many servers accept a data connection only if it goes on with the session of the control connection, which
ftplib does not do; and a server may close a data connection without TLS's goodbye although it has every byte
(specs, OUT flows 3.7). What was stored is judged by the answer and by SIZE.
"""

from __future__ import annotations

import ftplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from postroom.contacts.errors import Denied, RemoteTrouble
from postroom.outflow.remote.seam import ANSWER_SECONDS, CONNECT_SECONDS, PIECE_BYTES, Address, Speaks
from postroom.outflow.remote.telling import away, certificate_refused, hint_of, line, where

_NO_FILE: Final = "550"
_WRONG_LOGIN: Final = "530"


class FtpsRemote:
    """A folder of an FTPS server."""

    def __init__(self, address: Address) -> None:
        """Connect, log in, and go to the folder."""
        self._address = address
        context = ssl.create_default_context(cadata=address.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._client = _Client(context, implicit=address.protocol is Speaks.FTPS_IMPLICIT)
        try:
            with self._told():
                self._client.connect(address.host, address.port, timeout=CONNECT_SECONDS)
                self._client.login(address.username, address.password or "")
                self._client.prot_p()
                if address.folder:
                    self._client.cwd(address.folder)
                self._client.voidcmd("TYPE I")
                self._client.wait_for(ANSWER_SECONDS)
        except BaseException:
            self._client.close()
            raise

    def size(self, name: str) -> int | None:
        """Ask by SIZE."""
        with self._told():
            try:
                return self._client.size(name)
            except ftplib.error_perm as refused:
                if str(refused).startswith(_NO_FILE):
                    return None
                raise

    def put(self, name: str, content: BinaryIO) -> None:
        """Store by STOR."""
        content.seek(0)
        with self._told():
            self._client.store(name, content)

    def rename(self, name: str, new_name: str) -> None:
        """Rename by RNFR and RNTO; what stands in the way is removed where the server does not do so."""
        with self._told():
            try:
                self._client.rename(name, new_name)
            except ftplib.error_perm:
                if self.size(new_name) is None or self.size(name) is None:
                    raise
                self._client.delete(new_name)
                self._client.rename(name, new_name)

    def remove(self, name: str) -> None:
        """Remove by DELE."""
        with self._told():
            try:
                self._client.delete(name)
            except ftplib.error_perm as refused:
                if not str(refused).startswith(_NO_FILE):
                    raise

    def close(self) -> None:
        """Say QUIT."""
        with suppress(OSError, EOFError, ftplib.Error):
            self._client.wait_for(1.0)
            self._client.quit()
        self._client.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in words of our own."""
        place = where(self._address)
        try:
            yield
        except ssl.SSLCertVerificationError as wrong:
            raise certificate_refused(place, wrong) from wrong
        except ftplib.error_perm as refused:
            text = line(refused)
            if text.startswith(_WRONG_LOGIN):
                raise Denied(f"{place} refuses the login: {text}", code="LOGIN_REFUSED") from refused
            raise RemoteTrouble(f"{place} refuses: {text}", code="REMOTE_REFUSES") from refused
        except (ftplib.Error, OSError, EOFError) as broken:
            hint = "" if self._client.welcome else hint_of(self._address.protocol, broken)
            raise away(place, broken, hint=hint) from broken


class _Client(ftplib.FTP_TLS):
    """ftplib with implicit TLS, and data connections that go on with the session of the control channel."""

    def __init__(self, context: ssl.SSLContext, *, implicit: bool) -> None:
        super().__init__(context=context)
        self._implicit = implicit

    def connect(
        self,
        host: str = "",
        port: int = 0,
        timeout: float = -999,
        source_address: tuple[str, int] | None = None,
    ) -> str:
        if not self._implicit:
            return super().connect(host, port, timeout, source_address)
        self.host, self.port, self.timeout = host, port, timeout
        plain = socket.create_connection((host, port), timeout)
        self.sock = self.context.wrap_socket(plain, server_hostname=host)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321  # it is wrapped in TLS below
        control = self.sock
        session = control.session if isinstance(control, ssl.SSLSocket) else None
        secured = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        return secured, size

    def store(self, name: str, content: BinaryIO) -> None:
        with self.transfercmd(f"STOR {name}") as data:
            while piece := content.read(PIECE_BYTES):
                data.sendall(piece)
            if isinstance(data, ssl.SSLSocket):
                # Servers may hang up without a goodbye; whether they have all is for the answer to say.
                with suppress(OSError):
                    data.unwrap()
        self.voidresp()

    def wait_for(self, seconds: float) -> None:
        """Wait so long for each answer from now on."""
        self.timeout = seconds
        if self.sock is not None:
            self.sock.settimeout(seconds)
