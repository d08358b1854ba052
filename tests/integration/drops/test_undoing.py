"""An import is taken back: what it did goes, unless something has come of it since."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from postroom.contacts.media import Medium
from postroom.drops.room import Room
from postroom.store import files, optouts
from postroom.store.accounts import account_by_id, update_settings
from tests.conftest import MakePerson
from tests.integration.drops.accounts_state import AccountState, changed
from tests.integration.drops.sender import Sender
from tests.integration.drops.taking_back import MODES, PEOPLE, kept, leave, names, now, take_back


@pytest.fixture
def sender(room: Room, make_person: MakePerson) -> Sender:
    """Return a sender whose contacts are told apart by their reference."""
    return Sender(room, make_person("bob", criterion="reference"))


@pytest.mark.parametrize("mode", [*MODES])
@pytest.mark.parametrize("empty_cells", ["keep", "erase"])
def test_the_last_import_undone_leaves_exactly_what_was_before(
    room: Room, make_person: MakePerson, mode: str, empty_cells: str
) -> None:
    sender = Sender(room, make_person("bob", criterion="reference", empty_cells=empty_cells))
    leave(sender, PEOPLE)
    before = now(sender)
    drop = leave(
        sender,
        "Référence;Email;Prénom;Nom;Date de naissance\nR2;b2@example.com;Bob;;01/02/1990\nR3;c@example.com\n",
        mode=mode,
    )
    assert now(sender) != before

    undone = take_back(sender, drop)

    assert now(sender) == before
    assert (undone["contacts_removed"], undone["contacts_restored"]) == (1, 1)
    assert (undone["kept"], undone["report"]) == ({}, None)
    assert undone["list_removed"] == (mode == "create")


def test_the_drop_tells_that_it_was_undone_by_whom_and_to_what_end(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)

    undone = take_back(sender, drop)

    told = sender.drop_now(drop.drop_id)
    assert (told.state, told.undone_by) == ("applied", "olga")
    assert told.undone_at is not None
    assert told.outcome is not None
    assert told.outcome["undo"] == undone
    assert told.outcome["counts"]["created"] == 2, "what it did is still told"
    assert undone["contacts_removed"] == 2


def test_rows_without_a_key_are_undone_too(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="none"))
    leave(sender, "Email\na@example.com\na@example.com\n")
    before = now(sender)
    drop = leave(sender, "Email\na@example.com\na@example.com\n", mode="sync")

    take_back(sender, drop)

    assert now(sender) == before


@pytest.mark.parametrize("block_bytes", [40, 1_000_000])
def test_a_contact_that_a_file_changed_twice_gets_its_first_value_back(
    sender: Sender, block_bytes: int
) -> None:
    sender.room = replace(sender.room, limits=replace(sender.room.limits, block_bytes=block_bytes))
    leave(sender, PEOPLE)
    before = now(sender)
    drop = leave(
        sender,
        "Référence;Email;Nom\nR1;a@example.com;Petit\nR1;a@example.com;Grand\nR9;z@example.com;x\nR9;z@example.com;y\n",
    )

    take_back(sender, drop)

    assert now(sender) == before


@pytest.mark.parametrize("text", ["\\", '"', "{a,b}", "NULL", "été; ça", "'", "%s", "x" * 4000])
def test_any_text_comes_back_as_it_was(sender: Sender, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    leave(sender, f"Référence;Email;Nom\nR1;a@example.com;{quoted}\n")
    before = now(sender)
    drop = leave(sender, "Référence;Email;Nom\nR1;a@example.com;Petit\n")

    take_back(sender, drop)

    assert now(sender) == before
    assert names(sender) == {"R1": text}


def test_a_value_that_was_changed_since_stays_and_the_others_come_back(sender: Sender) -> None:
    leave(sender, PEOPLE)
    drop = leave(sender, "Référence;Email;Prénom;Nom\nR1;a@example.com;Alix;Petit\n")
    leave(sender, "Référence;Email;Nom\nR1;a@example.com;Grand\n")

    undone = take_back(sender, drop)

    (contact,) = [row for row in now(sender).contacts.values() if row["reference"] == "R1"]
    assert (contact["first_name"], contact["last_name"]) == ("Anne", "Grand")
    assert undone["kept"] == {"CHANGED_SINCE": 1}
    assert kept(sender, drop) == [("R1", "last_name", "CHANGED_SINCE")]


def test_the_report_is_read_by_people(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    leave(sender, "Référence;Email;Nom\nR1;a@example.com;Grand\n")

    undone = take_back(sender, drop)

    name = f"{drop.prefix}_people.csv.undo.csv"
    assert undone["report"] == name
    contact_id = next(iter(now(sender).contacts))
    with sender.room.database.transaction() as connection:
        file = files.file_at(connection, sender.account_id, "contacts/import/ok", name)
    assert file is not None
    with sender.room.blobs.open(file.blob_key) as blob:
        assert blob.read().decode("utf-8-sig") == (
            "Contact;Référence;Email;Téléphone Fixe;Mobile;Quoi;Code;Motif\n"
            f"{contact_id};R1;a@example.com;;;contact;NAMED_SINCE;présent dans un fichier importé depuis\n"
        )


def test_whom_a_later_file_has_too_stays_with_their_place_on_its_list(sender: Sender) -> None:
    leave(sender, "Référence;Email\nR0;z@example.com\n")
    drop = leave(sender, PEOPLE)
    leave(sender, "Référence;Email;Nom\nR2;b@example.com;Martin\nR0;z@example.com;\n")

    undone = take_back(sender, drop)

    assert (undone["contacts_removed"], undone["kept"]) == (1, {"NAMED_SINCE": 1})
    state = now(sender)
    assert {row["reference"] for row in state.contacts.values()} == {"R0", "R2"}
    assert len(state.memberships) == 2


def test_who_was_known_before_keeps_a_place_that_a_later_file_gives_too(sender: Sender) -> None:
    leave(sender, PEOPLE, name="known.csv")
    drop = leave(sender, PEOPLE)
    leave(sender, "Référence;Email\nR2;b@example.com\n")

    undone = take_back(sender, drop)

    assert (undone["removed_from_list"], undone["kept"]) == (1, {"NAMED_SINCE": 1})
    assert kept(sender, drop) == [("R2", "list", "NAMED_SINCE")]


def test_a_later_import_that_was_undone_keeps_nothing(sender: Sender) -> None:
    before = now(sender)
    drop = leave(sender, PEOPLE)
    later = leave(sender, PEOPLE.replace("Durand", "Petit"))
    take_back(sender, later)

    undone = take_back(sender, drop)

    assert (undone["kept"], undone["list_removed"]) == ({}, True)
    assert now(sender) == before


def test_a_contact_put_on_another_list_by_other_means_stays(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    with sender.room.database.transaction() as connection:
        connection.execute(
            "insert into memberships select account_id, 1000, min(contact_id) from contacts group by 1"
        )

    undone = take_back(sender, drop)

    assert (undone["contacts_removed"], undone["kept"]) == (1, {"ON_ANOTHER_LIST": 1})
    assert undone["removed_from_list"] == 1, "its place on the import's list is the import's"


def test_a_contact_changed_by_other_means_stays(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    with sender.room.database.transaction() as connection:
        connection.execute("update contacts set city = 'Paris', updated_at = now() where reference = 'R1'")

    undone = take_back(sender, drop)

    assert (undone["contacts_removed"], undone["kept"]) == (1, {"CHANGED_SINCE": 1})
    assert names(sender) == {"R1": "Durand"}


def test_contacts_deleted_since_are_not_made_again(sender: Sender) -> None:
    leave(sender, PEOPLE)
    drop = leave(sender, "Référence;Email;Nom\nR1;a@example.com;Petit\nR3;c@example.com;Neuf\n", mode="sync")
    gone = sender.drop("gone.csv", "Référence\nR1\nR2\nR3\n", directory="contacts/delete/in")
    assert gone.state == "applied"

    undone = take_back(sender, drop)

    assert now(sender).contacts == {}
    assert undone["contacts_removed"] == 0
    assert Counter(each[1:] for each in kept(sender, drop)) == {("contact", "GONE"): 1, ("list", "GONE"): 1}


def test_who_left_by_a_sync_does_not_come_back_to_a_list_that_was_synchronised_again(sender: Sender) -> None:
    leave(sender, PEOPLE)
    drop = leave(sender, "Référence;Email\nR1;a@example.com\n", mode="sync")
    leave(sender, "Référence;Email\nR1;a@example.com\nR4;d@example.com\n", mode="sync")
    before = now(sender)

    undone = take_back(sender, drop)

    assert undone["kept"] == {"SYNCED_SINCE": 1}
    assert kept(sender, drop) == [("R2", "list", "SYNCED_SINCE")]
    assert now(sender) == before


def test_who_has_come_back_to_the_list_by_themselves_is_nothing_to_tell(sender: Sender) -> None:
    leave(sender, PEOPLE)
    drop = leave(sender, "Référence;Email\nR1;a@example.com\n", mode="sync")
    leave(sender, "Référence;Email\nR2;b@example.com\n")

    undone = take_back(sender, drop)

    assert (undone["restored_to_list"], undone["kept"]) == (0, {})


def test_a_list_that_others_have_filled_stays(sender: Sender) -> None:
    drop = leave(sender, PEOPLE, mode="create")
    leave(sender, "Référence;Email\nR7;g@example.com\n")

    undone = take_back(sender, drop)

    assert not undone["list_removed"]
    assert len(now(sender).memberships) == 1


def test_a_list_goes_when_the_last_import_that_filled_it_is_undone(sender: Sender) -> None:
    made = leave(sender, PEOPLE, mode="create")
    filled = leave(sender, "Référence;Email\nR7;g@example.com\n")
    take_back(sender, made)

    undone = take_back(sender, filled)

    assert undone["list_removed"]
    assert now(sender) == AccountState({}, {}, frozenset())


def test_a_list_that_is_gone_gets_nobody_back(sender: Sender) -> None:
    leave(sender, PEOPLE)
    drop = leave(sender, "Référence;Email\nR1;a@example.com\n", mode="sync")
    with sender.room.database.transaction() as connection:
        connection.execute("delete from memberships")
        connection.execute("delete from lists")

    undone = take_back(sender, drop)

    assert undone["kept"] == {"LIST_GONE": 1}
    assert now(sender).memberships == frozenset()


def test_what_identifies_contacts_by_a_new_criterion_stays(sender: Sender) -> None:
    leave(sender, PEOPLE)
    drop = leave(sender, "Référence;Email;Nom\nR1;new@example.com;Petit\n")
    with sender.room.database.transaction() as connection:
        settings = account_by_id(connection, sender.account_id).settings
        update_settings(connection, sender.account_id, settings.changed({"criterion": "email"}))

    undone = take_back(sender, drop)

    (contact,) = [row for row in now(sender).contacts.values() if row["reference"] == "R1"]
    assert (contact["email"], contact["last_name"]) == ("new@example.com", "Durand")
    assert undone["kept"] == {"IDENTIFIES": 1}


def test_opt_outs_stay_whatever_is_undone(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    sender.drop("out.csv", "Email\na@example.com\n", directory="contacts/optoutEMAIL/in")

    undone = take_back(sender, drop)

    assert undone["contacts_removed"] == 2
    with sender.room.database.transaction() as connection:
        assert optouts.optouts_of(connection, sender.account_id, {Medium.EMAIL: "a@example.com"})


def test_an_older_import_undone_leaves_what_came_later(sender: Sender) -> None:
    older = leave(sender, PEOPLE)
    between = now(sender)
    leave(sender, "Référence;Email;Nom\nR1;a@example.com;Petit\nR5;e@example.com;Neuf\n")
    before = now(sender)

    take_back(sender, older)

    assert not changed(before, now(sender)) & changed(between, before)
    assert names(sender) == {"R1": "Petit", "R5": "Neuf"}
