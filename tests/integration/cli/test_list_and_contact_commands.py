from __future__ import annotations

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender

PEOPLE = (
    "Référence;Prénom;Nom;Email;Téléphone Fixe;Mobile;Date de naissance\n"
    "R1;Zoé;[bold]Müller;Zoe@Example.com;02 86 78 65 89;06 12 34 56 78;01/02/1990\n"
    "R2;Yann;Martin;yann@example.com;;;\n"
    "R3;Xavier;Durand;;;0690785690;\n"
)


def test_lists_are_shown_with_their_counts_and_last_drop(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("people.csv", PEOPLE)
    sender.drop("again.csv", PEOPLE)

    again, people = terminal.json("list", "list", "--account", "alice")

    assert (again["name"], people["name"]) == ("again", "people")
    assert people.keys() == {"id", "name", "created_at", "updated_at", "members", "last_drop"}
    assert (people["members"], people["last_drop"]) == (3, drop.public_id)


def test_a_list_is_found_by_name_and_by_id(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)
    (people,) = terminal.json("list", "list", "--account", "alice")

    assert terminal.json("list", "show", "people", "--account", "alice") == people
    assert terminal.json("list", "show", str(people["id"]), "--account", "alice") == people
    assert terminal.error("list", "show", "strangers", "--account", "alice") == (3, "NO_LIST")


def test_a_list_shows_who_is_on_it(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)

    shown = terminal.json("list", "show", "people", "--account", "alice", "--contacts")

    assert shown["members"] == 3
    by_reference = {contact["reference"]: contact for contact in shown["contacts"]}
    assert by_reference["R1"]["email"] == "zoe@example.com"
    assert by_reference["R1"]["birth_date"] == "1990-02-01"
    assert by_reference["R3"]["email"] is None
    assert not {"account_id", "dedup_key"} & by_reference["R1"].keys()


def test_a_long_list_says_how_many_are_not_shown(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)

    output = terminal.run("list", "show", "people", "--account", "alice", "--contacts", "--limit", "1")

    assert output.splitlines()[-1] == "… and 2 more (--limit N shows more)."


def test_what_looks_like_markup_in_a_name_is_shown_as_it_is(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)

    output = terminal.run("list", "show", "people", "--account", "alice", "--contacts")

    assert "[bold]Müller" in output


def test_a_piped_table_keeps_one_line_for_each_contact(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", f"Nom;Email\n{'Long' * 60};a@example.com\nB;b@example.com\n")

    output = terminal.run("list", "show", "people", "--account", "alice", "--contacts")

    header, *rows = output.split("\n\n")[1].splitlines()
    assert header.split()[0] == "Id"
    assert len(rows) == 2
    assert "\x1b" not in output


def test_an_account_without_lists_says_so(terminal: Terminal, alice: Person) -> None:
    assert "has no list yet" in terminal.run("list", "list", "--account", "alice")
    assert terminal.json("list", "list", "--account", "alice") == []


def test_a_contact_is_found_however_its_addresses_are_written(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)
    find = ("contact", "find", "--account", "alice")

    for option, value in (
        ("--email", " ZOE@example.COM "),
        ("--mobile", "0033 6 12.34.56.78"),
        ("--phone", "+33286786589"),
        ("--reference", " R1"),
    ):
        (zoe,) = terminal.json(*find, option, value)
        assert (zoe["first_name"], zoe["lists"]) == ("Zoé", ["people"])


def test_phones_are_read_in_the_region_of_the_account(terminal: Terminal, sender: Sender) -> None:
    terminal.run("account", "set", "alice", "region=BE")
    sender.drop("people.csv", "Mobile\n0470 12 34 56\n")

    (found,) = terminal.json("contact", "find", "--account", "alice", "--mobile", "0470123456")

    assert found["mobile"] == "+32470123456"


def test_all_values_must_fit(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)
    find = ("contact", "find", "--account", "alice", "--email", "zoe@example.com", "--reference")

    assert len(terminal.json(*find, "R1")) == 1
    assert terminal.json(*find, "R2") == []
    assert terminal.run(*find, "R2") == "0 found.\n"


def test_a_person_reads_a_contact_field_by_field(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)

    output = terminal.run("contact", "find", "--account", "alice", "--reference", "R2")

    lines = [line.split() for line in output.splitlines()]
    assert ["email", "yann@example.com"] in lines
    assert ["lists", "people"] in lines
    assert "mobile" not in output
    assert lines[-1] == ["1", "found."]


def test_a_contact_says_which_media_reach_it(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)
    find = ("contact", "find", "--account", "alice", "--reference", "R1")

    (before,) = terminal.json(*find)
    terminal.run("optout", "add", "+33612345678", "--account", "alice", "--medium", "SMS")
    (after,) = terminal.json(*find)

    assert before["reachable_by"] == ["EMAIL", "SMS", "VOICE", "VOICEMAIL"]
    assert after["reachable_by"] == ["EMAIL", "VOICE", "VOICEMAIL"]
    assert "reachable by" in terminal.run(*find)


def test_what_no_contact_can_have_is_refused(terminal: Terminal, alice: Person) -> None:
    find = ("contact", "find", "--account", "alice")

    assert terminal.error(*find) == (2, "NO_VALUE")
    assert terminal.error(*find, "--email", "nobody") == (2, "BAD_VALUE")
    assert terminal.error(*find, "--mobile", "0286786589") == (2, "BAD_VALUE")


def test_charlie_never_sees_the_lists_and_contacts_of_alice(
    terminal: Terminal, sender: Sender, room: Room, charlie: Person
) -> None:
    sender.drop("people.csv", PEOPLE)
    Sender(room, charlie).drop("mine.csv", "Email\ncharlie@example.com\n")
    (alices,) = terminal.json("list", "list", "--account", "alice")
    (charlies,) = terminal.json("list", "list", "--account", "charlie")

    assert charlies["name"] == "mine"
    for wanted in (str(alices["id"]), "people"):
        assert terminal.error("list", "show", wanted, "--account", "charlie") == (3, "NO_LIST")
        assert terminal.error("list", "show", wanted, "--account", "charlie", "--contacts") == (3, "NO_LIST")
    assert terminal.json("contact", "find", "--account", "charlie", "--email", "zoe@example.com") == []
    assert terminal.json("contact", "find", "--account", "charlie", "--reference", "R1") == []
