"""Packing beside reading: while one block is compressed, the database sends the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Final

_BLOCKS_WAITING: Final = 8


@contextmanager
def conveyed(write: Callable[[bytes], object]) -> Iterator[Callable[[bytes], None]]:
    """Yield what hands blocks to a thread that writes them, in their order; all are written at the end.

    A few blocks wait at the most. Raises what writing raised, at the next block or at the end.
    """
    blocks: Queue[bytes | None] = Queue(_BLOCKS_WAITING)
    failures: list[BaseException] = []

    def work() -> None:
        while (block := blocks.get()) is not None:
            if failures:
                continue  # what waits is taken, so that nobody waits to hand it over
            try:
                write(block)
            except BaseException as failure:  # noqa: BLE001  # whoever hands blocks over raises it
                failures.append(failure)

    def convey(block: bytes) -> None:
        if failures:
            raise failures[0]
        blocks.put(block)

    worker = threading.Thread(target=work, name="postroom-packing", daemon=True)
    worker.start()
    try:
        yield convey
    finally:
        blocks.put(None)
        worker.join()
    if failures:
        raise failures[0]
