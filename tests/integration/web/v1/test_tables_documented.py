"""The section of docs/tables.md about the API, carried out from its first example to its last."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.clients import require_program
from tests.conftest import MakePerson
from tests.integration.drops.sender import Sender
from tests.integration.web.programs import documented_session, printed_by
from tests.integration.web.site import Site, make_client


@pytest.mark.clients
def test_the_examples_print_what_the_document_says(
    site: Site, web_room: Room, make_person: MakePerson, tmp_path: Path
) -> None:
    require_program("curl")
    person = make_person("shop", criterion="email")
    Sender(web_room, person).drop("people.csv", "Email\nann@example.org\n")
    shop = make_client(web_room, person)
    environment = {
        "TOKEN": site.token(shop),
        "CLIENT_ID": shop.client_id,
        "CLIENT_SECRET": shop.secret,
        "no_proxy": "127.0.0.1",
    }
    session = documented_session("Over the API", "tables.md")

    for example, printed in session:
        assert printed_by(example, site, environment, tmp_path) == printed, example

    assert len(session) == 6
