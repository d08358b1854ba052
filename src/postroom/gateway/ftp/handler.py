# ruff: noqa: ARG002, N802 - pyftpdlib finds a command by its name, and calls it with one argument
"""Commands that move bytes: STOR, APPE, RETR and what leads to them.

TYPE A is accepted and means the same as TYPE I: bytes are stored and sent as they are. Converting line ends
would make a file differ from its source, and SIZE and REST would lose their meaning; readers of dropped files
take both kinds of line end. REST continues published files only; what an interrupted upload sent is not kept.
"""

from __future__ import annotations

from typing import Final

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.ftp.file_commands import FileCommands
from postroom.gateway.ftp.library import FileProducer
from postroom.gateway.ftp.ports import ActivePort, PassivePort
from postroom.gateway.ftp.session import STOPPING
from postroom.gateway.ftp.streams import Inflow, Outflow
from postroom.gateway.seam import Upload
from postroom.gateway.vpath import VPath

_NO_DATA_PORT: Final = "425 There is no data connection: send PASV, EPSV, PORT or EPRT first."
_BUSY: Final = "450 A transfer is running; wait for its reply or send ABOR."
_OPENING: Final = "150 Open the data connection."
_OPEN: Final = "125 The data connection is open."


class _Blocks(FileProducer):  # type: ignore[misc]  # pyftpdlib has no types
    """Reads a download in blocks that fit the data connection's buffer."""

    buffer_size = 256 * 1024


class FtpHandler(FileCommands):
    """A whole session: what the server runs."""

    _announced: int | None = None
    _restart_position: int
    _dtp_acceptor: PassivePort | None

    # ------------------------------------------------------------------------------- up, down

    def ftp_STOR(self, line: str) -> None:
        """Receive a file, or with REST the rest of a published one; the bytes behind REST are replaced."""
        self._begin_upload("STOR", line)

    def ftp_APPE(self, line: str) -> None:
        """Receive bytes for the end of a published file, or a new file."""
        if self._restart_position:
            self._restart_position = 0
            self.respond("503 APPE after REST makes no sense.")
            return
        self._begin_upload("APPE", line)

    def ftp_STOU(self, line: str) -> None:
        """Refuse: the name of a dropped file names its list, so the sender chooses it."""
        self.respond("502 STOU is not supported; name the file with STOR.")

    def ftp_RETR(self, line: str) -> None:
        """Send a published file, from REST's offset on."""
        offset, self._restart_position = self._restart_position, 0
        path = self.resolved(line)
        size = self.file_at(path).size
        if not self._can_begin():
            return
        if offset > size:
            self.respond(f"554 The file has {size} bytes; REST asked for {offset}.")
            return
        outflow = Outflow(self.vfs.open_read(path), path, offset=offset)
        self.push_dtp_data(_Blocks(outflow, "i"), isproducer=True, file=outflow, cmd="RETR")

    def ftp_REST(self, line: str) -> None:
        """Note where the next transfer starts."""
        if not line.isascii() or not line.isdigit() or len(line) > 15:
            self.respond("501 REST needs a number of bytes.")
            return
        self._restart_position = int(line)
        self.respond(f"350 Restarting at {self._restart_position}.")

    def ftp_ALLO(self, line: str) -> None:
        """Note the size of the next upload, so that a file too big is refused before it is sent."""
        size = line.split(" ", 1)[0]
        if not size.isascii() or not size.isdigit() or len(size) > 15:
            self.respond("501 ALLO needs a number of bytes.")
            return
        self._announced = int(size)
        self.respond("200 Noted.")

    def ftp_ABOR(self, line: str) -> None:
        """Abort the transfer: 426 for it, then 226 for ABOR; 225 when there is none (RFC 959 section 5.4)."""
        was_busy = self._is_transferring()
        self._shutdown_connecting_dtp()
        if self.data_channel is not None:
            self.data_channel.fail("the client sent ABOR")
        if self._in_dtp_queue is not None or self._out_dtp_queue is not None:
            self.drop_queued("the client sent ABOR")
            self.respond("426 Transfer aborted: the client sent ABOR.")
        self.respond("226 ABOR done." if was_busy else "225 There is no transfer to abort.")

    def ftp_TYPE(self, line: str) -> None:
        """Accept ASCII and binary; both mean binary."""
        kind = line.upper().replace(" ", "")
        if kind in {"A", "AN", "L7"}:
            self.respond("200 Type A; bytes are kept as they are.")
        elif kind in {"I", "L8"}:
            self.respond("200 Type I.")
        else:
            self.respond("504 Types A and I are supported.")

    # --------------------------------------------------------------------- data connections

    def data_port_failed(self, port: PassivePort | ActivePort, reply: str) -> None:
        """Hear from a data port that nothing will come; a waiting transfer is over."""
        if self.is_over or port not in {self._dtp_acceptor, self._dtp_connector}:
            return
        self._dtp_acceptor = self._dtp_connector = None
        if self._is_transferring():
            self.drop_queued("the data connection was not opened")
            if reply:
                self.respond(reply)

    def _make_epasv(self, extmode: bool = False) -> None:  # noqa: FBT001, FBT002  # pyftpdlib's signature
        if self._refuse_new_port():
            return
        try:
            super()._make_epasv(extmode)
        except OSError as error:
            self.session_log.warning("no passive port", error=str(error))
            self.respond("425 No port is free for a data connection; try again in a moment.")

    def _make_eport(self, ip: str, port: int) -> None:
        if not self._refuse_new_port():
            super()._make_eport(ip, port)

    def _refuse_new_port(self) -> bool:
        # pyftpdlib would close a running upload here, and one reply would be taken for another.
        if self.data_channel is not None and self.data_channel.is_receiving:
            self.respond(_BUSY)
            return True
        self.drop_queued("the client asked for another data connection")
        return False

    # --------------------------------------------------------------------------------- inside

    def push_dtp_data(self, data: object, *args: object, **kwargs: object) -> None:
        """Send over the data connection, if one was asked for and is free."""
        if self._can_begin():
            super().push_dtp_data(data, *args, **kwargs)

    def _begin_upload(self, cmd: str, raw: str) -> None:
        offset, self._restart_position = self._restart_position, 0
        announced, self._announced = self._announced, None
        path = self.resolved(raw)
        if not self._can_begin():
            return
        upload, start = self._opened(cmd, path, offset, announced)
        inflow = Inflow(upload, path, offset=start)
        if self.data_channel is not None:
            self.respond(_OPEN)
            self.data_channel.file_obj = inflow
            self.data_channel.enable_receiving("i", cmd)
        else:
            self.respond(_OPENING)
            self._in_dtp_queue = (inflow, cmd)

    def _opened(self, cmd: str, path: VPath, offset: int, announced: int | None) -> tuple[Upload, int]:
        """Open an upload; return it and the offset of its first byte."""
        if cmd == "APPE" and (size := self._size_now(path)) is not None:
            expected = None if announced is None else size + announced
            upload = self.vfs.open_write(path, mode="append", expected=expected)
            return upload, upload.size
        if not offset:
            return self.vfs.open_write(path, mode="replace", expected=announced), 0
        size = self.file_at(path).size
        if offset > size:
            raise VfsError(VfsKind.NAME, f"The file has {size} bytes; REST asked for {offset}.")
        expected = None if announced is None else offset + announced
        upload = self.vfs.open_write(path, mode="update", expected=expected)
        upload.truncate(offset)
        return upload, offset

    def _size_now(self, path: VPath) -> int | None:
        try:
            return self.vfs.stat(path).size
        except VfsError as error:
            if error.kind is VfsKind.NOT_FOUND:
                return None
            raise

    def _can_begin(self) -> bool:
        """Tell whether a transfer can begin; answer the client when not."""
        if self._is_draining:
            self.respond(STOPPING)
        elif self._is_transferring():
            self.respond(_BUSY)
        elif self.data_channel is None and self._dtp_acceptor is None and self._dtp_connector is None:
            self.respond(_NO_DATA_PORT)
        else:
            return True
        return False

    def _is_transferring(self) -> bool:
        running = self.data_channel is not None and self.data_channel.is_running
        return running or self._in_dtp_queue is not None or self._out_dtp_queue is not None
