from __future__ import annotations

from datetime import datetime, timedelta

from postroom.drops.room import utc_now
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender


def test_an_account_is_made_with_its_settings_and_shown(terminal: Terminal) -> None:
    terminal.run(
        "account", "create", "acme", "--set", "criterion=email", "--set", "field01=Points de fidélité"
    )

    shown = terminal.json("account", "show", "acme")

    assert shown["name"] == "acme"
    assert shown["settings"]["criterion"] == "email"
    assert shown["settings"]["labels"] == {"field01": "Points de fidélité"}
    assert (shown["contacts"], shown["lists"], shown["logins"]) == (0, 0, 0)


def test_times_are_in_iso_8601_and_utc(terminal: Terminal) -> None:
    created = terminal.json("account", "create", "acme")

    assert created["created_at"].endswith("Z")
    assert utc_now() - datetime.fromisoformat(created["created_at"]) < timedelta(minutes=1)


def test_a_person_reads_the_settings_one_a_line(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme", "--set", "separator=tab", "--set", "field02=Shoe size")

    lines = [line.split(maxsplit=1) for line in terminal.run("account", "show", "acme").splitlines()]

    assert ["name", "acme"] in lines
    assert ["separator", "tab"] in lines
    assert ["strict", "no"] in lines
    assert ["field02", "Shoe size"] in lines


def test_accounts_are_listed_by_name(terminal: Terminal) -> None:
    assert "no account yet" in terminal.run("account", "list")
    for name in ("zebra", "acme"):
        terminal.run("account", "create", name)

    assert [each["name"] for each in terminal.json("account", "list")] == ["acme", "zebra"]
    header, *rows = terminal.run("account", "list").splitlines()
    assert header.split() == ["Name", "Id", "Criterion", "Created"]
    assert [row.split()[0] for row in rows] == ["acme", "zebra"]


def test_the_same_name_twice_is_a_conflict(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme")

    assert terminal.error("account", "create", "acme") == (5, "ACCOUNT_EXISTS")


def test_an_unknown_account_is_missing(terminal: Terminal) -> None:
    assert terminal.error("account", "show", "nobody") == (3, "NO_ACCOUNT")
    assert terminal.error("account", "set", "nobody", "strict=yes") == (3, "NO_ACCOUNT")


def test_wrong_settings_are_refused_and_nothing_is_made(terminal: Terminal) -> None:
    assert terminal.error("account", "create", "acme", "--set", "colour=red") == (2, "UNKNOWN_SETTING")
    assert terminal.error("account", "create", "acme", "--set", "region=XX") == (2, "BAD_SETTING")
    assert terminal.error("account", "create", "acme", "--set", "strict") == (2, "BAD_SETTING")
    assert terminal.error("account", "create", " ") == (2, "BAD_NAME")

    assert terminal.json("account", "list") == []


def test_settings_are_changed_together_or_not_at_all(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme")

    terminal.run("account", "set", "acme", "language=en", "strict=yes")
    assert terminal.error("account", "set", "acme", "region=BE", "language=xx") == (2, "BAD_SETTING")

    settings = terminal.json("account", "show", "acme")["settings"]
    assert (settings["language"], settings["strict"], settings["region"]) == ("en", True, "FR")


def test_other_settings_change_while_there_are_contacts(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", "Email\na@example.com\n")

    changed = terminal.json("account", "set", "alice", "criterion=triplet", "language=en")

    assert changed["settings"]["language"] == "en"


def test_an_account_says_how_much_it_holds(terminal: Terminal, sender: Sender, charlie: Person) -> None:
    sender.drop("people.csv", "Email\na@example.com\nb@example.com\n")

    alice, other = (terminal.json("account", "show", name) for name in ("alice", "charlie"))

    assert (alice["contacts"], alice["lists"], alice["logins"]) == (2, 1, 1)
    assert (other["contacts"], other["lists"], other["logins"]) == (0, 0, 1)
