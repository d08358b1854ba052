"""One piece of work in a thread, on a connection that its caller leaves alone meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self


class Background:
    """Lets PostgreSQL take one lot while the next is made ready; all who share a connection share one.

    Whoever is about to use the connection settles first.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")
        self._running: Future[None] | None = None

    def __enter__(self) -> Self:
        """Use as a context: at its end the connection is not used any more."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what still runs, whatever comes of it: the transaction tells."""
        self._thread.shutdown(wait=True)

    def begin(self, work: Callable[[], None]) -> None:
        """Have `work` done; the caller has settled."""
        self._running = self._thread.submit(work)

    def settle(self) -> None:
        """Have the connection to ourselves: wait for what runs, and raise what it raised."""
        if self._running is not None:
            running, self._running = self._running, None
            running.result()


class Foreground(Background):
    """Does everything at once, for who may be interrupted between two steps and has no end of its own."""

    def begin(self, work: Callable[[], None]) -> None:
        """Do `work`."""
        work()
