"""Named SQL statements, read from the .sql files of this package.

A statement starts with a heading `-- name: one line of purpose` and ends at the next heading.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import LiteralString, NewType, cast

Statements = NewType("Statements", dict[str, LiteralString])

_HEADING = re.compile(r"^-- ([a-z][a-z0-9_]*): (.+)$")


@cache
def statements(area: str) -> Statements:
    """Return the statements of `sql/<area>.sql` by name.

    The files ship with the package and hold no values, so their text counts as literal.
    """
    text = (resources.files("postroom.store") / "sql" / f"{area}.sql").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            current = found.setdefault(heading.group(1), [])
        elif current is not None:
            current.append(line)
    return Statements({name: cast(LiteralString, "\n".join(lines).strip()) for name, lines in found.items()})


def purposes(area: str) -> dict[str, str]:
    """Return the one-line purpose of each statement of `sql/<area>.sql`."""
    text = (resources.files("postroom.store") / "sql" / f"{area}.sql").read_text(encoding="utf-8")
    return {m.group(1): m.group(2) for m in map(_HEADING.match, text.splitlines()) if m}
