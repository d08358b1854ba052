from __future__ import annotations

import pytest

from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender


def test_fields_are_made_listed_and_deleted(terminal: Terminal, alice: Person) -> None:
    assert "no custom field yet" in terminal.run("field", "list", "alice")

    made = terminal.json("field", "create", "alice", "age", "--type", "number", "--description", "in years")
    assert "custom_Size" in terminal.run("field", "create", "alice", "Size")

    assert made == {"account": "alice", "name": "age", "type": "number", "description": "in years"}
    assert terminal.json("field", "list", "alice") == [
        {"name": "Size", "type": "text", "description": ""},
        {"name": "age", "type": "number", "description": "in years"},
    ]
    assert "in years" in terminal.run("field", "list", "alice")
    deleted = terminal.json("field", "delete", "alice", "age")
    assert deleted == {"account": "alice", "name": "age", "deleted": True}
    assert "no field Size any more" in terminal.run("field", "delete", "alice", "Size")
    assert terminal.json("field", "list", "alice") == []


def test_a_field_that_a_flow_adds_to_its_rows_is_not_deleted(
    terminal: Terminal, alice: Person, charlie: Person
) -> None:
    for account in ("alice", "charlie"):
        terminal.run("field", "create", account, "age")
    terminal.run("flow", "activate", "alice", "EMAIL_SENT", "--field", "age")
    terminal.run("flow", "activate", "charlie", "EMAIL_SENT", "--field", "city")

    refused = terminal.type("field", "delete", "alice", "age")

    assert "used by EMAIL_SENT" in refused.errors
    assert terminal.error("field", "delete", "alice", "age") == (5, "FIELD_IN_USE")
    assert terminal.json("field", "delete", "charlie", "age")["deleted"]
    terminal.run("flow", "deactivate", "alice", "EMAIL_SENT")
    assert terminal.json("field", "delete", "alice", "age")["deleted"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("create", "alice", "age"), (5, "FIELD_EXISTS")),
        (("create", "alice", "a,b"), (2, "BAD_ARGUMENT")),
        (("create", "alice", "size", "--description", "x" * 501), (2, "BAD_ARGUMENT")),
        (("create", "alice", "size", "--type", "colour"), (2, "BAD_FIELD_TYPE")),
        (("create", "nobody", "size"), (3, "NO_ACCOUNT")),
        (("delete", "alice", "Age"), (3, "NO_SUCH_FIELD")),
        (("delete", "nobody", "age"), (3, "NO_ACCOUNT")),
        (("list", "nobody"), (3, "NO_ACCOUNT")),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said(
    terminal: Terminal, alice: Person, words: tuple[str, ...], error: tuple[int, str]
) -> None:
    terminal.run("field", "create", "alice", "age")

    assert terminal.error("field", *words) == error


def test_a_refusal_has_words_with_the_name_as_it_was_typed(terminal: Terminal, alice: Person) -> None:
    terminal.run("field", "create", "alice", "ShoeSize")

    answer = terminal.type("field", "create", "alice", "ShoeSize")

    assert answer.errors == "postroom: This field exists already: ShoeSize.\n"


def test_no_label_is_called_like_a_custom_field(terminal: Terminal, alice: Person) -> None:
    terminal.run("field", "create", "alice", "age")

    assert terminal.error("account", "set", "alice", "field03=age") == (2, "FIELD_EXISTS")
    terminal.run("account", "set", "alice", "field03=Age")
    terminal.run("field", "delete", "alice", "age")
    terminal.run("account", "set", "alice", "field03=age")


def test_there_is_an_end_to_fields(terminal: Terminal, alice: Person) -> None:
    for number in range(45):
        terminal.run("field", "create", "alice", f"f{number}")

    answer = terminal.type("field", "create", "alice", "one more")

    assert answer.exit_code == 5
    assert "(45)" in answer.errors


def test_a_contact_shows_its_custom_fields_by_name(
    terminal: Terminal, sender: Sender, database: Database, alice: Person
) -> None:
    sender.drop("people.csv", "Email\na@example.com\n")
    for name in ("age", "city", "gone"):
        terminal.run("field", "create", "alice", name)
    with database.transaction() as connection:
        connection.execute("update contacts set extra01 = '36', extra03 = 'old'")
    terminal.run("field", "delete", "alice", "gone")

    find = ("contact", "find", "--account", "alice", "--email", "a@example.com")
    (found,) = terminal.json(*find)
    (member,) = terminal.json("list", "show", "people", "--account", "alice", "--contacts")["contacts"]

    assert found["custom"] == member["custom"] == {"age": "36", "city": None}
    assert not [key for key in found if key.startswith("extra")]
    told = terminal.run(*find)
    assert ["custom_age", "36"] in [line.split() for line in told.splitlines()]
    assert "custom_city" not in told
    assert "old" not in told
