"""Blocks are written in a thread, all of them and in order, or their failure is heard of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from postroom.outflow.conveying import conveyed


def test_blocks_arrive_whole_and_in_order() -> None:
    written: list[bytes] = []
    blocks = [bytes([number % 256]) * number for number in range(300)]

    with conveyed(written.append) as convey:
        for block in blocks:
            convey(block)

    assert written == blocks


def test_they_are_written_elsewhere() -> None:
    threads: list[int] = []

    with conveyed(lambda _block: threads.append(threading.get_ident())) as convey:
        convey(b"x")

    assert threads != [threading.get_ident()]


def full(block: bytes) -> None:
    raise OSError(28, "No space left on device")


def convey_all(write: Callable[[bytes], object], blocks: Iterable[bytes]) -> None:
    with conveyed(write) as convey:
        for block in blocks:
            convey(block)


def test_who_hands_over_hears_that_the_disk_is_full() -> None:
    with pytest.raises(OSError, match="No space"):
        convey_all(full, [b"x"] * 10_000)


def test_a_failure_of_the_last_block_is_heard_of_too() -> None:
    with pytest.raises(OSError, match="No space"):
        convey_all(full, [b"x"])


def test_a_failure_of_who_hands_over_ends_the_thread() -> None:
    def failing() -> Iterator[bytes]:
        yield b"x"
        raise ValueError("mine")

    before = threading.active_count()

    with pytest.raises(ValueError, match="mine"):
        convey_all(lambda _block: None, failing())

    assert threading.active_count() == before
