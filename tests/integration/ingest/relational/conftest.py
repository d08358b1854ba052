from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.keeper import Keeper

PEOPLE = "Email;Prénom;Référence\njane@domain.com;Jane;K1\nbob@domain.com;Bob;K2\nzoe@domain.com;Zoé;K3\n"


@pytest.fixture
def shop(room: Room, make_person: MakePerson) -> Person:
    """Return an account that goes by e-mail, whose contacts are Jane, Bob and Zoé."""
    person = make_person("shop", criterion="email")
    Sender(room, person).drop("people.csv", PEOPLE)
    return person


@pytest.fixture
def keeper(room: Room, shop: Person) -> Keeper:
    """Return who keeps the shop's tables."""
    return Keeper(room, shop)
