from __future__ import annotations

import pytest

from postroom.store import clients
from postroom.store.credentials import secret_fits
from postroom.store.database import Database
from tests.integration.cli.terminal import Terminal


@pytest.fixture(autouse=True)
def acme(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme")


def test_a_client_gets_an_id_and_a_secret(terminal: Terminal, database: Database) -> None:
    made = terminal.json("client", "create", "shop", "--account", "acme")

    assert made.keys() == {"name", "account", "scopes", "client_id", "client_secret"}
    assert (made["name"], made["account"], made["scopes"]) == ("shop", "acme", ["basic"])
    assert fits(database, made["client_id"], made["client_secret"])


def test_the_secret_is_shown_once_and_never_again(terminal: Terminal) -> None:
    lines = terminal.run("client", "create", "shop", "--account", "acme").splitlines()

    secret = lines[2].removeprefix("client_secret, shown this once: ")
    assert len(secret) >= 24
    assert lines[1].startswith("client_id: ")
    assert secret not in terminal.run("client", "list") + terminal.run("client", "list", "--json")


def test_a_client_may_be_given_less_than_everything(terminal: Terminal) -> None:
    scopes = ("--scope", "lists:read", "--scope", "contacts:write", "--scope", "lists:read")

    made = terminal.json("client", "create", "shop", "--account", "acme", *scopes)

    assert made["scopes"] == ["lists:read", "contacts:write"]


def test_an_unknown_scope_is_refused_and_no_client_is_made(terminal: Terminal) -> None:
    create = ("client", "create", "shop", "--account", "acme", "--scope", "lists:burn")

    assert terminal.error(*create) == (2, "UNKNOWN_SCOPE")
    assert terminal.json("client", "list") == []


def test_clients_are_listed_for_all_accounts_or_one(terminal: Terminal) -> None:
    assert "no client yet" in terminal.run("client", "list")
    terminal.run("account", "create", "other")
    for name, account in (("web", "acme"), ("app", "other")):
        terminal.run("client", "create", name, "--account", account)

    assert [each["name"] for each in terminal.json("client", "list")] == ["app", "web"]
    (web,) = terminal.json("client", "list", "--account", "acme")
    assert (web["account"], web["scopes"], web["enabled"]) == ("acme", ["basic"], True)
    assert terminal.error("client", "list", "--account", "nobody") == (3, "NO_ACCOUNT")


def test_a_client_is_switched_off_and_on_again(terminal: Terminal) -> None:
    terminal.run("client", "create", "shop", "--account", "acme")

    assert terminal.json("client", "disable", "shop") == {"name": "shop", "enabled": False}
    assert "switched on" in terminal.run("client", "enable", "shop")
    assert [each["enabled"] for each in terminal.json("client", "list")] == [True]


def test_a_new_secret_replaces_the_old_one(terminal: Terminal, database: Database) -> None:
    first = terminal.json("client", "create", "shop", "--account", "acme")

    second = terminal.json("client", "secret", "shop")

    assert second["client_id"] == first["client_id"]
    assert not fits(database, first["client_id"], first["client_secret"])
    assert fits(database, first["client_id"], second["client_secret"])
    assert "shown this once" in terminal.run("client", "secret", "shop")


def test_a_removed_client_is_gone(terminal: Terminal) -> None:
    terminal.run("client", "create", "shop", "--account", "acme")

    assert terminal.json("client", "remove", "shop") == {"name": "shop", "removed": True}
    assert terminal.json("client", "list") == []
    assert terminal.error("client", "remove", "shop") == (3, "NO_CLIENT")


@pytest.mark.parametrize("command", ["enable", "disable", "secret"])
def test_an_unknown_client_is_missing(terminal: Terminal, command: str) -> None:
    assert terminal.error("client", command, "nobody") == (3, "NO_CLIENT")


def test_a_client_belongs_to_one_account(terminal: Terminal) -> None:
    terminal.run("account", "create", "other")
    terminal.run("client", "create", "shop", "--account", "acme")

    assert terminal.error("client", "create", "shop", "--account", "other") == (5, "CLIENT_EXISTS")
    assert terminal.error("client", "create", "app", "--account", "nobody") == (3, "NO_ACCOUNT")


@pytest.mark.parametrize("name", ["", "a b", "../shop", "shop\n", "é"])
def test_a_name_that_cannot_be_typed_plainly_is_refused(terminal: Terminal, name: str) -> None:
    assert terminal.error("client", "create", name, "--account", "acme") == (2, "BAD_NAME")


def test_keys_are_rotated(terminal: Terminal) -> None:
    first = terminal.json("client", "rotate-keys")

    second = terminal.json("client", "rotate-keys", "--end-tokens")

    assert first["key_id"] != second["key_id"]
    assert (first["tokens_ended"], second["tokens_ended"]) == (False, True)
    assert "no older token works" in terminal.run("client", "rotate-keys", "--end-tokens")


def fits(database: Database, client_id: str, secret: str) -> bool:
    with database.transaction() as connection:
        known = clients.client_by_id(connection, client_id)
    return known is not None and secret_fits(known.secret_hash, secret)
