"""The section of docs/api.md about /v1, carried out from its first example to its last."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.clients import require_program
from tests.integration.web.programs import documented_session, printed_by
from tests.integration.web.site import Credentials, Site, working


@pytest.mark.clients
def test_the_examples_print_what_the_document_says(
    site: Site, shop: Credentials, room: Room, database_url: str, tmp_path: Path
) -> None:
    require_program("curl")
    session = documented_session("The newer spelling: /v1")
    environment = {
        "TOKEN": site.token(shop),
        "CLIENT_ID": shop.client_id,
        "CLIENT_SECRET": shop.secret,
        "no_proxy": "127.0.0.1",
    }

    with working(room, database_url):
        for example, printed in session:
            assert printed_by(example, site, environment, tmp_path) == printed, example

    assert len(session) == 11
