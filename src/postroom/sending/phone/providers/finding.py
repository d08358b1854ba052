"""Finding a value in what a provider says: by a path into JSON, or by a pattern in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 1000
"""Of what is found no more is kept."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Where a value stands: `path` from key to key (a number is a place in a list), or `pattern`'s group."""

    path: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def within(self, read: object, text: str) -> str:
        """Return the value as a text; "" when it is not there. `read` is what was read of `text`."""
        if self.pattern is not None:
            found = self.pattern.search(text)
            return (found.group(1) or "")[:_LONGEST] if found else ""
        value = self.value(read)
        if value is None or isinstance(value, dict | list):
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)[:_LONGEST]

    def value(self, read: object) -> object:
        """Return whatever stands at the path, None when nothing does; a form may have the path as a name."""
        whole = ".".join(self.path)
        if isinstance(read, dict) and whole in read:
            return read[whole]
        for step in self.path:
            if isinstance(read, dict):
                read = read.get(step)
            elif isinstance(read, list) and step.isdigit() and int(step) < len(read):
                read = read[int(step)]
            else:
                return None
        return read


def finder(text: str) -> Finder:
    """Return the finder of a path such as `messages.0.id`."""
    return Finder(tuple(text.split(".")))


def pattern_finder(text: str) -> Finder:
    """Return the finder of a regular expression with one group; raise ValueError when it is none."""
    try:
        pattern = re.compile(text)
    except re.error as failed:
        raise ValueError(f"no regular expression: {failed}") from None
    if pattern.groups != 1:
        raise ValueError("expected a regular expression with one group")
    return Finder(pattern=pattern)
