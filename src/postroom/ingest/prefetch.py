"""Producing in one thread while another consumes: reading goes on while PostgreSQL takes its COPY."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_END = object()


def prefetched(items: Iterable[T], *, depth: int = 1) -> Iterator[T]:
    """Yield `items` in order, made ahead in a thread, at most `depth` waiting.

    An exception of the producer is raised here; when the consumer gives up, the producer stops.
    """
    waiting: queue.Queue[object] = queue.Queue(maxsize=depth)
    given_up = threading.Event()

    def put(item: object) -> bool:
        while not given_up.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    thread = threading.Thread(target=_produce, args=(items, put), name="prefetch", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield item  # type: ignore[misc]  # the queue holds only items of T besides the two marks
    finally:
        given_up.set()
        thread.join()


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _produce(items: Iterable[T], put: Callable[[object], bool]) -> None:
    try:
        for item in items:
            if not put(item):
                return
    except BaseException as error:  # noqa: BLE001  # handed to the consumer, whatever it is
        put(_Failed(error))
    else:
        put(_END)
