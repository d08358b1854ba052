"""A program that calls operations as a route does, for one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postroom.contacts.records import ContactRecord
from postroom.drops.room import Room
from postroom.store import optouts
from postroom.store.optouts import Change
from postroom.web.api.operations import contacts
from postroom.web.api.operations.contacts import ContactFilter
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller
from tests.conftest import Person
from tests.integration.drops.sender import Sender


def caller_of(person: Person, *scopes: str) -> Caller:
    """Return a client of a person's account, which may do everything unless `scopes` say less."""
    account = person.account
    return Caller(account.account_id, account.name, f"{account.name}-shop", frozenset(scopes or {"basic"}))


@dataclass(frozen=True, slots=True)
class Program:
    """Finds and writes the contacts of a person."""

    room: Room
    person: Person

    @property
    def caller(self) -> Caller:
        return caller_of(self.person)

    @property
    def files(self) -> Sender:
        return Sender(self.room, self.person)

    def find(self, paging: Paging | None = None, **wanted: Any) -> list[ContactRecord]:
        return self.page(paging or Paging(), **wanted).items

    def page(self, paging: Paging, **wanted: Any) -> Page[ContactRecord]:
        return contacts.read_contacts(self.room, self.caller, ContactFilter(**wanted), paging)

    def emails(self, paging: Paging | None = None, **wanted: Any) -> list[Any]:
        return [each.values.get("email") for each in self.find(paging, **wanted)]

    def names(self, wanted: ContactFilter) -> set[Any]:
        page = contacts.read_contacts(self.room, self.caller, wanted, Paging())
        return {each.values.get("first_name") for each in page.items}

    def create(self, *rows: Mapping[str, object]) -> list[int]:
        found = contacts.create_contacts(self.room, self.caller, rows)
        return [each.contact_id for each in found]

    def update(self, wanted: ContactFilter | int, **changes: object) -> int:
        chosen = ContactFilter(ids=[wanted]) if isinstance(wanted, int) else wanted
        return contacts.update_contacts(self.room, self.caller, chosen, changes)

    def delete(self, **wanted: Any) -> int:
        return contacts.delete_contacts(self.room, self.caller, ContactFilter(**wanted))

    def contact(self, contact_id: int) -> ContactRecord:
        [found] = self.find(ids=[contact_id])
        return found

    def values(self, contact_id: int) -> dict[str, object]:
        return dict(self.contact(contact_id).values)

    def history(self, address: str) -> list[Change]:
        with self.room.database.transaction() as connection:
            return optouts.history(connection, self.person.account.account_id, address, limit=100)
