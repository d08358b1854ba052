"""Being killed between two steps, without a process of its own."""

from __future__ import annotations

from collections.abc import Callable


class Killed(Exception):
    """What ends everything, wherever it is."""


def dying(at: str) -> Callable[[str], None]:
    """Return what is told of steps, and dies at one."""

    def die(step: str) -> None:
        if step == at:
            raise Killed(step)

    return die
