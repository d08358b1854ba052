"""Where the time of an import goes: the clock between the steps it announces, and around each statement."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import FunctionType, ModuleType
from typing import Any, TypeVar
from unittest.mock import patch

_T = TypeVar("_T")


class Laps:
    """Seconds by step, in the order in which the steps were first taken."""

    def __init__(self) -> None:
        """Begin now."""
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, step: str) -> None:
        """Count the time since the last note for `step`; fit for Room.between_steps."""
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now

    @contextmanager
    def timing(self, merge: ModuleType) -> Iterator[None]:
        """Time the statements of the merge for a block; what came before each is its own lap."""
        self._last = time.perf_counter()
        timed = {name: self._timed(name, statement) for name, statement in _statements(merge)}
        with ExitStack() as stack:
            for name, statement in timed.items():
                stack.enter_context(patch.object(merge, name, statement))
            yield

    def _timed(self, name: str, statement: Callable[..., _T]) -> Callable[..., _T]:
        @wraps(statement)
        def timed(*arguments: Any, **named: Any) -> _T:
            self.note(f"before {name}")
            try:
                return statement(*arguments, **named)
            finally:
                self.note(name)

        return timed


def _statements(merge: ModuleType) -> list[tuple[str, FunctionType]]:
    """Return the public functions that `merge` itself defines and that do their work when called."""
    found = inspect.getmembers(merge, inspect.isfunction)
    return [
        (name, function)
        for name, function in found
        if not name.startswith("_")
        and function.__module__ == merge.__name__
        and not hasattr(function, "__wrapped__")  # a context manager: its time is its block's
    ]
