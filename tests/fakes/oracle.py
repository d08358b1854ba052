"""An account in memory: what files of every kind amount to, by the scalar law alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import Criterion, Match, dedup_key, identifiers
from postroom.contacts.media import Medium
from postroom.contacts.merging import Standing, StoredContact, carried_optouts, merged_contact
from postroom.contacts.optouts import OptOutReason, address_row, after_optin, after_optout
from postroom.contacts.rows import NormalisedRow, collapse, identify_row, normalise_row
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
    """Applies files one after another."""

    def __init__(self, settings: AccountSettings) -> None:
        """Start without contacts."""
        self._settings = settings
        self.contacts: list[OracleContact] = []
        self.lists: list[OracleList] = []
        self.optouts: dict[tuple[Medium, str], OptOutReason] = {}

    def opt_out(self, medium: Medium, cells: Sequence[str], reason: OptOutReason) -> None:
        """Opt the addresses among `cells` out."""
        for address in self._addresses(medium, cells):
            self.optouts[medium, address] = after_optout(self.optouts.get((medium, address)), reason)

    def opt_in(self, medium: Medium, cells: Sequence[str]) -> None:
        """Opt the addresses among `cells` in."""
        for address in self._addresses(medium, cells):
            stands = self.optouts.pop((medium, address), None)
            left = after_optin(stands, lifts_complaints=self._settings.optin_lifts_complaints)
            if left is not None:
                self.optouts[medium, address] = left

    def delete(self, rows: Sequence[Row]) -> None:
        """Delete the contacts that `rows` name; their opt-outs stay."""
        named = [identify_row(row, self._settings) for row in rows]
        if self._settings.matches_any:
            for row in named:
                met = self._met_by(row)
                if len(met) == 1:
                    self._forget(met)
        else:
            keys = {row.dedup_key for row in named} - {None}
            self._forget([contact for contact in self.contacts if contact.key in keys])

    def _forget(self, gone: Sequence[OracleContact]) -> None:
        self.contacts = [contact for contact in self.contacts if not _among(contact, gone)]
        for each in self.lists:
            each.members = [contact for contact in each.members if not _among(contact, gone)]

    def change_criterion(
        self, criterion: Criterion, match: Match, contacts: Sequence[StoredContact], now: datetime
    ) -> None:
        """Change what identifies contacts; `contacts` are ours, in our order, with their ids and times."""
        self._settings = replace(self._settings, criterion=criterion, match=match)
        if self._settings.matches_any:
            for contact in self.contacts:
                contact.key = None
            return
        groups: dict[object, list[tuple[OracleContact, StoredContact]]] = {}
        for ours, stored in zip(self.contacts, contacts, strict=True):
            ours.key = dedup_key(criterion, cast(Mapping[str, str | None], ours.values))
            groups.setdefault(ours.key or id(ours), []).append((ours, stored))
        standing = dict(self.optouts)
        for group in groups.values():
            self._merge_stored(
                [ours for ours, _stored in group], [stored for _ours, stored in group], standing, now
            )
        self.contacts = [group[0][0] for group in groups.values()]

    def _merge_stored(
        self,
        ours: Sequence[OracleContact],
        stored: Sequence[StoredContact],
        standing: Standing,
        now: datetime,
    ) -> None:
        if len(ours) == 1:
            return
        merged = merged_contact(stored, now=now)
        ours[0].values = dict(merged.values)
        for key, reason in carried_optouts(merged, stored, standing).items():
            self.optouts[key] = after_optout(self.optouts.get(key), reason)
        for each in self.lists:
            others = [member for member in each.members if not any(member is one for one in ours)]
            each.members = others if len(others) == len(each.members) else [*others, ours[0]]

    def _addresses(self, medium: Medium, cells: Sequence[str]) -> list[str]:
        found = [address_row(cell, medium, self._settings.region).address for cell in cells]
        return [address for address in found if address is not None]

    def apply(self, name: str, mode: Mode, rows: Sequence[Row]) -> None:
        """Import `rows` into the list `name`; a file without a valid row changes nothing."""
        accepted = [row for row in (normalise_row(each, self._settings) for each in rows) if not row.refusal]
        if not accepted:
            return
        if self._settings.matches_any:
            named = self._read(accepted)
            if not named:
                return
        else:
            named = [self._merge(group) for group in _grouped(accepted)]
        target = self._list(name, mode)
        if mode is Mode.SYNC:
            target.members = [contact for contact in target.members if any(contact is each for each in named)]
        target.members += [each for each in named if not any(each is member for member in target.members)]

    def _read(self, rows: Sequence[NormalisedRow]) -> list[OracleContact]:
        """Let each row meet whom it meets; return whom rows meant, each once."""
        named: list[OracleContact] = []
        for row in rows:
            met = self._met_by(row)
            if len(met) > 1:
                continue
            contact = met[0] if met else OracleContact(None, {})
            if not met:
                self.contacts.append(contact)
            self._give(contact, row.values)
            if not _among(contact, named):
                named.append(contact)
        return named

    def _met_by(self, row: NormalisedRow) -> list[OracleContact]:
        wanted = {each for each in row.identifiers if each}
        return [contact for contact in self.contacts if wanted & self._identifiers(contact)]

    def _identifiers(self, contact: OracleContact) -> set[UUID]:
        found = identifiers(self._settings.criterion, cast(Mapping[str, str | None], contact.values))
        return {each for each in found if each}

    def _give(self, contact: OracleContact, values: Mapping[str, Value]) -> None:
        erasing = self._settings.empty_cells == "erase"
        contact.values.update({name: value for name, value in values.items() if erasing or value is not None})

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
        self._give(stored, values)
        return stored


def _among(contact: OracleContact, others: Sequence[OracleContact]) -> bool:
    return any(contact is each for each in others)


def _grouped(rows: Sequence[NormalisedRow]) -> list[list[NormalisedRow]]:
    groups: dict[object, list[NormalisedRow]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.dedup_key or number, []).append(row)
    return list(groups.values())
