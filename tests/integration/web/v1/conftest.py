from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.web.site import Credentials, Site, make_client
from tests.integration.web.v1.program import Program
from tests.integration.web.v1.tabling import BOB, JANE


@pytest.fixture
def shop_program(site: Site, shop: Credentials) -> Program:
    """Return Alice's program."""
    return Program(site, shop)


@pytest.fixture
def stranger_program(site: Site, stranger: Credentials) -> Program:
    """Return Charlie's program."""
    return Program(site, stranger)


@pytest.fixture
def contact_ids(web_room: Room, alice: Person) -> list[int]:
    """Return the ids of Bob, Dora and Emil, whom Alice has as contacts."""
    Sender(web_room, alice).drop("people.csv", "Email\nbob@example.com\ndora@example.com\nemil@example.com\n")
    with web_room.database.transaction() as connection:
        rows = connection.execute(
            "select contact_id from contacts where account_id = %s order by email", [alice.account.account_id]
        )
        return [row["contact_id"] for row in rows]


@pytest.fixture
def keyed(web_room: Room, make_person: MakePerson) -> Person:
    """Return an account that goes by e-mail, with Jane and Bob."""
    person = make_person("keyed", criterion="email")
    Sender(web_room, person).drop("people.csv", f"Email\n{JANE}\n{BOB}\n")
    return person


@pytest.fixture
def program(site: Site, web_room: Room, keyed: Person) -> Program:
    """Return the account's program."""
    return Program(site, make_client(web_room, keyed))
