"""Files for partners from the terminal."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.sending.partnering import Marketer


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    return Marketer(room, alice)


def test_files_are_listed_newest_first(terminal: Terminal, marketer: Marketer) -> None:
    assert "Account alice has no file" in terminal.run("partner", "list", "alice")
    marketer.resident("bob")
    first, second = (marketer.file(marketer.launch(name=name)) for name in ("First", "Second"))

    assert [each["name"] for each in terminal.json("partner", "list", "alice")] == [second.name, first.name]
    shown = terminal.run("partner", "list", "alice", "--limit", "1")
    assert second.name.split("_")[1] in shown
    assert "1 more" in shown
    of_first = terminal.json("partner", "list", "alice", "--campaign", str(first.campaign_id))
    assert [each["id"] for each in of_first] == [first.partner_file_id]


def test_a_file_is_shown_with_what_became_of_it(terminal: Terminal, marketer: Marketer) -> None:
    marketer.resident("bob")
    marketer.writer.contact(email="dave@example.com")
    file = marketer.file(marketer.launch(login="printer"))

    shown = terminal.json("partner", "show", "alice", str(file.partner_file_id))

    assert shown["batch_id"] == str(file.batch_id)
    assert (shown["channel"], shown["login"]) == ("PRINT", "printer")
    assert (shown["people"], shown["left_out"], shown["downloads"]) == (1, 1, 0)
    assert file.name in terminal.run("partner", "show", "alice", str(file.partner_file_id))


def test_charlie_has_no_file_of_alices(terminal: Terminal, marketer: Marketer, charlie: Person) -> None:
    marketer.resident("bob")
    file = marketer.file(marketer.launch())

    assert terminal.json("partner", "list", charlie.login) == []
    assert terminal.error("partner", "show", charlie.login, str(file.partner_file_id)) == (
        3,
        "NO_PARTNER_FILE",
    )
