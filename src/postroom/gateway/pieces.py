"""Which bytes of an upload have come: pieces may arrive in any order, but none may be missing at the end."""

from __future__ import annotations

import heapq


class Pieces:
    """The parts of a file that were written; offsets and sizes in bytes."""

    def __init__(self) -> None:
        """Know of nothing yet."""
        self._whole = 0
        self._ahead: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Note that the bytes from `start` up to `end` are there."""
        if start > self._whole:
            heapq.heappush(self._ahead, (start, end))
            return
        self._whole = max(self._whole, end)
        while self._ahead and self._ahead[0][0] <= self._whole:
            self._whole = max(self._whole, heapq.heappop(self._ahead)[1])

    def cut(self, size: int) -> None:
        """Note that the file was given `size`: what it gained are zeros that its sender asked for."""
        grown = size > self.end
        self._ahead = [(start, min(end, size)) for start, end in self._ahead if start < size]
        heapq.heapify(self._ahead)
        self._whole = min(self._whole, size)
        if grown:
            self._whole, self._ahead = size, []

    @property
    def end(self) -> int:
        """Return the size of the file, gaps counted in."""
        return max([self._whole, *(end for _start, end in self._ahead)])

    @property
    def gap(self) -> int | None:
        """Return where the first missing byte would be, or None when nothing is missing."""
        return self._whole if self._ahead else None
