from __future__ import annotations

from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.dispatching import last_names, list_sizes
from tests.integration.drops.sender import Sender

SENT = "Email;Nom;dispatch\na@example.com;Durand;AO201\nb@example.com;Petit;AO360\nc@example.com;Roy;AO999\n"


@pytest.fixture
def bob(make_person: MakePerson) -> Person:
    return make_person("bob")


def mean(terminal: Terminal) -> None:
    terminal.run("dispatch", "set", "alice", "AO201", "alice")
    terminal.run("dispatch", "set", "alice", "AO360", "bob")


def test_a_reference_is_set_listed_moved_and_removed(terminal: Terminal, alice: Person, bob: Person) -> None:
    first = terminal.json("dispatch", "set", "alice", " AO201 ", "alice")
    terminal.run("dispatch", "set", "alice", "ao201", "bob")

    assert first == {"login": "alice", "reference": "AO201", "account": "alice"}
    moved = [{"login": "alice", "reference": "ao201", "account": "bob"}]
    assert terminal.json("dispatch", "list") == moved
    assert terminal.json("dispatch", "list", "--login", "alice") == moved
    assert terminal.json("dispatch", "list", "--login", "bob") == []
    assert "ao201" in terminal.run("dispatch", "list")

    gone = terminal.json("dispatch", "remove", "alice", "AO201")

    assert gone == {"login": "alice", "reference": "AO201", "account": None}
    assert "No login sends files for several accounts." in terminal.run("dispatch", "list")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("set", "nobody", "AO201", "alice"), (3, "NO_LOGIN")),
        (("set", "alice", "AO201", "nobody"), (3, "NO_ACCOUNT")),
        (("set", "alice", "  ", "alice"), (2, "BAD_REFERENCE")),
        (("set", "alice", "A" * 101, "alice"), (2, "BAD_REFERENCE")),
        (("set", "alice", "A\x1bB", "alice"), (2, "BAD_REFERENCE")),
        (("remove", "alice", "AO201"), (3, "NO_REFERENCE")),
        (("remove", "nobody", "AO201"), (3, "NO_LOGIN")),
        (("list", "--login", "nobody"), (3, "NO_LOGIN")),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said(
    terminal: Terminal, alice: Person, words: tuple[str, ...], error: tuple[int, str]
) -> None:
    assert terminal.error("dispatch", *words) == error


def test_a_drop_shows_what_it_did_to_each_account(terminal: Terminal, sender: Sender, bob: Person) -> None:
    mean(terminal)
    drop = sender.drop("clients.csv", SENT)

    shown = terminal.json("drop", "show", drop.public_id)

    ours, his = shown["accounts"]
    assert (shown["counts"]["lines"], shown["counts"]["refused"], shown["dispatched_by"]) == (3, 1, None)
    assert (ours["account"], ours["references"], ours["drop"]) == ("alice", ["AO201"], drop.public_id)
    assert (his["account"], his["references"], his["counts"]["created"]) == ("bob", ["AO360"], 1)
    lines = terminal.run("drop", "show", drop.public_id).splitlines()
    told = next(line for line in lines if line.startswith("bob (AO360)"))
    assert told.split(maxsplit=2)[2] == (
        f"drop {his['drop']}: 1 lines, 1 created, 1 added to the list (list clients)"
    )
    (listed,) = terminal.json("drop", "list", "--account", "bob")
    assert (listed["id"], listed["dispatched_by"]) == (his["drop"], drop.public_id)
    assert drop.public_id in terminal.run("drop", "show", his["drop"])
    assert terminal.error("drop", "show", drop.public_id, "--account", "bob") == (3, "NO_DROP")


def test_a_check_for_a_login_tries_all_accounts_and_changes_none(
    room: Room, terminal: Terminal, alice: Person, bob: Person, tmp_path: Path
) -> None:
    mean(terminal)
    file = tmp_path / "clients.csv"
    file.write_text(SENT)

    tried = terminal.json("check", str(file), "--login", "alice")

    assert (tried["account"], tried["would_go_to"]) == ("alice", "ok")
    assert [(each["account"], each["counts"]["created"]) for each in tried["accounts"]] == [
        ("alice", 1),
        ("bob", 1),
    ]
    assert [each["list"] for each in tried["accounts"]] == [{"name": "clients"}, {"name": "clients"}]
    assert [each["code"] for each in tried["refused_rows"]] == ["UNKNOWN_DISPATCH"]
    assert (last_names(room, bob), list_sizes(room, bob)) == ([], {})
    assert terminal.json("drop", "list", "--account", "bob") == []


def test_a_check_needs_to_know_whose_file_it_would_be(
    terminal: Terminal, alice: Person, bob: Person, tmp_path: Path
) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(SENT)

    assert terminal.error("check", str(file)) == (2, "NO_OWNER")
    assert terminal.error("check", str(file), "--login", "nobody") == (3, "NO_LOGIN")
    assert terminal.error("check", str(file), "--login", "alice", "--account", "bob") == (3, "NO_LOGIN")
    assert terminal.json("check", str(file), "--login", "alice", "--account", "alice")["accounts"] == []
