from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from postroom.store import logins
from postroom.store.credentials import password_fits
from postroom.store.database import Database
from tests.integration.cli.terminal import Terminal

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32))
KEY = f"ssh-ed25519 {base64.b64encode(BLOB).decode()} alice@laptop"
FINGERPRINT = "SHA256:" + base64.b64encode(hashlib.sha256(BLOB).digest()).decode().rstrip("=")


@pytest.fixture(autouse=True)
def acme(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme")


def test_a_login_without_password_and_key_gets_a_random_password(
    terminal: Terminal, database: Database
) -> None:
    made = terminal.json("login", "create", "alice", "--account", "acme")

    assert made.keys() == {"login", "account", "password", "keys"}
    assert (made["login"], made["account"], made["keys"]) == ("alice", "acme", [])
    assert len(made["password"]) >= 24
    assert fits(database, "alice", made["password"])


def test_the_random_password_is_shown_once_and_never_again(terminal: Terminal) -> None:
    output = terminal.run("login", "create", "alice", "--account", "acme")

    password = output.splitlines()[1].removeprefix("Password, shown this once: ")
    assert len(password) >= 24
    assert password not in terminal.run("login", "list") + terminal.run("login", "list", "--json")


def test_a_password_comes_from_standard_input_and_is_not_repeated(
    terminal: Terminal, database: Database
) -> None:
    answer = terminal.run(
        "login", "create", "alice", "--account", "acme", "--password-stdin", stdin="correct horse é\n"
    )

    assert "horse" not in answer
    assert fits(database, "alice", "correct horse é")


@pytest.mark.parametrize("line", ["short\n", "", "\n", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\n", "x" * 2000])
def test_a_bad_password_is_refused_and_no_login_is_made(terminal: Terminal, line: str | bytes) -> None:
    create = ("login", "create", "alice", "--account", "acme", "--password-stdin")

    assert terminal.error(*create, stdin=line) == (2, "BAD_PASSWORD")

    assert terminal.json("login", "list") == []


def test_a_login_with_a_key_needs_no_password(terminal: Terminal, database: Database, tmp_path: Path) -> None:
    (tmp_path / "id.pub").write_text(f"# Alice's\n\n{KEY}\n")

    made = terminal.json("login", "create", "alice", "--account", "acme", "--key", str(tmp_path / "id.pub"))

    assert made == {"login": "alice", "account": "acme", "password": None, "keys": [FINGERPRINT]}
    with database.transaction() as connection:
        assert logins.has_key(connection, "alice", FINGERPRINT)
        known = logins.login_by_name(connection, "alice")
    assert known is not None
    assert known.password_hash is None


def test_a_private_key_is_refused_by_name_and_no_login_is_made(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "id").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")

    answer = terminal.type("login", "create", "alice", "--account", "acme", "--key", str(tmp_path / "id"))

    assert answer.exit_code == 2
    assert "is a private key; give the public one (id.pub)" in answer.errors
    assert terminal.json("login", "list") == []


def test_logins_are_listed_for_all_accounts_or_one(terminal: Terminal) -> None:
    assert "no login yet" in terminal.run("login", "list")
    terminal.run("account", "create", "other")
    for login, account in (("zoe", "acme"), ("bob", "other")):
        terminal.run("login", "create", login, "--account", account)

    assert [each["login"] for each in terminal.json("login", "list")] == ["bob", "zoe"]
    (zoe,) = terminal.json("login", "list", "--account", "acme")
    del zoe["created_at"]
    assert zoe == {"login": "zoe", "account": "acme", "enabled": True, "password": True, "keys": 0}
    assert terminal.error("login", "list", "--account", "nobody") == (3, "NO_ACCOUNT")


def test_a_login_is_switched_off_and_on_again(terminal: Terminal) -> None:
    terminal.run("login", "create", "alice", "--account", "acme")

    assert terminal.json("login", "disable", "alice") == {"login": "alice", "enabled": False}
    assert [each["enabled"] for each in terminal.json("login", "list")] == [False]
    assert "switched on" in terminal.run("login", "enable", "alice")
    assert [each["enabled"] for each in terminal.json("login", "list")] == [True]


def test_a_new_password_replaces_the_old_one(terminal: Terminal, database: Database) -> None:
    first = terminal.json("login", "create", "alice", "--account", "acme")["password"]

    second = terminal.json("login", "password", "alice")["password"]
    assert not fits(database, "alice", first)
    assert fits(database, "alice", second)

    terminal.run("login", "password", "alice", "--password-stdin", stdin="my own choice\r\n")
    assert fits(database, "alice", "my own choice")


@pytest.mark.parametrize("command", ["enable", "disable", "password"])
def test_an_unknown_login_is_missing(terminal: Terminal, command: str) -> None:
    assert terminal.error("login", command, "nobody") == (3, "NO_LOGIN")


def test_a_login_belongs_to_one_account(terminal: Terminal) -> None:
    terminal.run("account", "create", "other")
    terminal.run("login", "create", "alice", "--account", "acme")

    assert terminal.error("login", "create", "alice", "--account", "other") == (5, "LOGIN_EXISTS")
    assert terminal.error("login", "create", "bob", "--account", "nobody") == (3, "NO_ACCOUNT")


@pytest.mark.parametrize("name", ["", "a b", "../alice", "alice\n", "é"])
def test_a_name_that_protocols_cannot_carry_is_refused(terminal: Terminal, name: str) -> None:
    assert terminal.error("login", "create", name, "--account", "acme") == (2, "BAD_NAME")


def fits(database: Database, login: str, password: str) -> bool:
    with database.transaction() as connection:
        known = logins.login_by_name(connection, login)
    return known is not None and password_fits(known.password_hash, password)
