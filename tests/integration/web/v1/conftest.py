from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.drops.sender import Sender
from tests.integration.web.site import Credentials, Site
from tests.integration.web.v1.program import Program


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
