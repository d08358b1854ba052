"""An open file in memory."""

from __future__ import annotations


class MemoryReader:
    """An open file: the bytes as they were when it was opened."""

    def __init__(self, content: bytes) -> None:
        """Hold the bytes."""
        self._content = content

    wants_receipt = False

    def delivered(self) -> None:
        """Do nothing: nobody asks."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return a slice."""
        return self._content[offset : offset + size]

    def close(self) -> None:
        """Do nothing."""
