"""What stands behind the handle of an open file."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from asyncssh import SFTPError

from postroom.gateway.seam import Reader, Stat, Upload
from postroom.gateway.vpath import VPath

# A trip to a thread takes about 50 us (measured), so what clients read in pieces of 32 KiB is fetched in
# larger ones.
BLOCK_BYTES: Final = 256 * 1024


class ReadHandle:
    """A published file, open for reading in whatever pieces a client likes."""

    def __init__(self, path: VPath, stat: Stat, reader: Reader) -> None:
        """Own `reader`; `stat` is the file as it was when it was opened."""
        self.path = path
        self.stat = stat
        self._reader = reader
        self._start = 0
        self._block = b""
        self._sent = 0

    def at_hand(self, offset: int, size: int) -> bytes | None:
        """Return the bytes if they are at hand; None if the storage must be asked for them."""
        start = offset - self._start
        # Never less than was asked for unless the file ends: many clients take a short answer for the end.
        whole = start >= 0 and start + size <= len(self._block)
        return self._noted(offset, self._block[start : start + size]) if whole else None

    def fetch(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`, b"" at the end. Blocks; raises VfsError(IO)."""
        self._block = self._reader.read_at(offset, max(size, BLOCK_BYTES))
        self._start = offset
        return self._noted(offset, self._block[:size])

    def finish(self) -> None:
        """End as the client wishes: when it was sent every byte, it has the file. Blocks; raises VfsError."""
        try:
            if self._reader.wants_receipt and self._sent == self.stat.size:
                self._reader.delivered()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file. Blocks."""
        self._block = b""
        self._reader.close()

    def _noted(self, offset: int, data: bytes) -> bytes:
        # Clients that take all of a file ask for it in order, however many requests are on their way at once.
        if offset <= self._sent:
            self._sent = max(self._sent, offset + len(data))
        return data


class WriteHandle:
    """An upload, from OPEN to the CLOSE that publishes it."""

    def __init__(self, path: VPath, upload: Upload, *, append: bool, changed: bool, readable: bool) -> None:
        """Own `upload`.

        `append`: offsets are ignored, all goes to the end. `changed`: to be published even if nothing is
        written. `readable`: the client may also read, which shows the published file until the first write.
        """
        self.path = path
        self.upload = upload
        self.append = append
        self.changed = changed
        self.readable = readable
        self.written = False
        self.modified_at: datetime | None = None
        self.failure: SFTPError | None = None
        self.source: ReadHandle | None = None

    def write(self, offset: int, data: bytes) -> int:
        """Keep `data` and return its length. Raises VfsError, or the SFTPError of an earlier failure."""
        self.check()
        self.upload.write_at(self.upload.size if self.append else offset, data)
        self.changed = self.written = True
        return len(data)

    def truncate(self, size: int) -> None:
        """Cut or extend to `size` bytes; raises like `write`."""
        self.check()
        if size == self.upload.size:
            return
        self.upload.truncate(size)
        self.changed = self.written = True

    def check(self) -> None:
        """Raise the SFTPError of the first failure, if there was one: it sticks to the handle."""
        if self.failure is not None:
            # A new one each time: a raised exception collects tracebacks.
            raise SFTPError(self.failure.code, self.failure.reason)
