"""The SFTP packet loop, made to tell a finished upload from a broken one.

asyncssh calls `SFTPServer.close` both for a client's CLOSE and, cleaning up after a lost connection, for all
that is still open. This subclass takes open files away before that clean-up. It overrides private methods:
an asyncssh release may be taken up only when the tests of interrupted uploads pass with it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from asyncssh import SFTPFailure, SFTPName, SSHReader, SSHWriter
from asyncssh.constants import (
    FXP_CLOSE,
    FXP_FSETSTAT,
    FXP_FSTAT,
    FXP_LSTAT,
    FXP_MKDIR,
    FXP_OPEN,
    FXP_OPENDIR,
    FXP_READ,
    FXP_READDIR,
    FXP_READLINK,
    FXP_REALPATH,
    FXP_REMOVE,
    FXP_RENAME,
    FXP_RMDIR,
    FXP_SETSTAT,
    FXP_STAT,
    FXP_SYMLINK,
    FXP_WRITE,
)
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPInvalidHandle, SFTPLimits, SFTPServerHandler

from postroom.gateway.sftp.lobby import Visit
from postroom.gateway.sftp.session import MAX_READ_BYTES, SftpSession

VERSION: Final = 3
_MAX_PACKET_BYTES: Final = 256 * 1024

# CLOSE, and the end of the connection, are two different things here.
_NO_CLOSE: Final = "the connection ended before the file was closed"


def _by_name(name: str) -> Callable[[SFTPServerHandler, SSHPacket], Awaitable[object]]:
    def call(handler: SFTPServerHandler, packet: SSHPacket) -> Awaitable[object]:
        answer: Awaitable[object] = getattr(handler, name)(packet)
        return answer

    return call


class SftpHandler(SFTPServerHandler):
    """Reads the requests of one SFTP channel and answers them."""

    # What is not named here is answered with "unsupported" and not advertised.
    _extensions = [  # noqa: RUF012 - asyncssh's attribute
        (b"posix-rename@openssh.com", b"1"),
        (b"fsync@openssh.com", b"1"),
        (b"limits@openssh.com", b"1"),
    ]
    _packet_handlers = {  # noqa: RUF012 - asyncssh's attribute
        FXP_OPEN: _by_name("_process_open"),
        FXP_CLOSE: _by_name("_process_close"),
        FXP_READ: _by_name("_process_read"),
        FXP_WRITE: _by_name("_process_write"),
        FXP_LSTAT: _by_name("_process_lstat"),
        FXP_FSTAT: _by_name("_process_fstat"),
        FXP_SETSTAT: _by_name("_process_setstat"),
        FXP_FSETSTAT: _by_name("_process_fsetstat"),
        FXP_OPENDIR: _by_name("_process_opendir"),
        FXP_READDIR: _by_name("_process_readdir"),
        FXP_REMOVE: _by_name("_process_remove"),
        FXP_MKDIR: _by_name("_process_mkdir"),
        FXP_RMDIR: _by_name("_process_rmdir"),
        FXP_REALPATH: _by_name("_process_realpath"),
        FXP_STAT: _by_name("_process_stat"),
        FXP_RENAME: _by_name("_process_rename"),
        FXP_READLINK: _by_name("_process_readlink"),
        FXP_SYMLINK: _by_name("_process_symlink"),
        b"posix-rename@openssh.com": _by_name("_process_posix_rename"),
        b"fsync@openssh.com": _by_name("_process_fsync"),
        b"limits@openssh.com": _by_name("_process_limits"),
    }

    def __init__(
        self,
        session: SftpSession,
        reader: SSHReader[bytes],
        writer: SSHWriter[bytes],
        *,
        visit: Visit,
        max_open_files: int,
    ) -> None:
        """Serve `session` on a channel of the connection `visit`."""
        super().__init__(session, reader, writer, VERSION)
        self._session = session
        self._visit = visit
        self._max_open_files = max_open_files

    async def run(self) -> None:
        """Serve until the channel ends, in whatever way."""
        try:
            await super().run()
        finally:
            # Nothing is left here unless the task was cancelled or failed.
            self._visit.open_files -= len(self._file_handles)
            self._session.abandon_all(_NO_CLOSE)

    async def _cleanup(self, exc: Exception | None) -> None:
        files, self._file_handles = list(self._file_handles.values()), {}
        for file_obj in files:
            await self._session.abandon(file_obj, _NO_CLOSE)
            self._visit.open_files -= 1
        await super()._cleanup(exc)

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        self._visit.touch()
        await super()._process_packet(pkttype, pktid, packet)
        if self._writer is not None:
            # asyncssh does not wait: a client that asks for much and reads nothing would fill our memory.
            await self._writer.drain()
        self._visit.leave_if_told()

    async def _process_open(self, packet: SSHPacket) -> bytes:
        self._check_room()
        handle = await super()._process_open(packet)
        self._visit.open_files += 1
        return handle

    async def _process_close(self, packet: SSHPacket) -> None:
        before = len(self._file_handles)
        try:
            await super()._process_close(packet)
        finally:
            self._visit.open_files -= before - len(self._file_handles)

    async def _process_write(self, packet: SSHPacket) -> int:
        handle = packet.get_string()
        offset = packet.get_uint64()
        data = packet.get_string()
        # No check for the packet's end: rclone 1.60 sends trailing bytes with the last piece.
        file_obj = self._file_handles.get(handle)
        if file_obj is None:
            raise SFTPInvalidHandle("This file is not open.")
        return self._session.write(file_obj, offset, data)

    async def _process_opendir(self, packet: SSHPacket) -> bytes:
        path = packet.get_string()
        packet.check_end()
        self._check_room()
        # asyncssh lists at the first READDIR; clients expect to hear here that a folder does not exist.
        names = await self._session.folder(path)
        handle = self._get_next_handle()
        self._dir_handles[handle] = _each(names)
        return handle

    async def _process_limits(self, packet: SSHPacket) -> SFTPLimits:
        packet.check_end()
        return SFTPLimits(_MAX_PACKET_BYTES, MAX_READ_BYTES, MAX_READ_BYTES, self._max_open_files)

    def _check_room(self) -> None:
        if self._visit.told_to_leave:
            raise SFTPFailure("The server is stopping; try again in a minute.")
        if len(self._file_handles) + len(self._dir_handles) >= self._max_open_files:
            raise SFTPFailure(f"No more than {self._max_open_files} files may be open at once; close some.")


async def _each(names: list[SFTPName]) -> AsyncIterator[SFTPName]:
    for name in names:
        yield name
