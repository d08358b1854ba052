"""The bytes of one transfer between a data connection and the virtual file system."""

from __future__ import annotations

from typing import Final, Literal, Protocol

from OpenSSL import SSL

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.seam import CommittedFile, How, Reader, Upload
from postroom.gateway.vpath import VPath

End = How | Literal["broken"]

# How often the size limit a client may go on sending before it is cut off: most clients read the reason of a
# refusal only after they have sent everything, and report a bare "connection reset" otherwise.
PATIENCE: Final = 4


class Socket(Protocol):
    """What receiving needs of a socket or a TLS connection, both non-blocking."""

    def recv(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        ...


def received(connection: Socket, limit: int) -> tuple[bytes, End | None]:
    """Read what is there, up to `limit` bytes, and tell whether and how the stream ended.

    Only two endings are clean: TLS close_notify, and an orderly close of a plain connection. Everything else,
    such as a reset or a TLS connection closed without close_notify, is "broken": the file is not whole.
    """
    tls = isinstance(connection, SSL.Connection)
    chunks: list[bytes] = []
    room = limit
    end: End | None = None
    try:
        while room > 0 and end is None:
            chunk = connection.recv(room)
            chunks.append(chunk)
            room -= len(chunk)
            if not chunk:
                end = "broken" if tls else "ftp-eof"
            if not tls:
                break
    except (SSL.WantReadError, SSL.WantWriteError, BlockingIOError):
        pass
    except SSL.ZeroReturnError:
        end = "tls-close-notify"
    except (SSL.Error, OSError):
        end = "broken"
    return b"".join(chunks), end


class Inflow:
    """An upload fed by a data connection. Looks enough like a file for pyftpdlib to close it."""

    def __init__(self, upload: Upload, path: VPath, *, offset: int = 0) -> None:
        """Write what comes into `upload`, from `offset` on."""
        self.path = path
        self.name = str(path)
        self.closed = False
        self._upload = upload
        self._position = offset
        self._refusal: VfsError | None = None
        self._patience = 0

    @property
    def size(self) -> int:
        """Return the size in bytes that the file has or would have."""
        return self._position

    def write(self, data: bytes) -> None:
        """Keep the bytes. After a refusal for size they are read and dropped, up to PATIENCE times the limit.

        Raises VfsError when the transfer should end now.
        """
        start = self._position
        self._position += len(data)
        if self._refusal is not None:
            if self._position > self._patience:
                raise self._refusal
            return
        try:
            self._upload.write_at(start, data)
        except VfsError as error:
            self._refuse(error)

    def commit(self, how: How) -> CommittedFile:
        """Publish. Raises VfsError, also for what was refused before."""
        if self._refusal is not None:
            raise self._refusal
        self.closed = True
        return self._upload.commit(how, confirmed=how != "ftp-eof")

    def abort(self, reason: str) -> None:
        """Forget the upload; harmless when it is over."""
        self.closed = True
        self._upload.abort(reason)

    def close(self) -> None:
        """Forget the upload unless it was published: closed does not mean complete."""
        if not self.closed:
            self.abort("the transfer ended before the file did")

    def _refuse(self, error: VfsError) -> None:
        self._refusal = error
        self._upload.abort(error.message)
        if error.kind is not VfsKind.TOO_BIG:
            raise error
        self._patience = PATIENCE * self._position


class Outflow:
    """A published file read in order by a data connection. Looks enough like a file for pyftpdlib."""

    def __init__(self, reader: Reader, path: VPath, *, offset: int = 0) -> None:
        """Read from `offset` on."""
        self.path = path
        self.name = str(path)
        self.closed = False
        self._reader = reader
        self._position = offset
        self._is_from_start = offset == 0
        self._is_read = False

    @property
    def wants_receipt(self) -> bool:
        """Tell whether all of the file was read, and it is to be known when the client has it."""
        return self._reader.wants_receipt and self._is_from_start and self._is_read

    def read(self, size: int) -> bytes:
        """Return the next bytes, b"" at the end."""
        data = self._reader.read_at(self._position, size)
        self._position += len(data)
        self._is_read = not data
        return data

    def delivered(self) -> None:
        """Record that the client has all of it. Raises VfsError."""
        self._reader.delivered()

    def close(self) -> None:
        """Let go of the file."""
        if not self.closed:
            self.closed = True
            self._reader.close()
