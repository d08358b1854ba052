"""Custom fields made, filled and deleted by commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.custom_fields import FieldType
from postroom.contacts.fields import EXTRA_FIELDS
from postroom.contacts.verdicts import Verdict
from postroom.store.accounts import account_by_id, update_settings
from postroom.store.custom_fields import names_of_columns
from tests.conftest import Person
from tests.integration.ingest.commands.batches import Line, Realm, line


def create(name: str, kind: object = 1, description: str = "what it is") -> Line:
    return line(Kind.FIELD_CREATE, fieldname=name, fieldtype=kind, description=description)


def delete(name: str) -> Line:
    return line(Kind.FIELD_DELETE, fieldname=name)


def names(realm: Realm) -> dict[str, str]:
    with realm.database.transaction() as connection:
        return names_of_columns(connection, realm.account_id)


def test_a_field_is_made_and_filled_by_one_file(realm: Realm) -> None:
    answer = realm.send(
        create("age", 0),
        create("joined", 2),
        line(Kind.SAVE, "email,custom_age,custom_joined", "jane@domain.com,36,03/27/2019"),
    )

    assert names(realm) == {"extra01": "age", "extra02": "joined"}
    assert realm.contacts("email", "extra01", "extra02") == [("jane@domain.com", "36", "2019-03-27")]
    assert (answer.tally.commands, answer.tally.commands_failed, answer.failures) == (3, 0, [])
    assert answer.tally.records == 1, "fields are no records"


def test_what_is_no_value_of_its_field_is_left_out_and_told(realm: Realm) -> None:
    realm.send(create("age", 0), create("joined", 2))

    answer = realm.send(line(Kind.SAVE, "email,custom_age,custom_joined", "jane@domain.com,young,27/03/2019"))

    assert realm.contacts("email", "extra01", "extra02") == [("jane@domain.com", None, None)]
    assert answer.failures == []
    assert [(verdict, value) for _, _, verdict, value in answer.warnings] == [
        (Verdict.BAD_VALUE, "age=young"),
        (Verdict.BAD_DATE, "joined=27/03/2019"),
    ]


def test_case_counts_and_unknown_fields_are_passed_over(realm: Realm) -> None:
    realm.send(create("Age", 0))

    answer = realm.send(line(Kind.SAVE, "email,custom_age", "jane@domain.com,36"))

    assert realm.contacts("email", "extra01") == [("jane@domain.com", None)]
    assert answer.tally.fields_ignored == 1


def test_blanks_keep_and_null_erases(realm: Realm) -> None:
    realm.send(create("age", 0), line(Kind.SAVE, "email,custom_age", "jane@domain.com,36"))

    realm.send(line(Kind.SAVE, "email,custom_age", "jane@domain.com,"))
    assert realm.contacts("extra01") == [("36",)]
    realm.send(line(Kind.SAVE, "email,custom_age", "jane@domain.com,NULL"))
    assert realm.contacts("extra01") == [(None,)]


def test_a_label_of_the_account_is_a_field_too(realm: Realm) -> None:
    settings = realm.account.settings.changed({"field03": "Magasin"})
    with realm.database.transaction() as connection:
        update_settings(connection, realm.account_id, settings)

    answer = realm.send(create("Magasin"), line(Kind.SAVE, "email,custom_Magasin", "jane@domain.com,Lyon"))

    assert answer.failures == [(1, None, Verdict.FIELD_EXISTS, "Magasin")]
    assert realm.contacts("email", "field03") == [("jane@domain.com", "Lyon")]


@pytest.mark.parametrize(
    ("command", "verdict", "value"),
    [
        (line(Kind.FIELD_CREATE, fieldtype="1"), Verdict.MISSING_ARGUMENT, "fieldname"),
        (line(Kind.FIELD_CREATE, fieldname="size"), Verdict.MISSING_ARGUMENT, "fieldtype"),
        (create("size", "4"), Verdict.BAD_FIELD_TYPE, "4"),
        (create("size", "text"), Verdict.BAD_FIELD_TYPE, "text"),
        (create("size", "-1"), Verdict.BAD_FIELD_TYPE, "-1"),
        (create("size", "9" * 5000), Verdict.BAD_FIELD_TYPE, "9" * 5000),
        (create("a^b"), Verdict.BAD_ARGUMENT, "a^b"),
        (line(Kind.FIELD_DELETE), Verdict.MISSING_ARGUMENT, "fieldname"),
        (delete("size"), Verdict.NO_SUCH_FIELD, "size"),
    ],
)
def test_a_command_that_makes_no_sense_fails_and_the_next_is_done(
    realm: Realm, command: Line, verdict: Verdict, value: str
) -> None:
    answer = realm.send(command, create("age"))

    assert answer.failures == [(1, None, verdict, value)]
    assert answer.tally.commands_failed == 1
    assert names(realm) == {"extra01": "age"}


def test_the_same_command_twice_fails_once(realm: Realm) -> None:
    answer = realm.send(create("age"), create("age"), delete("age"), delete("age"))

    assert answer.failures == [
        (2, None, Verdict.FIELD_EXISTS, "age"),
        (4, None, Verdict.NO_SUCH_FIELD, "age"),
    ]
    assert names(realm) == {}


def test_a_place_that_is_used_again_is_empty_for_those_who_wait_as_well(realm: Realm) -> None:
    realm.send(*(create(f"field {number}") for number in range(len(EXTRA_FIELDS))))

    realm.send(
        line(Kind.SAVE, "email,custom_field 0", "jane@domain.com,old"),
        delete("field 0"),
        create("another"),
        line(Kind.SAVE, "email,custom_another", "mary@domain.com,new"),
    )

    assert names(realm)["extra01"] == "another"
    assert realm.contacts("email", "extra01") == [("jane@domain.com", None), ("mary@domain.com", "new")]


def test_what_the_batchs_settings_say_of_fields_may_be_older_than_the_batch(realm: Realm) -> None:
    realm.send(*(create(f"field {number}", 0) for number in range(len(EXTRA_FIELDS))))
    with realm.database.transaction() as connection:
        realm.account = account_by_id(connection, realm.account_id)
    assert realm.account.settings.custom["extra01"].type is FieldType.NUMBER

    realm.send(
        delete("field 0"), create("words"), line(Kind.SAVE, "email,custom_words", "jane@domain.com,hello")
    )

    assert realm.contacts("extra01") == [("hello",)]


def test_a_child_realm_has_fields_of_its_own(realm: Realm, charlie: Person) -> None:
    parent = replace(realm, children={"lyon": charlie.account})
    child = Realm.of(realm.database, charlie)

    parent.send(
        create("age", 0),
        line(Kind.FIELD_CREATE, fieldname="size", fieldtype="1", realm="lyon"),
        line(Kind.FIELD_DELETE, fieldname="age", realm="lyon"),
    )

    assert (names(parent), names(child)) == ({"extra01": "age"}, {"extra01": "size"})
