"""Two senders with everyday clients: one over SFTP, one over FTP with TLS. Each trusts this server alone."""

from __future__ import annotations

import asyncio
import ftplib  # FTP is what is shown, and always with TLS
import io
import ssl
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import asyncssh

Progress = Callable[[int], None]
"""Told how many bytes of an upload are sent so far."""

_BLOCK = 256 * 1024


class Sender(Protocol):
    """What a sender does; paths are absolute."""

    protocol: str

    def put(self, content: bytes, path: str, progress: Progress) -> None:
        """Upload."""
        ...

    def names(self, directory: str) -> list[str]:
        """List a directory's files."""
        ...

    def fetch(self, path: str) -> bytes:
        """Download."""
        ...

    def remove(self, path: str) -> None:
        """Delete a file."""
        ...


class SftpSender:
    """A session of SFTP."""

    protocol = "SFTP"

    def __init__(self, address: tuple[str, int], login: str, password: str, host_keys: Path) -> None:
        """Connect and log in; `host_keys` is the directory with the server's own keys."""
        self._runner = asyncio.Runner()
        trusted = [
            asyncssh.read_private_key(key).convert_to_public()
            for key in sorted(host_keys.glob("ssh_host_*_key"))
        ]
        try:
            self._connection, self._client = self._runner.run(_open(address, login, password, trusted))
        except BaseException:
            self._runner.close()
            raise

    def __enter__(self) -> Self:
        """Be used."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Log out."""
        self._runner.run(_close(self._connection))
        self._runner.close()

    def put(self, content: bytes, path: str, progress: Progress) -> None:
        """Upload block by block; the file is complete when it is closed."""
        self._runner.run(self._put(content, path, progress))

    def names(self, directory: str) -> list[str]:
        """List a directory's files."""
        found = self._runner.run(self._client.listdir(directory))
        return sorted(str(name) for name in found if name not in {".", ".."})

    def fetch(self, path: str) -> bytes:
        """Download."""
        return self._runner.run(self._fetch(path))

    def remove(self, path: str) -> None:
        """Delete a file."""
        self._runner.run(self._client.remove(path))

    async def _put(self, content: bytes, path: str, progress: Progress) -> None:
        async with self._client.open(path, "wb") as file:
            for start in range(0, len(content), _BLOCK):
                await file.write(content[start : start + _BLOCK])
                progress(min(start + _BLOCK, len(content)))

    async def _fetch(self, path: str) -> bytes:
        async with self._client.open(path, "rb") as file:
            content: bytes = await file.read()
        return content


async def _open(
    address: tuple[str, int], login: str, password: str, trusted: list[asyncssh.SSHKey]
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    connection = await asyncssh.connect(
        *address, username=login, password=password, known_hosts=(trusted, [], []), config=None
    )
    return connection, await connection.start_sftp_client()


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    await connection.wait_closed()


class FtpsSender:
    """A session of FTP, control and data both under TLS."""

    protocol = "FTPS"

    def __init__(self, address: tuple[str, int], login: str, password: str, certificate: Path) -> None:
        """Connect and log in; `certificate` is the server's own."""
        trusting = ssl.create_default_context(cafile=certificate)
        self._client = ftplib.FTP_TLS(context=trusting, encoding="utf-8")  # noqa: S321 - it is with TLS
        self._client.connect(*address, timeout=60)
        self._client.login(login, password)
        self._client.prot_p()

    def __enter__(self) -> Self:
        """Be used."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Log out."""
        if _error is None:
            self._client.quit()
        self._client.close()

    def put(self, content: bytes, path: str, progress: Progress) -> None:
        """Upload; the file is complete when the server says 226."""
        sent = 0

        def count(block: bytes) -> None:
            nonlocal sent
            sent += len(block)
            progress(sent)

        self._client.storbinary(f"STOR {path}", io.BytesIO(content), _BLOCK, count)

    def names(self, directory: str) -> list[str]:
        """List a directory's files."""
        facts = self._client.mlsd(directory, ["type"])
        return sorted(name for name, fact in facts if fact["type"] == "file")

    def fetch(self, path: str) -> bytes:
        """Download."""
        content = io.BytesIO()
        self._client.retrbinary(f"RETR {path}", content.write, _BLOCK)
        return content.getvalue()

    def remove(self, path: str) -> None:
        """Delete a file."""
        self._client.delete(path)
