"""SFTP: the host key pinned, a password or a key of ours, renames that replace.

asyncssh is asynchronous; each connection has a loop of its own, which nobody else sees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final, TypeVar

import asyncssh

from postroom.contacts.errors import Denied, RemoteTrouble
from postroom.outflow.remote.seam import ANSWER_SECONDS, CONNECT_SECONDS, Address
from postroom.outflow.remote.telling import away, where

_PIECE_BYTES: Final = 4 << 20
"""So much is handed over at once: asyncssh sends it in many requests side by side."""

_T = TypeVar("_T")


class SftpRemote:
    """A folder of an SFTP server."""

    def __init__(self, address: Address) -> None:
        """Connect to the server that has the host key, log in."""
        self._address = address
        self._folder = address.folder.rstrip("/") if address.folder != "/" else "/"
        self._loop = asyncio.new_event_loop()
        self._connection: asyncssh.SSHClientConnection | None = None
        try:
            with self._told():
                self._connection = self._wait(_connect(address), CONNECT_SECONDS)
                self._client = self._wait(_open_sftp(self._connection), CONNECT_SECONDS)
                self._require_folder()
        except BaseException:
            self.close()
            raise

    def size(self, name: str) -> int | None:
        """Ask by STAT."""
        with self._told():
            try:
                found = self._wait(self._client.stat(self._path(name)))
            except asyncssh.SFTPNoSuchFile:
                return None
        return int(found.size or 0)

    def put(self, name: str, content: BinaryIO) -> None:
        """Write, in many requests side by side."""
        content.seek(0)
        with self._told():
            self._wait(self._put(self._path(name), content), None)

    def rename(self, name: str, new_name: str) -> None:
        """Rename as POSIX does where the server can; else what stands in the way is removed first."""
        old, new = self._path(name), self._path(new_name)
        with self._told():
            try:
                self._wait(self._client.posix_rename(old, new))
            except asyncssh.SFTPOpUnsupported:
                with suppress(asyncssh.SFTPNoSuchFile):
                    self._wait(self._client.remove(new))
                self._wait(self._client.rename(old, new))

    def remove(self, name: str) -> None:
        """Remove the file."""
        with self._told(), suppress(asyncssh.SFTPNoSuchFile):
            self._wait(self._client.remove(self._path(name)))

    def close(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            with suppress(TimeoutError, OSError, asyncssh.Error):
                self._wait(connection.wait_closed(), 2.0)
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _put(self, path: str, content: BinaryIO) -> None:
        async with self._client.open(path, "wb") as file:
            while piece := content.read(_PIECE_BYTES):
                await asyncio.wait_for(file.write(piece), ANSWER_SECONDS)

    def _require_folder(self) -> None:
        if self._folder and not self._wait(self._client.isdir(self._folder)):
            raise RemoteTrouble(
                f"{self._address.host} has no folder {self._address.folder}.", code="NO_FOLDER"
            )

    def _path(self, name: str) -> str:
        return f"{self._folder.rstrip('/')}/{name}" if self._folder else name

    def _wait(self, coroutine: Coroutine[Any, Any, _T], seconds: float | None = ANSWER_SECONDS) -> _T:
        return self._loop.run_until_complete(asyncio.wait_for(coroutine, seconds))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong in words of our own."""
        place = where(self._address)
        try:
            yield
        except asyncssh.HostKeyNotVerifiable as other:
            raise Denied(
                f"{place} has another host key than before: somebody may be in between. If it was changed on"
                " purpose, change the location with --pin-host-key (over the API pin_host_key).",
                code="HOST_KEY_CHANGED",
            ) from other
        except asyncssh.PermissionDenied as refused:
            raise Denied(f"{place} refuses the login: {refused.reason}", code="LOGIN_REFUSED") from refused
        except asyncssh.SFTPError as refused:
            raise RemoteTrouble(f"{place} refuses: {refused.reason}", code="REMOTE_REFUSES") from refused
        except (asyncssh.Error, OSError) as broken:
            raise away(place, broken) from broken


def host_key_of(host: str, port: int) -> str:
    """Return the host key that a server shows now, as a line of known_hosts without the host.

    Raises RemoteTrouble when it shows none.
    """
    try:
        key = asyncio.run(asyncio.wait_for(asyncssh.get_server_host_key(host, port), CONNECT_SECONDS))
    except (asyncssh.Error, OSError) as broken:
        raise away(f"{host}:{port}", broken) from broken
    if key is None:
        raise RemoteTrouble(f"{host}:{port} shows no host key.", code="REMOTE_AWAY")
    return key.export_public_key("openssh").decode().strip()


def fingerprint(host_key: str) -> str:
    """Return what people compare of a host key, beginning with SHA256; raise ValueError for what is none."""
    return str(asyncssh.import_public_key(host_key).get_fingerprint())


def new_key_pair(comment: str) -> tuple[str, str]:
    """Make a key to log in with; return its private half (OpenSSH) and the public line."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return key.export_private_key("openssh").decode(), key.export_public_key("openssh").decode().strip()


async def _open_sftp(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    return await connection.start_sftp_client()


async def _connect(address: Address) -> asyncssh.SSHClientConnection:
    key = asyncssh.import_public_key(address.host_key or "")
    own = [asyncssh.import_private_key(address.private_key)] if address.private_key else []
    return await asyncssh.connect(
        address.host,
        address.port,
        username=address.username,
        password=address.password,
        client_keys=own,
        known_hosts=([key], [], []),
        config=None,
        agent_path=None,
        preferred_auth="publickey" if own else "password,keyboard-interactive",
        connect_timeout=CONNECT_SECONDS,
        login_timeout=CONNECT_SECONDS,
        keepalive_interval=15,
    )
