"""Imports as those who ask about them see them: many at once, with what is told of those under way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from postroom.store.database import Connection
from postroom.store.drops import State
from postroom.store.statements import statements

_SQL = statements("imports")


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import; `most_*` are the most that any attempt at it has told, None before any did."""

    drop_id: int
    name: str
    prefix: int | None
    state: State
    outcome: dict[str, Any] | None = None
    most_lines: int | None = None
    most_refused: int | None = None
    file_names: Sequence[str] = ()
    """Of the file and its reports, as far as they are still there."""


def imports_among(connection: Connection, account_id: int, drop_ids: Collection[int]) -> list[ImportRow]:
    """Return those of an account's deposits that are imports, in no order."""
    rows = connection.execute(_SQL["imports_among"], {"account_id": account_id, "drop_ids": list(drop_ids)})
    return [ImportRow(**row) for row in rows]
