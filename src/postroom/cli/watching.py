"""`postroom drop show --watch`: how far a drop is, until it has come to its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from postroom.cli.output import print_json_line, say, visible

if TYPE_CHECKING:
    from rich.console import Console

    from postroom.drops.progress import DropProgress
    from postroom.drops.room import Room
    from postroom.store.drops import Drop

EXIT_CODES = {"refused": 2, "parked": 5}
"""How a command that waited for a drop ends, by the drop's state; 0 for all others."""

_UNDER_WAY = ("arriving", "ready", "claimed")
_WAITS = {
    "arriving": "waits to be known as whole",
    "ready": "waits for its turn",
    "claimed": "is being processed",
}
_SECONDS_BETWEEN_LOOKS = 0.5

Far = dict[str, Any]
"""How far a drop is, as programs are told: numbers of rows, percent, rows per second, seconds."""
Look = Callable[[], "tuple[Drop, Far | None]"]
Tell = Callable[["Drop", Far | None], None]


def pause() -> None:
    """Let a moment pass between two looks."""
    time.sleep(_SECONDS_BETWEEN_LOOKS)


def watch(look: Look, tell: Tell, pause: Callable[[], object] = pause) -> None:
    """Tell how a drop goes on, looking again after each pause, until it has come to its end."""
    while True:
        drop, far = look()
        if drop.state not in _UNDER_WAY:
            return
        tell(drop, far)
        pause()


@contextmanager
def telling(*, as_json: bool) -> Iterator[Tell]:
    """Yield who tells: in a terminal a bar, else a line for each change."""
    if as_json:
        yield _on_change(_tell_in_json)
    elif sys.stdout.isatty():
        from rich.console import Console

        with bar(Console()) as tell:
            yield tell
    else:
        yield _on_change(lambda drop, far: say(f"{drop.state}: {_words(drop, far)}"))


def far_of(room: Room, drop: Drop) -> Far | None:
    """Return how far a drop is, None when nobody works on it."""
    from postroom.drops.progress import progress_of

    progress = progress_of(room, drop.account_id, drop.drop_id)
    return _plain(progress) if progress else None


def how_far(far: Far) -> str:
    """Say how far a drop is."""
    told = (
        f"{far['lines']} of about {far['expected']} lines ({far['percent']:.0f} %), "
        f"{far['applied']} applied, {far['refused']} refused, {far['lines_per_second']} lines/s"
    )
    return told if far["seconds_left"] is None else f"{told}, {far['seconds_left']} s left"


@contextmanager
def bar(console: Console) -> Iterator[Tell]:
    """Yield who draws a bar on the last line of a terminal; it is gone at the end."""
    from rich.progress import BarColumn, Progress, TextColumn

    # Without markup: a name comes from a stranger.
    name, words = (TextColumn(f"{{task.fields[{field}]}}", markup=False) for field in ("name", "words"))
    with Progress(name, BarColumn(), words, console=console, transient=True) as drawn:
        task = drawn.add_task("", total=None, name="", words="")

        def tell(drop: Drop, far: Far | None) -> None:
            drawn.update(
                task,
                total=100 if far else None,
                completed=far["percent"] if far else 0,
                name=visible(drop.name),
                words=_words(drop, far),
                refresh=True,
            )

        yield tell


def _words(drop: Drop, far: Far | None) -> str:
    return how_far(far) if far else _WAITS[drop.state]


def _plain(progress: DropProgress) -> Far:
    left = progress.seconds_left
    return {
        "lines": progress.lines,
        "applied": progress.applied,
        "refused": progress.refused,
        "expected": progress.expected,
        "percent": round(progress.percent, 1),
        "lines_per_second": round(progress.rate),
        "seconds_left": None if left is None else round(left),
    }


def _tell_in_json(drop: Drop, far: Far | None) -> None:
    print_json_line({"id": drop.public_id, "state": drop.state, "progress": far})


def _on_change(tell: Tell) -> Tell:
    last: list[object] = []

    def tell_change(drop: Drop, far: Far | None) -> None:
        now = (drop.state, far)
        if last != [now]:
            last[:] = [now]
            tell(drop, far)

    return tell_change
