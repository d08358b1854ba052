"""How answers look: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:  # rich is imported when something is drawn
    from rich.console import Console, RenderableType
    from rich.text import Text

# Names and values come from strangers: in a terminal these could do more than be read.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROL_IN_JSON = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_UNBOUNDED_COLUMNS = 100_000
"""Wide enough that nothing wraps: what is piped is read by programs line by line."""


def print_json(value: object) -> None:
    """Print one JSON document: times in ISO 8601 and UTC, numbers as numbers."""
    _print_json(value, indent=2)


def print_json_line(value: object) -> None:
    """Print one JSON document of several, each on a line."""
    _print_json(value, indent=None)


def _print_json(value: object, *, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    typer.echo(_CONTROL_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def say(text: str) -> None:
    """Print a sentence, with what a terminal would obey made visible."""
    typer.echo(visible(text))


def print_table(columns: Mapping[str, str], rows: Sequence[Mapping[str, object]], *, empty: str) -> None:
    """Print `rows` under the headers of `columns` (header by key); without rows print `empty`."""
    from rich.table import Table

    if not rows:
        say(empty)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for key, header in columns.items():
        numbers = all(isinstance(row[key], int) and not isinstance(row[key], bool) for row in rows)
        table.add_column(header, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[key]) for key in columns))
    _print(table)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print one thing: a line for each of its facts; those that are None are left out."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value is not None:
            table.add_row(_cell(name), _cell(value))
    _print(table)


def shown(value: object) -> str:
    """Say a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return visible(str(value))


def visible(text: str) -> str:
    """Escape what is not for the eye, so that a name cannot move the cursor or turn the line around."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def _cell(value: object) -> Text:
    from rich.text import Text

    # Never as a plain string: rich would take [brackets] in it for markup.
    return Text(shown(value))


def _print(renderable: RenderableType) -> None:
    console = _console()
    with console.capture() as captured:
        console.print(renderable)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip(), color=console.color_system is not None)


def _console() -> Console:
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if terminal else _UNBOUNDED_COLUMNS, highlight=False)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
