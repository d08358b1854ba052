from __future__ import annotations

import pytest

from postroom.contacts.commands import BatchHeader
from postroom.store.database import Database
from postroom.store.realms import realm_login
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender

BY_EMAIL = ("--set", "criterion=email")


@pytest.fixture
def acme(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme", *BY_EMAIL, "--set", "realm=Acme")


@pytest.fixture
def lyon(terminal: Terminal, acme: None) -> None:
    terminal.run("account", "create", "lyon", *BY_EMAIL, "--set", "realm=acme-lyon", "--parent", "acme")


def realm_of(terminal: Terminal, account: str) -> tuple[str | None, str | None]:
    shown = terminal.json("account", "show", account)
    return shown["realm"], shown["parent"]


# -------------------------------------------------------------------------- on account set and create


def test_an_account_is_made_with_a_realm_or_given_one(terminal: Terminal, acme: None) -> None:
    made = terminal.json("account", "create", "other", *BY_EMAIL, "--set", "realm=other")
    set_ = terminal.json("account", "set", "acme", "realm=ACME 2", "language=en")

    assert (made["realm"], made["parent"]) == ("other", None)
    assert (set_["realm"], set_["settings"]["language"]) == ("ACME 2", "en")
    assert "realm" not in set_["settings"]
    assert realm_of(terminal, "acme") == ("ACME 2", None)
    assert ["realm", "ACME 2"] in [
        line.split(maxsplit=1) for line in terminal.run("account", "show", "acme").splitlines()
    ]


def test_a_realm_is_taken_away(terminal: Terminal, acme: None) -> None:
    terminal.run("account", "set", "acme", "realm=")

    assert realm_of(terminal, "acme") == (None, None)
    assert terminal.json("realm", "list") == []
    assert "no realm yet" in terminal.run("realm", "list")
    terminal.run("account", "set", "acme", "realm=", "criterion=triplet")


@pytest.mark.parametrize(
    "settings", [(), ("criterion=mobile",), ("match=any",), ("criterion=extended", "match=any")]
)
def test_a_realm_needs_contacts_that_batches_can_find(terminal: Terminal, settings: tuple[str, ...]) -> None:
    chosen = [word for setting in settings for word in ("--set", setting)]

    create = terminal.type("account", "create", "acme", *chosen, "--set", "realm=acme")

    assert create.exit_code == 2
    assert "needs criterion=email, or criterion=reference" in create.errors
    assert "postroom account set acme criterion=email" in create.errors
    assert terminal.json("account", "list") == []
    terminal.run("account", "create", "acme", *chosen)
    assert terminal.error("account", "set", "acme", "realm=acme") == (2, "REALM_CRITERION")
    assert realm_of(terminal, "acme") == (None, None)


def test_criterion_and_realm_are_set_together(terminal: Terminal) -> None:
    terminal.run("account", "create", "acme")

    terminal.run("account", "set", "acme", "realm=acme", "criterion=reference")

    assert realm_of(terminal, "acme") == ("acme", None)


def test_an_account_with_a_realm_keeps_a_criterion_that_fits(terminal: Terminal, acme: None) -> None:
    terminal.run("account", "set", "acme", "criterion=reference")

    assert terminal.error("account", "set", "acme", "criterion=phone") == (2, "REALM_CRITERION")
    assert terminal.error("account", "set", "acme", "criterion=triplet", "match=any") == (
        2,
        "REALM_CRITERION",
    )
    assert terminal.json("account", "show", "acme")["settings"]["criterion"] == "reference"


def test_a_change_in_line_counts_as_made(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", "Email\na@example.com\n")
    terminal.run("account", "set", "alice", "criterion=email")

    # It is only in line: a batch that came before it would still meet the triplets.
    assert terminal.error("account", "set", "alice", "realm=acme") == (2, "REALM_CRITERION")


def test_a_preview_of_another_criterion_leaves_realms_alone(terminal: Terminal, acme: None) -> None:
    told = terminal.json("account", "set", "acme", "criterion=mobile", "realm=", "--dry-run")

    assert told["criterion"] == "mobile"
    assert realm_of(terminal, "acme") == ("Acme", None)


def test_names_are_those_of_one_account(terminal: Terminal, acme: None) -> None:
    create = ("account", "create", "other", *BY_EMAIL)

    assert terminal.error(*create, "--set", "realm=ACME") == (5, "REALM_EXISTS")
    assert terminal.error(*create, "--set", "realm=a\x1bb") == (2, "BAD_NAME")
    assert terminal.error(*create, "--set", "realm= ") == (2, "BAD_NAME")
    assert [each["name"] for each in terminal.json("account", "list")] == ["acme"]


def test_nothing_to_set_is_refused(terminal: Terminal, acme: None) -> None:
    assert terminal.error("account", "set", "acme") == (2, "BAD_SETTING")


# ------------------------------------------------------------------------------------------- parents


def test_a_realm_is_the_child_of_another(terminal: Terminal, lyon: None) -> None:
    assert realm_of(terminal, "lyon") == ("acme-lyon", "Acme")
    assert [(each["realm"], each["parent"]) for each in terminal.json("realm", "list")] == [
        ("Acme", None),
        ("acme-lyon", "Acme"),
    ]

    terminal.run("account", "set", "lyon", "--parent", "")

    assert realm_of(terminal, "lyon") == ("acme-lyon", None)
    assert terminal.json("account", "set", "lyon", "--parent", "acme")["parent"] == "Acme"


def test_what_cannot_be_a_parent_is_said(terminal: Terminal, lyon: None, alice: Person) -> None:
    assert terminal.error("account", "set", "acme", "--parent", "lyon") == (2, "BAD_PARENT")
    assert terminal.error("account", "set", "acme", "--parent", "acme") == (2, "BAD_PARENT")
    assert terminal.error("account", "set", "acme", "--parent", "alice") == (3, "NO_REALM")
    assert terminal.error("account", "set", "alice", "--parent", "acme") == (3, "NO_REALM")
    assert terminal.error("account", "set", "acme", "--parent", "nobody") == (3, "NO_ACCOUNT")


# ------------------------------------------------------------------------------------------- secrets


def test_a_password_is_made_and_made_anew(terminal: Terminal, database: Database, acme: None) -> None:
    first = terminal.json("realm", "password", "acme")
    second = terminal.json("realm", "password", "acme")

    assert first.keys() == {"realm", "password"}
    assert first["realm"] == "Acme"
    assert not logs_in(database, BatchHeader("Acme", first["password"]))
    assert logs_in(database, BatchHeader("Acme", second["password"]))
    assert "password, shown this once: " in terminal.run("realm", "password", "acme")


def test_a_client_is_made_and_gets_new_secrets(terminal: Terminal, database: Database, acme: None) -> None:
    first = terminal.json("realm", "client", "create", "acme", "shop")
    second = terminal.json("realm", "client", "regenerate", "acme", "shop")

    assert first.keys() == {"realm", "client", "password", "client_auth"}
    assert (first["realm"], first["client"]) == ("Acme", "shop")
    assert not logs_in(database, header_of(first))
    assert logs_in(database, header_of(second))
    lines = terminal.run("realm", "client", "regenerate", "acme", "shop").splitlines()
    assert lines[:2] == ["realm: Acme", "api_client: shop"]
    assert [line.split(":")[0] for line in lines[2:]] == [
        "password, shown this once",
        "client_auth, shown this once",
    ]


def test_a_deleted_client_is_gone(terminal: Terminal, database: Database, acme: None) -> None:
    made = terminal.json("realm", "client", "create", "acme", "shop")

    deleted = terminal.json("realm", "client", "delete", "acme", "shop")

    assert deleted == {"account": "acme", "client": "shop", "deleted": True}
    assert not logs_in(database, header_of(made))
    assert terminal.error("realm", "client", "delete", "acme", "shop") == (3, "NO_CLIENT")
    assert terminal.error("realm", "client", "regenerate", "acme", "shop") == (3, "NO_CLIENT")
    terminal.run("realm", "client", "create", "acme", "app")
    assert "is deleted" in terminal.run("realm", "client", "delete", "acme", "app")


def test_a_realm_has_four_clients_beside_its_password(terminal: Terminal, acme: None) -> None:
    assert "has no clients" in terminal.run("realm", "client", "list", "acme")
    for name in ("web", "app", "till", "crm"):
        terminal.run("realm", "client", "create", "acme", name)

    assert terminal.error("realm", "client", "create", "acme", "fax") == (5, "TOO_MANY_CLIENTS")
    assert terminal.error("realm", "client", "create", "acme", "web") == (5, "CLIENT_EXISTS")
    assert [each["client"] for each in terminal.json("realm", "client", "list", "acme")] == [
        "app",
        "crm",
        "till",
        "web",
    ]
    assert terminal.json("realm", "list")[0]["clients"] == 4


def test_no_listing_has_a_secret(terminal: Terminal, acme: None) -> None:
    made = terminal.json("realm", "client", "create", "acme", "shop")
    secrets = {terminal.json("realm", "password", "acme")["password"], made["password"], made["client_auth"]}

    told = "".join(
        terminal.run(*command, *form)
        for command in (("realm", "list"), ("realm", "client", "list", "acme"), ("account", "show", "acme"))
        for form in ((), ("--json",))
    )

    assert not [secret for secret in secrets if secret in told]


def test_who_has_no_realm_has_no_secrets(terminal: Terminal, alice: Person) -> None:
    assert terminal.error("realm", "password", "alice") == (3, "NO_REALM")
    assert terminal.error("realm", "client", "create", "alice", "shop") == (3, "NO_REALM")
    assert terminal.error("realm", "password", "nobody") == (3, "NO_ACCOUNT")
    assert terminal.error("realm", "client", "create", "alice", " ") == (2, "BAD_NAME")


def header_of(client: dict[str, str]) -> BatchHeader:
    return BatchHeader(
        client["realm"],
        client["password"],
        api_client=client["client"],
        client_auth=client["client_auth"],
    )


def logs_in(database: Database, header: BatchHeader) -> bool:
    with database.transaction() as connection:
        return realm_login(connection, header) is not None
