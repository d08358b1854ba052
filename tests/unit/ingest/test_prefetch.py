"""Reading ahead keeps the order, hands errors over and stops when nobody listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count, islice

import pytest

from postroom.ingest.prefetch import prefetched

PATIENCE = 10.0


def test_items_come_in_order() -> None:
    assert list(prefetched(range(100))) == list(range(100))


def test_nothing_is_nothing() -> None:
    assert list(prefetched([])) == []


def test_an_error_of_the_producer_is_raised_where_the_items_are_read() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("broken archive")

    items = prefetched(failing())

    assert next(items) == 1
    with pytest.raises(ValueError, match="broken archive"):
        next(items)


def test_the_producer_works_ahead_in_a_thread_of_its_own() -> None:
    second_made = threading.Event()

    def noting() -> Iterator[int]:
        yield 1
        second_made.set()
        yield 2

    items = prefetched(noting())

    assert next(items) == 1
    assert second_made.wait(PATIENCE)
    assert list(items) == [2]


def test_a_consumer_that_gives_up_ends_the_producer() -> None:
    items = prefetched(count())
    assert list(islice(items, 3)) == [0, 1, 2]

    items.close()  # type: ignore[attr-defined]  # it is a generator

    assert "prefetch" not in {thread.name for thread in threading.enumerate()}


def test_no_more_than_the_depth_is_made_ahead() -> None:
    made: list[int] = []

    def noting() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    items = prefetched(noting(), depth=2)
    next(items)

    assert len(made) <= 5
    items.close()  # type: ignore[attr-defined]  # it is a generator
