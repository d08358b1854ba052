from __future__ import annotations

import getpass
from dataclasses import replace

import pytest

from postroom.contacts.commands import Kind
from postroom.drops.room import Room
from postroom.store.database import Database
from tests.conftest import MakePerson, Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender
from tests.integration.ingest.commands.batches import Realm, line

OUT = "contacts/optoutEMAIL/in"
HERS = ("--account", "alice")


def test_opt_outs_are_counted_by_medium_and_reason(terminal: Terminal, sender: Sender) -> None:
    sender.drop("out.csv", "Email\na@example.com\nb@example.com\n", directory=OUT)
    sender.drop("out.csv", "Mobile\n0612345678\n", directory="contacts/optoutSMS/in")

    assert terminal.json("optout", "count", *HERS) == [
        {"medium": "EMAIL", "reason": "account", "addresses": 2},
        {"medium": "SMS", "reason": "account", "addresses": 1},
    ]


def test_an_account_without_opt_outs_says_so(terminal: Terminal, sender: Sender) -> None:
    assert terminal.run("optout", "count", *HERS).strip() == "Account alice has no opt-out."


def test_an_address_shows_what_stands_and_how_it_came_to_be(terminal: Terminal, sender: Sender) -> None:
    out = sender.drop("out.csv", "Nom;Email\nX;b@example.com\nY;a@example.com\n", directory=OUT)

    shown = terminal.json("optout", "show", " A@Example.com", *HERS)

    (change,) = shown["history"]
    assert (shown["addresses"], shown["opted_out"]) == (["a@example.com"], {"EMAIL": "account"})
    assert (change["drop"], change["line"], change["was"], change["became"]) == (
        out.public_id,
        3,
        None,
        "account",
    )
    assert (change["by"], change["source"], change["medium"]) == ("alice", "file", "EMAIL")


def test_a_mobile_is_looked_for_in_every_medium_that_could_ring_it(
    terminal: Terminal, sender: Sender
) -> None:
    sender.drop("out.csv", "Mobile\n0612345678\n", directory="contacts/optoutVOICEMAIL/in")

    output = terminal.run("optout", "show", "06 12 34 56 78", *HERS)

    assert output.splitlines()[0] == "+33612345678: opted out of VOICEMAIL (account)"


def test_an_address_is_opted_out_and_in_again_by_hand(terminal: Terminal, sender: Sender) -> None:
    out = terminal.json("optout", "add", "a@example.com", *HERS, "--medium", "EMAIL")
    again = terminal.json("optout", "add", "a@example.com", *HERS, "--medium", "EMAIL")
    back = terminal.json("optout", "lift", "A@example.com", *HERS, "--medium", "EMAIL")

    address = {"address": "a@example.com", "medium": "EMAIL"}
    assert out == {**address, "opted_out": "contact", "changed": True}
    assert again == {**address, "opted_out": "contact", "changed": False}
    assert back == {**address, "opted_out": None, "changed": True}


def test_what_is_done_by_hand_is_in_the_ledger_with_the_hand(terminal: Terminal, sender: Sender) -> None:
    terminal.json("optout", "add", "0612345678", *HERS, "--medium", "SMS", "--reason", "account")

    (change,) = terminal.json("optout", "show", "0612345678", *HERS)["history"]

    assert (change["by"], change["source"], change["drop"]) == (getpass.getuser(), "command", None)


def test_a_complaint_is_lifted_only_on_demand(terminal: Terminal, sender: Sender) -> None:
    wish = ("a@example.com", *HERS, "--medium", "EMAIL")
    terminal.json("optout", "add", *wish, "--reason", "spam")

    kept = terminal.run("optout", "lift", *wish)
    lifted = terminal.run("optout", "lift", *wish, "--complaints")

    assert kept.strip() == (
        "a@example.com is opted out of EMAIL (spam), as it was before; --complaints lifts that, too."
    )
    assert lifted.strip() == "a@example.com is not opted out of EMAIL."


@pytest.mark.parametrize(
    ("address", "medium"), [("nobody", "EMAIL"), ("0286786589", "SMS"), ("a@example.com", "VOICE")]
)
def test_what_no_medium_could_use_is_refused(
    terminal: Terminal, alice: Person, address: str, medium: str
) -> None:
    assert terminal.error("optout", "add", address, *HERS, "--medium", medium) == (2, "BAD_VALUE")


def test_a_word_that_is_no_address_is_refused(terminal: Terminal, alice: Person) -> None:
    assert terminal.error("optout", "show", "somebody", *HERS) == (2, "BAD_VALUE")


def test_charlie_sees_and_lifts_nothing_of_alice(
    terminal: Terminal, room: Room, sender: Sender, charlie: Person
) -> None:
    sender.drop("out.csv", "Email\na@example.com\n", directory=OUT)

    his = terminal.json("optout", "show", "a@example.com", "--account", "charlie")
    terminal.json("optout", "lift", "a@example.com", "--account", "charlie", "--medium", "EMAIL")

    assert (his["opted_out"], his["history"]) == ({}, [])
    assert terminal.json("optout", "show", "a@example.com", *HERS)["opted_out"] == {"EMAIL": "account"}


def test_opt_outs_from_lists_and_from_the_whole_system_are_shown(
    terminal: Terminal, room: Room, database: Database, make_person: MakePerson
) -> None:
    realm = Realm.of(database, make_person("dora", criterion="email"))
    news = realm.new_list()
    realm.universal = [realm.account_id]
    unsub = line(Kind.UNSUB, "email", "a@example.com", list_id=news)
    realm.send(
        unsub,
        replace(unsub, command=replace(unsub.command, arguments=(("list_id", "0"), ("universal", "1")))),
        force_optout=True,
    )

    shown = terminal.json("optout", "show", "a@example.com", "--account", "dora")

    assert shown["opted_out"] == {"list:news": "account", "universal": "account"}
    assert [change["medium"] for change in shown["history"]] == ["universal", "list:news"]
    assert terminal.json("optout", "count", "--account", "dora") == [
        {"medium": "list:news", "reason": "account", "addresses": 1}
    ]
