from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from postroom.gateway.pieces import Pieces


def test_a_file_of_which_nothing_came_is_empty_and_whole() -> None:
    pieces = Pieces()

    assert (pieces.end, pieces.gap) == (0, None)


def test_a_gap_is_told_by_its_first_byte() -> None:
    pieces = Pieces()
    pieces.add(0, 10)
    pieces.add(20, 30)

    assert (pieces.end, pieces.gap) == (30, 10)


def test_a_missing_beginning_is_a_gap() -> None:
    pieces = Pieces()
    pieces.add(5, 10)

    assert pieces.gap == 0


def test_cutting_before_the_gap_leaves_a_whole_file() -> None:
    pieces = Pieces()
    pieces.add(0, 10)
    pieces.add(20, 30)

    pieces.cut(8)

    assert (pieces.end, pieces.gap) == (8, None)


def test_cutting_behind_the_gap_leaves_it() -> None:
    pieces = Pieces()
    pieces.add(0, 10)
    pieces.add(20, 30)

    pieces.cut(25)

    assert (pieces.end, pieces.gap) == (25, 10)


def test_what_a_sender_extends_is_zeros_and_no_gap() -> None:
    pieces = Pieces()
    pieces.add(0, 10)

    pieces.cut(100)

    assert (pieces.end, pieces.gap) == (100, None)


@given(st.lists(st.integers(1, 9), max_size=30), st.randoms(use_true_random=False))
def test_pieces_in_any_order_are_whole_exactly_when_all_have_come(
    sizes: list[int], order: random.Random
) -> None:
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    parts = list(zip(starts, sizes, strict=True))
    order.shuffle(parts)
    pieces = Pieces()
    came: set[int] = set()

    for start, size in parts:
        pieces.add(start, start + size)
        came.update(range(start, start + size))
        assert pieces.end == max(came) + 1
        missing = set(range(pieces.end)) - came
        assert pieces.gap == (min(missing) if missing else None)
