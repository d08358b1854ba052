"""An account in memory: what imports amount to, by the scalar law alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from postroom.contacts.batches import Mode
from postroom.contacts.rows import NormalisedRow, collapse, normalise_row
from postroom.contacts.settings import AccountSettings

Row = Mapping[str, str | None]
Value = str | date | None


@dataclass
class OracleContact:
    """A contact: its key and its values."""

    key: UUID | None
    values: dict[str, Value]


@dataclass
class OracleList:
    """A list: its name and who is on it."""

    name: str
    members: list[OracleContact] = field(default_factory=list)


class Oracle:
    """Applies imports one after another."""

    def __init__(self, settings: AccountSettings) -> None:
        """Start without contacts."""
        self._settings = settings
        self.contacts: list[OracleContact] = []
        self.lists: list[OracleList] = []

    def apply(self, name: str, mode: Mode, rows: Sequence[Row]) -> None:
        """Import `rows` into the list `name`; a file without a valid row changes nothing."""
        accepted = [row for row in (normalise_row(each, self._settings) for each in rows) if not row.refusal]
        if not accepted:
            return
        target = self._list(name, mode)
        named = [self._merge(group) for group in _grouped(accepted)]
        if mode is Mode.SYNC:
            target.members = [contact for contact in target.members if any(contact is each for each in named)]
        target.members += [each for each in named if not any(each is member for member in target.members)]

    def _list(self, name: str, mode: Mode) -> OracleList:
        found = [each for each in self.lists if each.name == name]
        if mode is Mode.CREATE or not found:
            self.lists.append(OracleList(name))
            return self.lists[-1]
        return found[-1]

    def _merge(self, group: Sequence[NormalisedRow]) -> OracleContact:
        erasing = self._settings.empty_cells == "erase"
        erase = frozenset(group[0].values) if erasing else frozenset[str]()
        values: dict[str, Any] = collapse(group, erase)
        key = group[0].dedup_key
        stored = next((each for each in self.contacts if key is not None and each.key == key), None)
        if stored is None:
            stored = OracleContact(key, {})
            self.contacts.append(stored)
        stored.values.update({name: value for name, value in values.items() if erasing or value is not None})
        return stored


def _grouped(rows: Sequence[NormalisedRow]) -> list[list[NormalisedRow]]:
    groups: dict[object, list[NormalisedRow]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.dedup_key or number, []).append(row)
    return list(groups.values())
