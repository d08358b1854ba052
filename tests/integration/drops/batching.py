"""Senders of command batches, at the level of drops: an account with a realm, pairs, what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postroom.drops.room import Room
from postroom.drops.trees import BATCHES, KEPT
from postroom.store import contacts, lists, notices, realms
from postroom.store.accounts import update_settings
from postroom.store.drops import Drop
from postroom.store.notices import Logged
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender


@dataclass(frozen=True, slots=True)
class Realm:
    """An account with a realm, who leaves batches for it; `password` is the realm's."""

    sender: Sender
    name: str
    password: str

    @property
    def room(self) -> Room:
        return self.sender.room

    @property
    def account_id(self) -> int:
        return self.sender.account_id

    def header(self, *lines: str) -> str:
        return "\n".join([f"realm={self.name}", f"password={self.password}", *lines, ""])

    def batch(self, *lines: str, header: tuple[str, ...] = ()) -> str:
        """Return a .dat file that logs in."""
        return self.header(*header) + "\n" + "\n".join([*lines, ""])

    def leave(self, name: str, content: str | bytes = "", *, confirmed: bool = True) -> Any:
        return self.sender.leave(name, content, directory=BATCHES, confirmed=confirmed)

    def send(self, name: str, content: str | bytes) -> Drop:
        """Leave a pair and have it processed; return the drop as it stands then."""
        self.leave(name, content)
        self.leave(f"{name.rpartition('.')[0]}.sig")
        done = self.sender.process()
        assert done is not None
        return done

    def run(self, *lines: str, header: tuple[str, ...] = (), name: str = "batch.dat") -> Drop:
        return self.send(name, self.batch(*lines, header=header))

    def seen(self) -> list[str]:
        """Return what the sender sees in its folder of batches."""
        return self.sender.names(BATCHES)

    def kept(self, drop: Drop) -> str:
        """Return our copy of a batch."""
        return self.sender.read(KEPT, f"{drop.prefix}_{drop.name}")

    def drops(self) -> list[tuple[str, str]]:
        """Return name and state of every drop, oldest first."""
        with self.room.database.reading() as connection:
            rows = connection.execute(
                "select name, state from drops where account_id = %s order by drop_id", (self.account_id,)
            )
            return [(row["name"], row["state"]) for row in rows]

    def mails(self) -> list[Logged]:
        """Return every mail that is on its way or has arrived, oldest first."""
        with self.room.database.reading() as connection:
            return list(reversed(notices.deliveries_of_account(connection, self.account_id)))

    def new_list(self, name: str = "news") -> int:
        with self.room.database.transaction() as connection:
            return lists.create_list(connection, self.account_id, name, None, now=self.room.clock())

    def members(self, list_id: int) -> list[str]:
        """Return the addresses on a list, sorted."""
        with self.room.database.reading() as connection:
            rows = connection.execute(
                "select c.email from memberships m join contacts c using (account_id, contact_id) "
                "where m.account_id = %s and m.list_id = %s order by c.email",
                (self.account_id, list_id),
            )
            return [row["email"] for row in rows]

    def count_contacts(self) -> int:
        with self.room.database.reading() as connection:
            return contacts.count_contacts(connection, self.account_id)


def make_realm(room: Room, make_person: MakePerson, name: str, **settings: str) -> Realm:
    """Make an account of that name whose realm is called the same."""
    return realm_of(room, make_person(name, criterion="email", **settings))


def realm_of(room: Room, person: Person) -> Realm:
    """Give an account a realm that is called as it is."""
    account = person.account
    with room.database.transaction() as connection:
        settings = account.settings.changed({"criterion": "email"})
        update_settings(connection, account.account_id, settings)
        realms.set_realm(connection, account, account.name, now=room.clock())
        password = realms.new_password(connection, account)
    return Realm(Sender(room, person), account.name, password)
