"""Files in the folders of opt-outs and opt-ins: addresses are deactivated and reactivated, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.ingest.consents import change_consent
from postroom.store import contacts, lists, optouts
from postroom.store.optouts import Act
from tests.conftest import Person
from tests.integration.drops.sender import Sender

PEOPLE = (
    "Email;Téléphone Fixe;Mobile;Nom\n"
    "a@example.com;0286786589;0612345678;Durand\n"
    "b@example.com;;0612345678;Martin\n"
)


def opt(sender: Sender, folder: str, content: str) -> dict[str, Any]:
    drop = sender.drop("these.csv", content, directory=f"contacts/{folder}/in")
    assert drop.state == "applied", drop.outcome
    assert drop.outcome is not None
    counts: dict[str, Any] = drop.outcome["counts"]
    ends = ("opted_out", "opted_in", "unchanged", "duplicates", "refused")
    assert counts["lines"] == sum(counts[end] for end in ends)
    return counts


def standing(sender: Sender, **addresses: str) -> dict[str, OptOutReason]:
    wanted = {Medium(medium): address for medium, address in addresses.items()}
    with sender.room.database.transaction() as connection:
        return {o.scope: o.reason for o in optouts.optouts_of(connection, sender.account_id, wanted)}


def complain(sender: Sender, address: str, reason: OptOutReason) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with sender.room.database.transaction() as connection:
        act = Act(sender.account_id, "EMAIL", "call", "test", moment)
        change_consent(connection, act, address, reason)


def people(sender: Sender) -> list[dict[str, Any]]:
    with sender.room.database.transaction() as connection:
        return connection.execute("select * from contacts order by contact_id").fetchall()


@pytest.mark.parametrize(
    ("folder", "column", "value", "medium", "address"),
    [
        ("optoutEMAIL", "Email", "A@Example.com", "EMAIL", "a@example.com"),
        ("optoutSMS", "Mobile", "06 12 34 56 78", "SMS", "+33612345678"),
        ("optoutVOICE", "Téléphone Fixe", "02 86 78 65 89", "VOICE", "+33286786589"),
        ("optoutVOICEMAIL", "Mobile", "+33 6 12 34 56 78", "VOICEMAIL", "+33612345678"),
    ],
)
def test_each_folder_goes_by_the_address_of_its_medium_alone(
    room: Room, alice: Person, folder: str, column: str, value: str, medium: str, address: str
) -> None:
    sender = Sender(room, alice)
    sender.drop("people.csv", PEOPLE)

    counts = opt(sender, folder, f"{column}\n{value}\n")

    every = {"EMAIL": "a@example.com", "SMS": "+33612345678", "VOICE": "+33286786589"}
    every |= {"VOICEMAIL": "+33612345678"}
    assert standing(sender, **every) == {medium: OptOutReason.ACCOUNT}
    assert every[medium] == address
    assert counts["opted_out"] == 1


def test_an_optout_file_neither_creates_nor_changes_a_contact_nor_a_list(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.drop("people.csv", PEOPLE)
    before = people(sender)

    opt(sender, "optoutEMAIL", "Email;Nom;Mobile\na@example.com;CHANGED;0699999999\nnew@example.com;New;\n")

    assert people(sender) == before
    with room.database.transaction() as connection:
        assert [each.members for each in lists.lists_of_account(connection, sender.account_id)] == [2]


@pytest.mark.parametrize("contacts_there", [0, 2, 40])
def test_unknown_addresses_are_counted_among_few_contacts_and_among_many(
    room: Room, alice: Person, contacts_there: int
) -> None:
    sender = Sender(room, alice)
    if contacts_there:
        there = [f"{number}@example.com;;" for number in range(contacts_there - 1)]
        sender.drop("people.csv", "\n".join(["Email;Référence;Nom", *there, ";R1;Durand", ""]))

    counts = opt(sender, "optoutEMAIL", "Email\n0@example.com\nlater@example.com\n")

    assert (counts["opted_out"], counts["unknown"]) == (2, 1 if contacts_there else 2)


def test_an_address_that_no_contact_has_is_remembered_and_counted(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.drop("people.csv", PEOPLE)

    counts = opt(sender, "optoutEMAIL", "Email\nb@example.com\nlater@example.com\n")
    sender.drop("later.csv", "Email\nlater@example.com\n")

    assert (counts["opted_out"], counts["unknown"]) == (2, 1)
    assert standing(sender, EMAIL="later@example.com") == {"EMAIL": OptOutReason.ACCOUNT}


def test_an_import_in_any_mode_leaves_every_optout_as_it_is(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.drop("people.csv", PEOPLE)
    opt(sender, "optoutSMS", "Mobile\n0612345678\n")

    for marker in (".createNewList", ".addToExistingList", ".syncExistingList"):
        sender.mark(marker)
        sender.drop("people.csv", PEOPLE)
        sender.unmark(marker)

    assert standing(sender, SMS="+33612345678") == {"SMS": OptOutReason.ACCOUNT}


def test_an_optin_lifts_it_and_a_second_one_finds_nothing_to_do(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    opt(sender, "optoutEMAIL", "Email\na@example.com\nb@example.com\n")

    first = opt(sender, "optinEMAIL", "Email\na@example.com\n")
    second = opt(sender, "optinEMAIL", "Email\na@example.com\n")

    assert standing(sender, EMAIL="a@example.com") == {}
    assert standing(sender, EMAIL="b@example.com") == {"EMAIL": OptOutReason.ACCOUNT}
    assert (first["opted_in"], first["unchanged"]) == (1, 0)
    assert (second["opted_in"], second["unchanged"]) == (0, 1)


@pytest.mark.parametrize("reason", [OptOutReason.SPAM, OptOutReason.HARD_BOUNCE])
def test_a_complaint_outlives_an_optin_which_says_so(room: Room, alice: Person, reason: OptOutReason) -> None:
    sender = Sender(room, alice)
    complain(sender, "a@example.com", reason)

    drop = sender.drop("back.csv", "Email;Nom\na@example.com;Durand\n", directory="contacts/optinEMAIL/in")

    assert standing(sender, EMAIL="a@example.com") == {"EMAIL": reason}
    report = sender.read("contacts/optinEMAIL/ok", f"{drop.prefix}_back.csv.warnings.csv")
    assert report == (
        "Email;Nom;Ligne;Code;Motif\n"
        "a@example.com;Durand;2;OPTOUT_STANDS;"
        "désabonnement maintenu (plainte ou adresse en erreur) : a@example.com\n"
    )


def test_an_account_may_have_opt_ins_lift_complaints_too(room: Room, make_person: Any) -> None:
    sender = Sender(room, make_person("bob", optin_lifts_complaints="true"))
    complain(sender, "a@example.com", OptOutReason.SPAM)

    opt(sender, "optinEMAIL", "Email\na@example.com\n")

    assert standing(sender, EMAIL="a@example.com") == {}


def test_the_stronger_reason_stands_whatever_comes_later(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    complain(sender, "a@example.com", OptOutReason.SPAM)

    weaker = opt(sender, "optoutEMAIL", "Email\na@example.com\n")

    assert weaker["unchanged"] == 1
    assert standing(sender, EMAIL="a@example.com") == {"EMAIL": OptOutReason.SPAM}


def test_a_stronger_reason_takes_the_place_of_a_weaker_one(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    opt(sender, "optoutEMAIL", "Email\na@example.com\n")

    complain(sender, "a@example.com", OptOutReason.CONTACT)

    assert standing(sender, EMAIL="a@example.com") == {"EMAIL": OptOutReason.CONTACT}


def test_the_ledger_tells_when_by_what_and_by_whom(room: Room, alice: Person) -> None:
    moment = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    sender = Sender(replace(room, clock=lambda: moment), alice)
    out = sender.drop(
        "out.csv", "Nom;Email\nX;b@example.com\nY;a@example.com\n", directory="contacts/optoutEMAIL/in"
    )
    back = sender.drop("in.csv", "Email\na@example.com\n", directory="contacts/optinEMAIL/in")

    with room.database.transaction() as connection:
        found = optouts.history(connection, sender.account_id, "a@example.com", limit=10)

    account = OptOutReason.ACCOUNT
    assert [(c.drop_id, c.line, c.was, c.became) for c in found] == [
        (back.drop_id, 2, account, None),
        (out.drop_id, 3, None, account),
    ]
    assert {(c.acted_at, c.scope, c.source, c.by_whom) for c in found} == {(moment, "EMAIL", "file", "alice")}


def test_what_changes_nothing_is_not_in_the_ledger(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    for _each in range(3):
        opt(sender, "optoutEMAIL", "Email\na@example.com\n")

    with room.database.transaction() as connection:
        assert len(optouts.history(connection, sender.account_id, "a@example.com", limit=10)) == 1


@pytest.mark.parametrize("lot_rows", [1, 2, 1_000_000])
@pytest.mark.parametrize("block_bytes", [24, 1_000_000])
def test_an_address_twice_in_a_file_counts_once(
    room: Room, alice: Person, lot_rows: int, block_bytes: int
) -> None:
    limits = replace(room.limits, lot_rows=lot_rows, block_bytes=block_bytes)
    sender = Sender(replace(room, limits=limits), alice)
    opt(sender, "optoutEMAIL", "Email\nold@example.com\n")
    rows = ["a@example.com", "A@EXAMPLE.COM", "old@example.com", "b@example.com", "a@example.com", "nobody"]

    out = opt(sender, "optoutEMAIL", "\n".join(["Email", *rows, *rows[:1]]) + "\n")
    back = opt(sender, "optinEMAIL", "\n".join(["Email", *rows]) + "\n")

    assert (out["opted_out"], out["unchanged"], out["duplicates"], out["refused"]) == (2, 1, 3, 1)
    assert (back["opted_in"], back["unchanged"], back["duplicates"], back["refused"]) == (3, 0, 2, 1)


@pytest.mark.parametrize(
    ("folder", "content", "code"),
    [
        ("optoutEMAIL", "Mobile\n0612345678\n", "MISSING_COLUMN"),
        ("optoutVOICE", "Mobile;Email\n0612345678;a@example.com\n", "MISSING_COLUMN"),
        ("optoutEMAIL", "Email\nnobody\n", "NO_VALID_ROW"),
        ("optoutEMAIL", "Email,Nom\na@example.com,D\n", "WRONG_SEPARATOR"),
        ("optoutEMAIL", "", "EMPTY_FILE"),
    ],
)
def test_a_file_without_use_is_refused_and_changes_nothing(
    room: Room, alice: Person, folder: str, content: str, code: str
) -> None:
    sender = Sender(room, alice)

    drop = sender.drop("these.csv", content, directory=f"contacts/{folder}/in")

    assert drop.state == "refused"
    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == code
    with room.database.transaction() as connection:
        assert optouts.count_optouts(connection, sender.account_id) == []


@pytest.mark.parametrize("folder", ["optoutEMAIL", "optinEMAIL"])
def test_a_header_alone_is_applied_and_changes_nothing(room: Room, alice: Person, folder: str) -> None:
    """Such is the `EMAIL_optout.csv` of a quiet day, dropped back by a program each night."""
    sender = Sender(room, alice)
    opt(sender, "optoutEMAIL", "Email\na@example.com\n")

    counts = opt(sender, folder, "Référence;Nom;Email\n")

    assert set(counts.values()) == {0}
    with room.database.transaction() as connection:
        assert [each["addresses"] for each in optouts.count_optouts(connection, sender.account_id)] == [1]
        acts = connection.execute("select from consent_acts where account_id = %s", [sender.account_id])
        assert acts.rowcount == 1, "the ledger tells of acts that did something"


def test_refused_rows_come_back_with_their_reasons(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)

    drop = sender.drop(
        "these.csv",
        "Email;Mobile\na@example.com;\n;0612345678\nnobody;\nb@example.com;x\n",
        directory="contacts/optoutEMAIL/in",
    )

    assert sender.read("contacts/optoutEMAIL/ok", f"{drop.prefix}_these.csv.errors.csv") == (
        "Email;Mobile;Ligne;Code;Motif\n"
        ";0612345678;3;MISSING_MEDIUM_VALUE;aucune adresse pour le média EMAIL sur cette ligne\n"
        "nobody;;4;INVALID_EMAIL;e-mail invalide : nobody\n"
    )


def test_deposits_of_different_folders_take_effect_in_their_order(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.leave("1.csv", "Email\na@example.com\n", directory="contacts/optoutEMAIL/in")
    sender.leave("2.csv", "Email\na@example.com\n", directory="contacts/optinEMAIL/in")
    sender.leave("3.csv", "Email\na@example.com\n", directory="contacts/optoutEMAIL/in")

    for _each in range(3):
        sender.process()

    assert standing(sender, EMAIL="a@example.com") == {"EMAIL": OptOutReason.ACCOUNT}


def test_what_charlie_opts_out_is_not_opted_out_for_alice(room: Room, alice: Person, charlie: Person) -> None:
    hers, his = Sender(room, alice), Sender(room, charlie)
    for sender in (hers, his):
        sender.drop("people.csv", PEOPLE)
    opt(hers, "optoutEMAIL", "Email\nb@example.com\n")

    opt(his, "optoutEMAIL", "Email\na@example.com\n")
    opt(his, "optinEMAIL", "Email\nb@example.com\n")

    assert standing(hers, EMAIL="a@example.com") == {}
    assert standing(hers, EMAIL="b@example.com") == {"EMAIL": OptOutReason.ACCOUNT}
    with room.database.transaction() as connection:
        assert optouts.history(connection, charlie.account.account_id, "b@example.com", limit=10) == []


def test_a_contact_shows_on_which_media_it_is_opted_out(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.drop("people.csv", PEOPLE)
    opt(sender, "optoutSMS", "Mobile\n0612345678\n")

    with room.database.transaction() as connection:
        found = contacts.find_contacts(connection, sender.account_id, mobile="+33612345678")

    assert [contact["optouts"] for contact in found] == [{"SMS": "account"}] * 2
