"""What the tests of tracked pages share: Alice has written to Bob, whose browser is at hand."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from postroom.sending.tokens import Tokens
from tests.conftest import MakePerson, Person
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import Browser
from tests.integration.web.tracking.letters import Letter


@pytest.fixture
def writer(web_room: Room, make_person: MakePerson, clock: Clock) -> Writer:
    """Return Alice, who writes in English."""
    del clock
    return Writer(web_room.database, make_person("alice", language="en"))


@pytest.fixture
def charlies(web_room: Room, charlie: Person) -> Writer:
    """Return Charlie, who writes, too."""
    return Writer(web_room.database, charlie)


@pytest.fixture
def tokens(web_room: Room) -> Tokens:
    """Return what makes links, as paths of the site."""
    return Tokens(web_room.sealer)


@pytest.fixture
def browser(site: Site) -> Browser:
    """Return Bob's browser."""
    return Browser(site.calls)


@pytest.fixture
def letter(writer: Writer, clock: Clock) -> Letter:
    """Return a mail from Alice to Bob."""
    return Letter(writer, clock)
