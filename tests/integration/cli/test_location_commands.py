"""`postroom location …`: where the files of flows are brought to."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.outflow.remote.sftp import new_key_pair
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal

URL = "ftps://alice@files.example.com/in"


def test_a_location_is_made_shown_and_deleted(terminal: Terminal, alice: Person, database: Database) -> None:
    assert "There is no location yet" in terminal.run("location", "list", "alice")

    made = terminal.json("location", "create", "alice", "shop", URL, "--password-stdin", stdin="a-secret\n")

    assert made["protocol"] == "ftps"
    assert (made["host"], made["port"], made["user"], made["folder"]) == (
        "files.example.com",
        21,
        "alice",
        "in",
    )
    assert "a-secret" not in terminal.run("location", "list", "alice")
    assert [each["name"] for each in terminal.json("location", "list", "alice")] == ["shop"]
    with database.reading() as connection:
        row = connection.execute("select secret from locations").fetchone()
    assert row is not None
    assert b"a-secret" not in bytes(row["secret"])
    assert terminal.json("location", "delete", "alice", "shop")["deleted"]
    assert terminal.json("location", "list", "alice") == []


def test_sftp_without_a_password_shows_a_key_to_install(terminal: Terminal, alice: Person) -> None:
    _private, host_key = new_key_pair("host")

    said = terminal.run(
        "location", "create", "alice", "shop", "sftp://bob@files.example.com", "--host-key", host_key
    )

    assert "ssh-ed25519 " in said
    assert "SHA256:" in said
    assert "run: postroom location test alice shop" in said


def test_an_authority_that_is_none_is_refused(terminal: Terminal, alice: Person, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(b"\x30\x82\x99")
    create = ("location", "create", "alice", "shop", URL, "--authority", str(authority), "--password-stdin")

    said = terminal.type(*create, "--json", stdin="a-secret\n")

    assert (said.exit_code, "BAD_LOCATION" in said.output) == (2, True)


def test_a_location_is_changed_and_says_how_to_try_it(terminal: Terminal, alice: Person) -> None:
    _private, host_key = new_key_pair("host")
    terminal.run(
        "location", "create", "alice", "shop", "sftp://bob@files.example.com", "--host-key", host_key
    )

    said = terminal.run("location", "change", "alice", "shop", "sftp://bob@files.example.com/in")

    assert "run: postroom location test alice shop" in said
    assert [each["folder"] for each in terminal.json("location", "list", "alice")] == ["in"]


def test_a_password_is_changed(terminal: Terminal, alice: Person) -> None:
    terminal.run("location", "create", "alice", "shop", URL, "--password-stdin", stdin="a-secret\n")

    changed = terminal.json("location", "change", "alice", "shop", "--password-stdin", stdin="another\n")

    assert (changed["host"], changed["folder"]) == ("files.example.com", "in")


def test_a_change_of_nothing_is_asked_back(terminal: Terminal, alice: Person) -> None:
    terminal.run("location", "create", "alice", "here", "hosted")

    assert terminal.error("location", "change", "alice", "here") == (2, "BAD_LOCATION")


def test_a_location_may_be_here(terminal: Terminal, alice: Person) -> None:
    made = terminal.json("location", "create", "alice", "here", "hosted")

    assert (made["protocol"], made["host"], made["folder"]) == ("hosted", None, "flows")
    assert terminal.json("location", "test", "alice", "here")["works"]


def test_a_flow_that_goes_there_keeps_it(terminal: Terminal, alice: Person) -> None:
    terminal.run("location", "create", "alice", "here", "hosted")
    terminal.run("flow", "activate", "alice", "EMAIL_SENT", "--location", "here")

    assert terminal.error("location", "delete", "alice", "here") == (5, "LOCATION_IN_USE")
    terminal.run("flow", "deactivate", "alice", "EMAIL_SENT")
    assert terminal.json("location", "delete", "alice", "here")["deleted"]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("shop", "ftp://alice@files.example.com/in"),
        ("shop", "ftps://files.example.com/in"),
        ("shop", "ftps://alice@/in"),
        ("shop", "ftps://alice:secret@files.example.com/in"),
        ("shop", "ftps://alice@files.example.com:x/in"),
        ("shop", "nonsense"),
        ("a/b", URL),
        ("", URL),
    ],
)
def test_what_cannot_be_a_location_is_refused(terminal: Terminal, alice: Person, name: str, url: str) -> None:
    said = terminal.type(
        "location", "create", "alice", name, url, "--password-stdin", "--json", stdin="a-secret\n"
    )

    assert said.exit_code == 2
    assert "BAD_LOCATION" in said.output


def test_ftps_needs_a_password(terminal: Terminal, alice: Person) -> None:
    assert terminal.error("location", "create", "alice", "shop", URL) == (2, "BAD_LOCATION")


@pytest.mark.parametrize("command", ["test", "delete"])
def test_charlie_has_none_of_alices(terminal: Terminal, alice: Person, charlie: Person, command: str) -> None:
    terminal.run("location", "create", "alice", "here", "hosted")

    assert terminal.error("location", command, "charlie", "here") == (3, "NO_LOCATION")
    assert terminal.json("location", "list", "charlie") == []


def test_two_cannot_have_one_name(terminal: Terminal, alice: Person) -> None:
    terminal.run("location", "create", "alice", "here", "hosted")

    assert terminal.error("location", "create", "alice", "here", "hosted") == (5, "LOCATION_EXISTS")
