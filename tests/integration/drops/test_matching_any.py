"""Accounts in which a row meets the contact that has any one of its identifiers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.criteria import Criterion, Match
from postroom.drops.room import Room
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.changing import change
from tests.integration.drops.dispatching import counted, mean
from tests.integration.drops.sender import Sender
from tests.integration.drops.taking_back import leave, now, take_back

ALICE, BOB = "a@example.com", "b@example.com"
OK = "contacts/import/ok"


@pytest.fixture
def sender(room: Room, make_person: MakePerson) -> Sender:
    """Return Bob, whose contacts are met by e-mail, fixed phone or mobile."""
    return Sender(room, make_person("bob", criterion="triplet", match="any", language="en"))


def contacts(sender: Sender) -> list[tuple[str | None, ...]]:
    rows = sorted(now(sender).contacts.items())
    return [(row["email"], row["mobile"], row["last_name"]) for _key, row in rows]


def counts(drop: Drop, *names: str) -> tuple[int, ...]:
    assert drop.outcome is not None
    told = drop.outcome["counts"]
    ends = ("created", "updated", "unchanged", "duplicates", "refused", "deleted")
    assert told["lines"] == sum(told[end] for end in ends)
    return tuple(told[name] for name in names)


def identified(sender: Sender) -> set[tuple[str, int]]:
    """Return what the table of identifiers has of an account."""
    with sender.room.database.transaction() as connection:
        rows = connection.execute("select * from identifiers where account_id = %s", [sender.account_id])
        return {(str(row["identifier"]), row["contact_id"]) for row in rows}


def test_a_row_meets_the_contact_that_has_any_of_its_identifiers(sender: Sender) -> None:
    leave(sender, f"Email;Mobile;Nom\n{ALICE};0612345678;Durand\n")

    by_mobile = leave(sender, f"Email;Mobile;Nom\n{BOB};0612345678;Martin\n")
    by_email = leave(sender, f"Email;Mobile;Nom\n{BOB};0698765432;Petit\n")

    assert counts(by_mobile, "created", "updated") == counts(by_email, "created", "updated") == (0, 1)
    assert contacts(sender) == [(BOB, "+33698765432", "Petit")]
    assert len(identified(sender)) == 2


def test_a_row_that_meets_nobody_makes_a_contact(sender: Sender) -> None:
    drop = leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\n")

    assert counts(drop, "created", "added_to_list") == (2, 2)
    assert all(row["dedup_key"] is None for row in now(sender).contacts.values())


def test_a_row_that_meets_two_contacts_is_refused_and_changes_nothing(sender: Sender) -> None:
    leave(sender, f"Email;Mobile;Nom\n{ALICE};0612345678;Durand\n{BOB};0698765432;Martin\n")
    before = now(sender).contacts

    drop = leave(sender, f"Email;Mobile;Nom\n{ALICE};0698765432;Petit\nc@example.com;;Grand\n", name="x.csv")

    assert counts(drop, "created", "refused") == (1, 1)
    assert {key: now(sender).contacts[key] for key in before} == before
    report = sender.read(OK, f"{drop.prefix}_x.csv.errors.csv").splitlines()
    reason = "several different contacts match this row (email, mobile)"
    assert report[1:] == [f"{ALICE};0698765432;Petit;2;AMBIGUOUS_MATCH;{reason}"]


def test_a_corrected_row_can_be_dropped_back(sender: Sender) -> None:
    leave(sender, f"Email;Mobile;Nom\n{ALICE};0612345678;Durand\n{BOB};0698765432;Martin\n")
    drop = leave(sender, f"Email;Mobile;Nom\n{ALICE};0698765432;Petit\nc@example.com;;\n", name="x.csv")
    report = sender.read(OK, f"{drop.prefix}_x.csv.errors.csv")

    again = leave(sender, report.replace("0698765432", ""), name="again.csv")

    assert counts(again, "updated", "refused") == (1, 0)
    assert contacts(sender)[0] == (ALICE, "+33612345678", "Petit")


def test_a_file_of_ambiguous_rows_alone_goes_to_ko_and_makes_no_list(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\n")
    before = now(sender)

    drop = sender.drop("x.csv", f"Email;Mobile\n{ALICE};0698765432\n{BOB};0612345678\n")

    assert drop.state == "refused"
    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "NO_VALID_ROW"
    assert now(sender) == before


@pytest.mark.parametrize("block_bytes", [24, 1_000_000], ids=["a row a frame", "one frame"])
def test_later_rows_see_what_earlier_ones_did(room: Room, sender: Sender, block_bytes: int) -> None:
    sender.room = replace(room, limits=replace(room.limits, block_bytes=block_bytes))
    rows = [
        f"{ALICE};0612345678;One",  # makes Alice
        f"{BOB};0698765432;Two",  # makes Bob
        f"{ALICE};0698765432;Three",  # would be both
        f"{ALICE};0711111111;Four",  # Alice's mobile is another now
        "c@example.com;0612345678;Five",  # her old one is nobody's: a third contact
        f"{BOB};;Six",
    ]

    drop = leave(sender, "\n".join(["Email;Mobile;Nom", *rows]))

    assert sorted(contacts(sender)) == [
        (ALICE, "+33711111111", "Four"),
        (BOB, "+33698765432", "Six"),
        ("c@example.com", "+33612345678", "Five"),
    ]
    assert counts(drop, "created", "duplicates", "refused", "added_to_list") == (3, 2, 1, 3)


def test_an_unchanged_file_changes_nothing(sender: Sender) -> None:
    content = f"Email;Mobile;Nom\n{ALICE};0612345678;Durand\n{BOB};;Martin\n"
    leave(sender, content)
    before, by = now(sender).contacts, identified(sender)

    drop = leave(sender, content)

    assert counts(drop, "unchanged", "updated") == (2, 0)
    assert (now(sender).contacts, identified(sender)) == (before, by)


def test_a_warning_of_a_row_that_is_refused_is_not_told(sender: Sender) -> None:
    leave(sender, f"Email;Mobile;Date de naissance\n{ALICE};0612345678;\n{BOB};0698765432;\n")

    drop = leave(
        sender,
        f"Email;Mobile;Date de naissance\n{ALICE};0698765432;31/02/1980\n{BOB};;31/02/1980\n",
    )

    assert counts(drop, "refused", "warnings") == (1, 1)


def test_a_sync_takes_off_the_list_whom_no_row_means(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\nc@example.com;\n", mode="sync")

    drop = leave(sender, f"Email;Mobile\n{BOB};0711111111\nd@example.com;\n", mode="sync")

    assert counts(drop, "created", "updated", "removed_from_list", "added_to_list") == (1, 1, 2, 1)
    assert len(now(sender).memberships) == 2


def test_empty_cells_that_erase_erase_identifiers_too(sender: Sender, make_person: MakePerson) -> None:
    sender = Sender(sender.room, make_person("eva", match="any", empty_cells="erase"))
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n")

    leave(sender, f"Email;Mobile\n{ALICE};\n;0612345678\n")

    assert [(email, mobile) for email, mobile, _name in contacts(sender)] == [
        (ALICE, None),
        (None, "+33612345678"),
    ]


def test_the_extended_criterion_has_ids_and_whole_addresses(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("eva", criterion="extended", match="any"))
    header = "Email;Facebook id;Twitter id;Adresse 1;Ville;Code postal;Nom\n"
    leave(sender, f"{header}{ALICE};fb1;;1 Rue Haute;Lyon;69001;\n{BOB};;tw2;2 rue basse;Lyon;69001;\n")

    drop = leave(
        sender,
        header
        + "c@example.com;fb1;;;;;By id\n"
        + "d@example.com;;;2 RUE BASSE;LYON;69001;By address\n"
        + "e@example.com;;;;Lyon;69001;Half an address is none\n"
        + "f@example.com;fb1;tw2;;;;Both\n",
        name="x.csv",
    )

    assert counts(drop, "created", "updated", "refused") == (1, 2, 1)
    names = {row["email"]: row["last_name"] for row in now(sender).contacts.values()}
    assert names == {
        "c@example.com": "By id",
        "d@example.com": "By address",
        "e@example.com": "Half an address is none",
    }


def test_an_address_that_a_row_completes_identifies_from_then_on(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("eva", criterion="extended", match="any"))
    leave(sender, f"Email;Adresse 1\n{ALICE};1 rue Haute\n")
    leave(sender, f"Email;Ville;Code postal\n{ALICE};Lyon;69001\n", name="rest.csv")

    drop = leave(sender, f"Email;Adresse 1;Ville;Code postal\n{BOB};1 rue haute;lyon;69001\n", name="x.csv")

    assert counts(drop, "created", "updated") == (0, 1)


def delete(sender: Sender, content: str) -> Drop:
    return sender.drop("gone.csv", content, directory="contacts/delete/in")


def test_a_deletion_takes_whom_a_row_meets_and_refuses_ambiguous_rows(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\nc@example.com;0711111111\n")

    drop = delete(sender, f"Email;Mobile\n{ALICE};0698765432\nc@example.com;\nx@example.com;\n")

    assert counts(drop, "deleted", "refused", "unknown", "unchanged") == (1, 1, 1, 1)
    assert [email for email, _mobile, _name in contacts(sender)] == [ALICE, BOB]
    assert len(now(sender).memberships) == 2
    assert len(identified(sender)) == 4
    report = sender.read("contacts/delete/ok", f"{drop.prefix}_gone.csv.errors.csv")
    assert f"{ALICE};0698765432;2;AMBIGUOUS_MATCH" in report


@pytest.mark.parametrize("lot", [1, 100])
def test_rows_of_a_deletion_see_what_earlier_ones_took(sender: Sender, lot: int) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\n")
    filler = "".join(f"n{n}@example.com;\n" for n in range(lot))

    drop = delete(sender, f"Email;Mobile\n{ALICE};\n{filler}{ALICE};0698765432\n;0612345678\n;0698765432\n")

    # Once Alice is gone her e-mail means nobody, so Bob is met by his mobile; then nobody is left.
    assert counts(drop, "deleted", "refused", "unknown", "duplicates") == (2, 0, lot + 1, 1)
    assert contacts(sender) == []


def test_a_row_without_identifiers_is_refused_from_a_deletion(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("eva", criterion="extended", match="any"))
    leave(sender, f"Email;Ville\n{ALICE};Lyon\n")

    drop = delete(sender, f"Email;Ville\n;Lyon\n{ALICE};\n")

    assert counts(drop, "deleted", "refused") == (1, 1)


def test_switching_on_merges_nobody_and_rows_that_hit_what_is_shared_are_ambiguous(
    room: Room, alice: Person
) -> None:
    sender = Sender(room, alice)
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{ALICE};0698765432\n{BOB};0711111111\n")

    done = change(sender, Criterion.TRIPLET, Match.ANY)

    assert done is not None
    assert done.outcome == {"contacts": 3, "keyed": 3, "groups": 0, "merged": 0, "opted_out": 0, "shared": 2}
    drop = leave(sender, f"Email;Nom\n{ALICE};Durand\n{BOB};Martin\n", name="x.csv")
    assert counts(drop, "updated", "refused") == (1, 1)
    by_mobile = leave(sender, "Mobile;Nom\n0612345678;Durand\n", name="y.csv")
    assert counts(by_mobile, "updated", "refused") == (1, 0)


def test_switching_off_compares_all_together_again(sender: Sender) -> None:
    content = f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\n"
    leave(sender, content)

    change(sender, Criterion.TRIPLET)

    assert identified(sender) == set()
    assert counts(leave(sender, content), "unchanged") == (2,)
    assert counts(leave(sender, f"Email;Mobile\n{ALICE};\n"), "created") == (1,)


def test_an_import_is_undone_with_what_its_contacts_are_met_by(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n")
    before, by = now(sender), identified(sender)
    drop = leave(sender, f"Email;Mobile\n{ALICE};0698765432\n{BOB};\n")

    undone = take_back(sender, drop)

    assert undone["kept"] == {}
    assert (now(sender), identified(sender)) == (before, by)


def test_identifiers_are_kept_through_an_undo_under_another_match(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n")
    drop = leave(sender, f"Email;Mobile;Nom\n{ALICE};0698765432;Durand\n")
    change(sender, Criterion.TRIPLET)

    undone = take_back(sender, drop)

    assert undone["kept"] == {"IDENTIFIES": 1}
    assert contacts(sender) == [(ALICE, "+33698765432", None)]


def test_another_account_is_neither_met_nor_touched(sender: Sender, make_person: MakePerson) -> None:
    theirs = Sender(sender.room, make_person("charlie", match="any"))
    leave(theirs, f"Email;Mobile\n{ALICE};0612345678\n")
    before: Any = (now(theirs), identified(theirs))

    leave(sender, f"Email;Mobile\n{ALICE};0698765432\n")
    delete(sender, f"Email\n{ALICE}\n")

    assert (now(theirs), identified(theirs)) == before


def test_of_a_file_for_several_accounts_each_matches_its_rows_in_its_own_way(
    room: Room, alice: Person, sender: Sender
) -> None:
    mean(room, alice, A=alice, B=sender.person)
    hers = Sender(room, alice)
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{BOB};0698765432\n")
    rows = f"{ALICE};0612345678\n{ALICE};0698765432\n{BOB};\n".splitlines()

    drop = hers.drop(
        "both.csv", "\n".join(["Email;Mobile;dispatch", *(f"{row};{to}" for row in rows for to in "AB")])
    )

    assert counted(drop)["alice"] == {"lines": 3, "created": 3, "added_to_list": 3}
    assert counted(drop)["bob"] == {"lines": 3, "unchanged": 2, "refused": 1, "added_to_list": 2}
    report = hers.read(OK, f"{drop.prefix}_both.csv.errors.csv")
    assert f"{ALICE};0698765432;B;5;AMBIGUOUS_MATCH" in report
