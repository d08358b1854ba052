"""Custom fields of accounts over the real database: names, slots, and what becomes of old values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postroom.contacts.custom_fields import FieldType
from postroom.contacts.fields import CONTACT_FIELDS, EXTRA_FIELDS
from postroom.contacts.verdicts import Verdict
from postroom.ingest.custom_fields import CustomFields
from postroom.store.custom_fields import names_of_columns
from postroom.store.database import Connection, Database
from tests.conftest import MakePerson, Person

NUMBER, TEXT, DATE, LARGE, UNICODE, FLOAT = map(int, FieldType)


@pytest.fixture
def bob(make_person: MakePerson) -> Person:
    return make_person("bob", field01="Magasin", field03="age")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as connection:
        yield connection


def fields_of(connection: Connection, person: Person) -> CustomFields:
    return CustomFields(connection, person.account.account_id)


def test_every_field_of_a_contact_is_a_column(connection: Connection) -> None:
    rows = connection.execute(
        "select column_name from information_schema.columns where table_name = 'contacts'"
    ).fetchall()

    known = {"account_id", "contact_id", "dedup_key", "digest", "created_at", "updated_at"}
    assert {row["column_name"] for row in rows} == known | set(CONTACT_FIELDS)


def test_a_field_is_made_and_found_by_its_exact_name(connection: Connection, alice: Person) -> None:
    fields = fields_of(connection, alice)

    assert fields.create("age", NUMBER, "in years") is None
    assert fields.create("Age", TEXT, "") is None

    for each in (fields, fields_of(connection, alice)):
        assert (each.column("age"), each.column("Age"), each.column("AGE")) == ("extra01", "extra02", None)
        assert [(field.name, field.type, field.description) for field in each.fields] == [
            ("Age", FieldType.TEXT, ""),
            ("age", FieldType.NUMBER, "in years"),
        ]


def test_fields_belong_to_one_account(connection: Connection, alice: Person, charlie: Person) -> None:
    fields_of(connection, alice).create("age", NUMBER, "")

    other = fields_of(connection, charlie)

    assert (other.column("age"), other.fields) == (None, [])
    assert other.delete("age") is Verdict.NO_SUCH_FIELD
    assert fields_of(connection, alice).column("age") == "extra01"


@pytest.mark.parametrize(
    ("name", "kind", "description", "verdict"),
    [
        ("age", TEXT, "", Verdict.FIELD_EXISTS),
        ("Magasin", TEXT, "", Verdict.FIELD_EXISTS),
        ("magasin", TEXT, "", None),
        ("size", 4, "", Verdict.BAD_FIELD_TYPE),
        ("size", -1, "", Verdict.BAD_FIELD_TYPE),
        ("a,b", TEXT, "", Verdict.BAD_ARGUMENT),
        ("", TEXT, "", Verdict.BAD_ARGUMENT),
        ("size", TEXT, "x" * 501, Verdict.BAD_ARGUMENT),
        ("size", TEXT, "a\0b", Verdict.BAD_ARGUMENT),
    ],
)
def test_what_cannot_be_made_is_said(
    connection: Connection, bob: Person, name: str, kind: int, description: str, verdict: Verdict | None
) -> None:
    fields = fields_of(connection, bob)

    assert fields.create(name, kind, description) is verdict
    assert (name in {field.name for field in fields.fields}) == (verdict is None)


def test_a_name_is_taken_until_it_is_deleted(connection: Connection, alice: Person) -> None:
    fields = fields_of(connection, alice)
    fields.create("age", NUMBER, "")

    assert fields.create("age", NUMBER, "") is Verdict.FIELD_EXISTS
    assert fields.delete("age") is None
    assert fields.delete("age") is Verdict.NO_SUCH_FIELD
    assert fields.column("age") is None
    assert fields.create("age", DATE, "") is None
    assert names_of_columns(connection, alice.account.account_id) == {"extra02": "age"}


def test_a_label_of_the_account_is_a_field_of_text(connection: Connection, bob: Person) -> None:
    fields = fields_of(connection, bob)

    assert (fields.column("age"), fields.column("Magasin"), fields.column("magasin")) == (
        "field03",
        "field01",
        None,
    )
    assert fields.typed("age", "about forty") == "about forty"
    assert fields.delete("age") is Verdict.NO_SUCH_FIELD


@pytest.mark.parametrize(
    ("kind", "sent", "stored"),
    [
        (NUMBER, "36", "36"),
        (NUMBER, "36.5", Verdict.BAD_VALUE),
        (FLOAT, "36.5", "36.5"),
        (FLOAT, "a lot", Verdict.BAD_VALUE),
        (DATE, "03/27/2019", "2019-03-27"),
        (DATE, "27/03/2019", Verdict.BAD_DATE),
        (TEXT, "36.5", "36.5"),
        (UNICODE, "日本", "日本"),
        (LARGE, "x" * 4001, Verdict.VALUE_TOO_LONG),
    ],
)
def test_values_are_those_of_the_type(
    connection: Connection, alice: Person, kind: int, sent: str, stored: str | Verdict
) -> None:
    fields = fields_of(connection, alice)
    fields.create("it", kind, "")

    assert fields.typed("it", sent) == stored
    assert fields.typed("another", sent) is Verdict.UNKNOWN_FIELD


def test_forty_five_fields_is_all_there_is(connection: Connection, alice: Person) -> None:
    fields = fields_of(connection, alice)
    for number in range(len(EXTRA_FIELDS)):
        assert fields.create(f"field {number}", TEXT, "") is None

    assert fields.create("one more", TEXT, "") is Verdict.TOO_MANY_FIELDS
    fields.delete("field 7")
    assert fields.create("one more", TEXT, "") is None
    assert fields.column("one more") == "extra08"


# ------------------------------------------------------------------------------- what a slot held


@pytest.fixture
def full(connection: Connection, alice: Person, charlie: Person) -> CustomFields:
    """Return Alice's fields, all taken; her contact and Charlie's have a 42 in the first and the second."""
    fields = fields_of(connection, alice)
    for number in range(len(EXTRA_FIELDS)):
        fields.create(f"field {number}", TEXT, "")
    for person in (alice, charlie):
        connection.execute(
            "insert into contacts (account_id, contact_id, digest, email, extra01, extra02)"
            " values (%s, 1, 7, 'a@example.com', '42', '42'), (%s, 2, 8, 'b@example.com', null, '42')",
            [person.account.account_id] * 2,
        )
        journal = "insert into journal_changes values (%s, 1, 1, %s, '{1}', '{40}', '{42}')"
        for field in ("extra01", "extra02"):
            connection.execute(journal, [person.account.account_id, field])
    return fields


def stored(connection: Connection, person: Person) -> list[tuple[str | None, str | None, int | None]]:
    rows = connection.execute(
        "select extra01, extra02, digest from contacts where account_id = %s order by contact_id",
        [person.account.account_id],
    )
    return [(row["extra01"], row["extra02"], row["digest"]) for row in rows]


def journalled(connection: Connection, person: Person) -> list[str]:
    rows = connection.execute(
        "select field from journal_changes where account_id = %s order by field", [person.account.account_id]
    )
    return [row["field"] for row in rows]


def test_what_a_deleted_field_held_stays_out_of_reach(
    connection: Connection, full: CustomFields, alice: Person
) -> None:
    full.delete("field 0")

    assert stored(connection, alice) == [("42", "42", 7), (None, "42", 8)]
    assert "extra01" not in names_of_columns(connection, alice.account.account_id)


def test_a_slot_is_empty_when_it_is_used_again(
    connection: Connection, full: CustomFields, alice: Person
) -> None:
    full.delete("field 0")
    full.create("another", TEXT, "")

    assert full.column("another") == "extra01"
    # The row that is gone from it is no longer known by its digest; the other contact's still is.
    assert stored(connection, alice) == [(None, "42", None), (None, "42", 8)]
    assert journalled(connection, alice) == ["extra02"]


def test_nobody_elses_contacts_are_emptied(
    connection: Connection, full: CustomFields, charlie: Person
) -> None:
    full.delete("field 0")
    full.create("another", TEXT, "")

    assert stored(connection, charlie) == [("42", "42", 7), (None, "42", 8)]
    assert journalled(connection, charlie) == ["extra01", "extra02"]
