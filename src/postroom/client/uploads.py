"""Files on their way to the server."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

Progress = Callable[[int, int], None]
"""Is told how many bytes were sent, of how many."""


class Upload:
    """A file as a part of a form: read as it is sent, and from its beginning when it is sent again."""

    def __init__(self, file: BinaryIO, name: str, on_progress: Progress | None = None) -> None:
        """Take a seekable file, of which everything from here on is sent, and its name for the server."""
        self.name = name
        self._file = file
        self._on_progress = on_progress
        self._start = file.tell()
        self._size = file.seek(0, os.SEEK_END) - self._start
        file.seek(self._start)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes: whoever asks sends them then."""
        piece = self._file.read(size)
        if self._on_progress is not None:
            self._on_progress(self.tell(), self._size)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place within what is sent."""
        base = self._start if whence == os.SEEK_SET else 0
        return self._file.seek(base + offset, whence) - self._start

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._file.tell() - self._start
