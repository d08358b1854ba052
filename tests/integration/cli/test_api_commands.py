"""`postroom api …` against a real server, as Alice's client and as Charlie's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender
from tests.integration.web.site import Site, make_client, served, working


@pytest.fixture
def site(room: Room) -> Iterator[Site]:
    with served(room) as site:
        yield site


@pytest.fixture
def shop(terminal: Terminal, site: Site, room: Room, alice: Person) -> Terminal:
    """Return a terminal of Alice's shop, somewhere else than the server."""
    return calling(terminal, site, room, alice)


def calling(terminal: Terminal, site: Site, room: Room, person: Person) -> Terminal:
    client = make_client(room, person)
    environment = {
        "API_URL": f"http://127.0.0.1:{site.server.port}",
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": client.secret,
        "NO_PROXY": "127.0.0.1",
    }
    return replace(terminal, database_url="postgresql://nobody@127.0.0.1:1/nothing", environment=environment)


def test_lists_are_made_shown_renamed_and_deleted(shop: Terminal) -> None:
    made = shop.json("api", "list", "create", "Spring", "--description", "March")

    assert (made["name"], made["description"], made["stats"]["subscribers"]) == ("Spring", "March", 0)
    assert "etag" not in made
    list_id = str(made["id"])
    assert shop.json("api", "list", "rename", list_id, "Summer")["name"] == "Summer"
    assert shop.json("api", "list", "show", list_id)["name"] == "Summer"
    assert "Summer" in shop.run("api", "list", "show", list_id)
    assert shop.json("api", "list", "delete", list_id) == {"deleted": made["id"]}
    assert shop.json("api", "list", "list") == []
    assert shop.run("api", "list", "list") == "There is no list.\n"


def test_contacts_are_found_and_come_on_lists_and_off_them(shop: Terminal, room: Room, alice: Person) -> None:
    Sender(room, alice).drop("people.csv", "Email;Référence\nbob@example.com;B1\ndora@example.com;D7\n")
    found = shop.json("api", "contact", "find")
    ids = [str(each["id"]) for each in found]
    list_id = str(shop.json("api", "list", "create", "Spring")["id"])

    assert {each["email"] for each in found} == {"bob@example.com", "dora@example.com"}
    assert shop.json("api", "list", "add", list_id, *ids) == {"count": 2}
    assert shop.run("api", "list", "remove", list_id, ids[0]) == "1 contacts taken off the list.\n"
    assert len(shop.json("api", "contact", "find", "--list", list_id)) == 1
    assert len(shop.json("api", "contact", "find", "--limit", "1")) == 1
    assert "dora@example.com" in shop.run("api", "contact", "find", "--email", "dora@example.com")
    assert shop.json("api", "contact", "delete", ids[0]) == {"deleted": int(ids[0])}
    assert shop.error("api", "contact", "delete", ids[0]) == (3, "NO_CONTACT")


def test_lists_are_merged_and_counted(shop: Terminal) -> None:
    one, two = (str(shop.json("api", "list", "create", name)["id"]) for name in ("One", "Two"))

    assert shop.json("api", "list", "merge", "Both", one, two)["name"] == "Both"
    assert "Both" in shop.run("api", "list", "list", "--stats")


def test_a_file_is_imported_and_waited_for(
    shop: Terminal, room: Room, database_url: str, tmp_path: Path
) -> None:
    good, bad = tmp_path / "people.csv", tmp_path / "names.csv"
    good.write_text("Email\nbob@example.com\nnobody\n")
    bad.write_text("Nom\nDurand\n")

    with working(room, database_url):
        done = shop.json("api", "import", str(good), "--name", "Winter", "--header")
        refused = shop.type("api", "import", str(bad))

    assert (done["status"], done["created"], done["invalid"]) == ("ok", 1, 1)
    assert shop.json("api", "list", "show", str(done["list_id"]))["name"] == "Winter"
    assert refused.exit_code == 2
    assert "ko: " in refused.output


def test_what_the_server_refuses_ends_a_command_like_an_error_of_its_own(shop: Terminal) -> None:
    assert shop.error("api", "list", "show", "999999") == (3, "NO_LIST")
    assert shop.error("api", "list", "create", " ") == (2, "NO_NAME")
    assert shop.error("api", "list", "list", "--client", "nobody") == (4, "INVALID_CLIENT")


def test_a_secret_is_needed_and_comes_by_the_environment(shop: Terminal) -> None:
    without = replace(shop, environment={**shop.environment, "CLIENT_SECRET": ""})

    assert without.error("api", "list", "list") == (2, "NO_SECRET")


def test_charlie_finds_nothing_of_alices(
    shop: Terminal, terminal: Terminal, site: Site, room: Room, charlie: Person
) -> None:
    list_id = str(shop.json("api", "list", "create", "Spring")["id"])
    his = calling(terminal, site, room, charlie)

    assert his.json("api", "list", "list") == []
    assert his.error("api", "list", "show", list_id) == (3, "NO_LIST")
    assert his.error("api", "list", "delete", list_id) == (3, "NO_LIST")
    assert shop.json("api", "list", "show", list_id)["name"] == "Spring"
