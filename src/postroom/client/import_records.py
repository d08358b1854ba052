"""Imports and drops, as the API tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a whole file was refused: a stable code, what was found, and both in words."""

    code: str
    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import and what came of it.

    `status` is `in` (waits), `on` (is being processed), `ok` or `ko` (refused). Once it is `ok`, lines =
    created + updated + unchanged + duplicates + invalid.
    """

    id: int
    filename: str
    list_id: int | None
    status: Literal["in", "on", "ok", "ko"]
    lines: int
    created: int
    updated: int
    unchanged: int
    duplicates: int
    invalid: int
    warnings: int
    added_to_list: int
    failure: Failure | None
    notes: list[str]
    errors_url: str | None
    deposited_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    undone_at: datetime | None

    @property
    def ended(self) -> bool:
        """Tell whether it has come to its end."""
        return self.status in {"ok", "ko"}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was refused: its line in the file, why (a stable code, and in words), its cells as sent."""

    line: int
    code: str
    reason: str
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A file that was left, by a call or in a folder, and what became of it."""

    id: int
    action: str
    filename: str
    state: str
    size: int
    sha256: str
    sent_by: str
    deposited_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None
    attempts: int
    list_id: int | None
    mode: str | None
    counts: Mapping[str, int] | None
    failure: Failure | None
    notes: list[str]
    released_at: datetime | None
    released_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    files_removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of taking an import back; `kept` is what was touched since and stays, by reason."""

    contacts_removed: int
    contacts_restored: int
    removed_from_list: int
    restored_to_list: int
    list_removed: bool
    kept: Mapping[str, int]
    report: str | None


def import_of(said: Mapping[str, Any]) -> Import:
    """Return the import of an answer."""
    return Import(**_facts(Import, said))


def drop_of(said: Mapping[str, Any]) -> Drop:
    """Return the drop of an answer."""
    return Drop(**_facts(Drop, said))


def _facts(kind: type[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    facts = known(kind, said)
    times = {name: moment(text) for name, text in facts.items() if name.endswith("_at") and text}
    failure = facts["failure"]
    return facts | times | {"failure": Failure(**known(Failure, failure)) if failure else None}
