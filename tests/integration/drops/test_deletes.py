"""Files left in the folder `delete`: contacts go, with their memberships; their opt-outs stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.store import lists, optouts
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender

PEOPLE = (
    "Référence;Email;Téléphone Fixe;Mobile;Nom\n"
    "R1;a@example.com;0286786589;0612345678;Durand\n"
    "R2;b@example.com;;;Martin\n"
    "R3;c@example.com;;0698765432;Petit\n"
)


def delete(sender: Sender, content: str) -> Drop:
    return sender.drop("gone.csv", content, directory="contacts/delete/in")


def counts(drop: Drop) -> dict[str, Any]:
    assert drop.outcome is not None
    found: dict[str, Any] = drop.outcome["counts"]
    assert drop.state == "applied", drop.outcome
    assert found["lines"] == sum(found[end] for end in ("deleted", "unchanged", "duplicates", "refused"))
    return found


def names(sender: Sender) -> list[str]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select last_name from contacts where account_id = %s order by 1", [sender.account_id]
        )
        return [row["last_name"] for row in rows]


def members(sender: Sender) -> dict[str, int]:
    with sender.room.database.transaction() as connection:
        return {each.name: each.members for each in lists.lists_of_account(connection, sender.account_id)}


@pytest.mark.parametrize(
    ("criterion", "content", "left"),
    [
        ("reference", "Référence\nR1\nR3\n", ["Martin"]),
        ("email", "Email\nB@example.com\n", ["Durand", "Petit"]),
        ("mobile", "Mobile\n06 12 34 56 78\n", ["Martin", "Petit"]),
        ("phone", "Téléphone Fixe\n02.86.78.65.89\n", ["Martin", "Petit"]),
        (
            "triplet",
            "Email;Téléphone Fixe;Mobile\na@example.com;0286786589;0612345678\n",
            ["Martin", "Petit"],
        ),
        ("triplet", "Email\nb@example.com\na@example.com\n", ["Durand", "Petit"]),
        ("extended", "Email;Mobile\nc@example.com;0698765432\n", ["Durand", "Martin"]),
    ],
)
def test_a_contact_is_found_by_the_criterion_of_the_account(
    room: Room, make_person: MakePerson, criterion: str, content: str, left: list[str]
) -> None:
    sender = Sender(room, make_person("bob", criterion=criterion))
    sender.drop("people.csv", PEOPLE)

    delete(sender, content)

    assert names(sender) == left
    assert members(sender) == {"people": len(left)}


def test_deleting_without_a_criterion_is_refused(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="none"))
    sender.drop("people.csv", PEOPLE)

    drop = delete(sender, "Email\na@example.com\n")

    assert drop.state == "refused"
    assert sender.read("contacts/delete/ko", f"{drop.prefix}_gone.csv.error.txt") == (
        "la suppression demande un critère de dédoublonnage, ce compte n'en a pas : rien n'a été supprimé\n"
        "deleting needs a deduplication criterion and this account has none: nothing was deleted\n"
    )
    assert len(names(sender)) == 3


@pytest.mark.parametrize("settings", [{}, {"match": "any"}, {"guard_percent": "10"}], ids=str)
def test_a_header_alone_is_applied_and_deletes_nobody(
    room: Room, make_person: MakePerson, settings: dict[str, str]
) -> None:
    sender = Sender(room, make_person("bob", criterion="triplet", **settings))

    nobody = delete(sender, "Référence;Email;Téléphone Fixe;Mobile\n")
    sender.drop("people.csv", PEOPLE)
    again = delete(sender, "Référence;Email;Téléphone Fixe;Mobile\n")

    assert set(counts(nobody).values()) == set(counts(again).values()) == {0}
    assert len(names(sender)) == 3


def test_a_deleted_contact_leaves_every_list(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="reference"))
    for name in ("one.csv", "two.csv"):
        sender.drop(name, PEOPLE)

    delete(sender, "Référence\nR2\n")

    assert members(sender) == {"one": 2, "two": 2}


def test_an_optout_outlives_its_contact_and_meets_it_again(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="reference"))
    sender.drop("people.csv", PEOPLE)
    sender.drop("out.csv", "Email\na@example.com\n", directory="contacts/optoutEMAIL/in")

    delete(sender, "Référence\nR1\n")
    sender.drop("people.csv", PEOPLE)

    with room.database.transaction() as connection:
        (found,) = optouts.optouts_of(connection, sender.account_id, {Medium.EMAIL: "a@example.com"})
    assert found.reason is OptOutReason.ACCOUNT
    assert len(names(sender)) == 3


@pytest.mark.parametrize("block_bytes", [16, 1_000_000])
def test_every_row_is_accounted_for(room: Room, make_person: MakePerson, block_bytes: int) -> None:
    limits = replace(room.limits, block_bytes=block_bytes)
    sender = Sender(replace(room, limits=limits), make_person("bob", criterion="email"))
    sender.drop("people.csv", PEOPLE)

    drop = delete(
        sender, "Email;Nom\na@example.com;x\nA@example.com;y\nunknown@example.com;\nnobody;\n;Durand\n"
    )

    found = counts(drop)
    assert (found["deleted"], found["duplicates"], found["unknown"], found["refused"]) == (1, 1, 1, 2)
    assert sender.read("contacts/delete/ok", f"{drop.prefix}_gone.csv.errors.csv") == (
        "Email;Nom;Ligne;Code;Motif\n"
        "nobody;;5;INVALID_EMAIL;e-mail invalide : nobody\n"
        ";Durand;6;MISSING_KEY;rien n'identifie le contact sur cette ligne (email)\n"
    )


def test_only_what_identifies_a_contact_is_looked_at(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="reference", strict="true"))
    sender.drop("people.csv", PEOPLE)

    drop = delete(sender, f"Référence;Email;Nom\nR1;nobody;{'x' * 5000}\n")

    assert counts(drop)["deleted"] == 1


def test_deleting_again_finds_nobody(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="reference"))
    sender.drop("people.csv", PEOPLE)
    delete(sender, "Référence\nR1\n")

    again = delete(sender, "Référence\nR1\n")

    assert (counts(again)["deleted"], counts(again)["unknown"]) == (0, 1)


def test_a_contact_that_comes_back_is_a_new_one(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="reference"))
    sender.mark(".syncExistingList")
    sender.drop("people.csv", PEOPLE)
    delete(sender, "Référence\nR1\nR2\nR3\n")

    drop = sender.drop("people.csv", PEOPLE)

    assert drop.outcome is not None
    assert drop.outcome["counts"]["created"] == 3
    assert members(sender) == {"people": 3}


def test_charlie_deletes_nobody_of_alice(room: Room, alice: Person, charlie: Person) -> None:
    hers, his = Sender(room, alice), Sender(room, charlie)
    for sender in (hers, his):
        sender.drop("people.csv", PEOPLE)

    delete(his, "Email\nb@example.com\n")

    assert names(hers) == ["Durand", "Martin", "Petit"]
    assert names(his) == ["Durand", "Petit"]
    assert members(hers) == {"people": 3}
