"""What the tests of the web part share: a served room whose clock stands still, and its clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.web.site import Credentials, Site, make_client, served


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the room."""
    return Clock()


@pytest.fixture
def web_room(room: Room, clock: Clock) -> Room:
    """Return a room whose clock the test moves."""
    return replace(room, clock=clock)


@pytest.fixture
def site(web_room: Room) -> Iterator[Site]:
    """Return the served application."""
    with served(web_room) as site:
        yield site


@pytest.fixture
def shop(web_room: Room, alice: Person) -> Credentials:
    """Return Alice's client."""
    return make_client(web_room, alice)


@pytest.fixture
def stranger(web_room: Room, charlie: Person) -> Credentials:
    """Return Charlie's client."""
    return make_client(web_room, charlie)
