"""An account's custom fields as columns of its contact files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.criteria import Criterion
from postroom.contacts.custom_fields import FieldType
from postroom.drops.room import Room
from postroom.ingest.custom_fields import CustomFields
from postroom.store import selecting
from postroom.store.selecting import Selection, Slice
from tests.conftest import MakePerson, Person
from tests.integration.drops.changing import change
from tests.integration.drops.dispatching import mean
from tests.integration.drops.sender import Sender
from tests.integration.drops.taking_back import kept, leave, now, take_back

KINDS = {
    "age": FieldType.NUMBER,
    "joined": FieldType.DATE,
    "notes": FieldType.LARGE_TEXT,
    "rate": FieldType.FLOAT,
}


@pytest.fixture
def sender(room: Room, make_person: MakePerson) -> Sender:
    bob = make_person("bob", criterion="reference", language="en")
    make_fields(room, bob, **KINDS)
    return Sender(room, bob)


def make_fields(room: Room, person: Person, **kinds: FieldType) -> None:
    with room.database.transaction() as connection:
        fields = CustomFields(connection, person.account.account_id)
        assert [fields.create(name, kind, "") for name, kind in kinds.items()] == [None] * len(kinds)


def customs(room: Room, person: Person) -> list[dict[str, str | None]]:
    """Return the custom fields of somebody's contacts, by e-mail."""
    with room.database.transaction() as connection:
        selection = Selection(person.account.account_id)
        found = selecting.select_contacts(connection, selection, Slice(by="email"))
    return [dict(each.custom) for each in found]


def report(sender: Sender, kind: str) -> str:
    (name,) = (name for name in sender.names("contacts/import/ok") if name.endswith(f".{kind}.csv"))
    return sender.read("contacts/import/ok", name)


def test_columns_are_kept_under_the_names_of_the_account(sender: Sender) -> None:
    drop = leave(
        sender,
        "Référence;Email;age;Joined;custom_notes;rate;unknown\n"
        "R1;a@example.com;36;27/03/2019;likes; x\n"
        "R2;b@example.com;;;;0,5;y\n",
    )

    assert customs(sender.room, sender.person) == [
        {"age": "36", "joined": "2019-03-27", "notes": "likes", "rate": "x"} | {"rate": None},
        {"age": None, "joined": None, "notes": None, "rate": "0.5"},
    ]
    assert drop.outcome is not None
    assert drop.outcome["counts"]["warnings"] == 1


def test_a_value_that_its_field_cannot_have_is_left_out_and_told(sender: Sender) -> None:
    leave(sender, "Référence;Email;age;joined\nR1;a@example.com;young;03/27/2019\n")

    assert customs(sender.room, sender.person) == [dict.fromkeys(KINDS)]
    warnings = report(sender, "warnings")
    assert "BAD_CUSTOM_VALUE;a value that this field cannot have: age: young" in warnings
    assert "BAD_CUSTOM_VALUE;a value that this field cannot have: joined: 03/27/2019" in warnings


def test_a_value_that_is_too_long_is_named_as_the_account_knows_it(sender: Sender) -> None:
    leave(sender, f"Référence;Email;notes\nR1;a@example.com;{'x' * 4001}\nR2;b@example.com;y\n")

    assert "value too long: notes" in report(sender, "errors")


def test_absent_columns_and_empty_cells_keep_what_there_is(sender: Sender) -> None:
    leave(sender, "Référence;Email;age;notes\nR1;a@example.com;36;first\n")
    leave(sender, "Référence;Email;age\nR1;a@example.com;\n")
    leave(sender, "Référence;Email;notes\nR1;a@example.com;second\n")

    (found,) = customs(sender.room, sender.person)
    assert (found["age"], found["notes"]) == ("36", "second")


def test_where_empty_cells_erase_they_erase_custom_fields_too(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", criterion="reference", empty_cells="erase"))
    make_fields(room, sender.person, age=FieldType.NUMBER)
    leave(sender, "Référence;Email;age\nR1;a@example.com;36\n")

    leave(sender, "Référence;Email;age\nR1;a@example.com;\n")

    assert customs(room, sender.person) == [{"age": None}]


@pytest.mark.parametrize("mode", ["add", "sync", "create"])
def test_an_import_undone_gives_custom_values_back(sender: Sender, mode: str) -> None:
    leave(sender, "Référence;Email;age;notes\nR1;a@example.com;36;first\n")
    before, values = now(sender), customs(sender.room, sender.person)
    drop = leave(
        sender, "Référence;Email;age;notes\nR1;a@example.com;37;second\nR2;b@example.com;1;\n", mode=mode
    )

    take_back(sender, drop)

    assert now(sender) == before
    assert customs(sender.room, sender.person) == values


def test_what_an_undo_leaves_is_named_as_files_name_it(sender: Sender) -> None:
    leave(sender, "Référence;Email;age\nR1;a@example.com;36\n")
    drop = leave(sender, "Référence;Email;age\nR1;a@example.com;37\n")
    leave(sender, "Référence;Email;age\nR1;a@example.com;38\n")

    take_back(sender, drop)

    assert [what for _who, what, _code in kept(sender, drop)] == ["custom_age"]


def test_contacts_that_become_one_have_the_newest_custom_values(sender: Sender) -> None:
    leave(sender, "Référence;Email;age;notes\nR1;a@example.com;36;first\n")
    leave(sender, "Référence;Email;age;rate\nR2;a@example.com;37;1.5\n")

    change(sender, Criterion.EMAIL)

    assert customs(sender.room, sender.person) == [
        {"age": "37", "joined": None, "notes": "first", "rate": "1.5"}
    ]


def test_no_undo_brings_a_deleted_fields_values_back_under_another_name(sender: Sender) -> None:
    leave(sender, "Référence;Email;age\nR1;a@example.com;36\n")
    drop = leave(sender, "Référence;Email;age\nR1;a@example.com;37\n")
    replace_field(sender, "age", "secret")

    take_back(sender, drop)

    (found,) = customs(sender.room, sender.person)
    assert found["secret"] is None
    assert "36" not in found.values()


def test_the_same_bytes_mean_something_else_under_another_field(sender: Sender) -> None:
    # Rows are known again by their digests, which know columns by their places alone.
    room = replace(sender.room, limits=replace(sender.room.limits, digests_from_lines=1))
    sender = Sender(room, sender.person)
    leave(sender, "Référence;Email;age\nR1;a@example.com;36\n", mode="sync")
    replace_field(sender, "age", "size")

    leave(sender, "Référence;Email;size\nR1;a@example.com;36\n", mode="sync")

    (found,) = customs(room, sender.person)
    assert found["size"] == "36"


def replace_field(sender: Sender, old: str, new: str) -> None:
    """Fill all places but one, delete a field, and make another, which takes its place."""
    with sender.room.database.transaction() as connection:
        fields = CustomFields(connection, sender.account_id)
        while fields.create(f"more {len(fields.fields)}", FieldType.TEXT, "") is None:
            pass
        place = fields.column(old)
        assert fields.delete(old) is None
        assert fields.create(new, FieldType.TEXT, "") is None
        assert fields.column(new) == place


def test_a_column_means_to_each_account_what_it_has_under_that_name(
    room: Room, alice: Person, make_person: MakePerson
) -> None:
    bob = make_person("bob")
    make_fields(room, alice, size=FieldType.NUMBER, age=FieldType.NUMBER)
    make_fields(room, bob, age=FieldType.TEXT)
    mean(room, alice, A=alice, B=bob)

    Sender(room, alice).drop(
        "people.csv", "Email;dispatch;age\na@example.com;A;36\nb@example.com;B;about 40\nc@example.com;A;x\n"
    )

    assert customs(room, alice) == [{"size": None, "age": "36"}, {"size": None, "age": None}]
    assert customs(room, bob) == [{"age": "about 40"}]


def test_nobody_elses_fields_are_columns(room: Room, alice: Person, charlie: Person) -> None:
    make_fields(room, charlie, secret=FieldType.TEXT)

    drop = Sender(room, alice).drop("people.csv", "Email;secret\na@example.com;x\n")

    assert stored_extras(room) == [None]
    assert drop.outcome is not None
    assert any("secret" in note for note in drop.outcome["notes"])


def stored_extras(room: Room) -> list[Any]:
    with room.database.transaction() as connection:
        return [row["extra01"] for row in connection.execute("select extra01 from contacts").fetchall()]
