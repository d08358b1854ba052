"""The law, run once per distinct value that the vectorised way leaves open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import polars as pl

Answer = TypeVar("Answer")

MEMO_ENTRIES = 100_000


class Memo(Generic[Answer]):
    """Remembers what a law said of a text, across frames, within a bounded memory."""

    def __init__(self, law: Callable[[str], Answer], entries: int = MEMO_ENTRIES) -> None:
        """Keep at most `entries` answers of `law`."""
        self._law = law
        self._entries = entries
        self._answers: dict[str, Answer] = {}

    def __call__(self, text: str) -> Answer:
        """Return the law's answer."""
        if text in self._answers:
            return self._answers[text]
        answer = self._law(text)
        # Starting over is as good as forgetting the oldest: what comes often is soon back.
        if len(self._answers) >= self._entries:
            self._answers.clear()
        self._answers[text] = answer
        return answer

    def __len__(self) -> int:
        """Count the answers that are remembered."""
        return len(self._answers)


def settle(settled: pl.Series, asked: pl.Series, open_rows: pl.Series, law: Memo[Answer]) -> pl.Series:
    """Fill the rows of `settled` where `open_rows` is true with the law's answers to `asked`.

    All three have the same length; `open_rows` is boolean without nulls. The result has the type of
    `settled`.
    """
    if not open_rows.any():
        return settled
    questions = asked.filter(open_rows)
    distinct = questions.unique()
    answers = pl.Series([law(text) for text in distinct.to_list()], dtype=settled.dtype)
    return settled.scatter(open_rows.arg_true(), questions.replace_strict(distinct, answers))
