"""Saved filters as conditions in SQL: whom they hold for, and that nothing of them becomes SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.settings import AccountSettings
from postroom.store import lists, segments
from postroom.store.database import Database
from tests.conftest import Person

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SETTINGS = AccountSettings(
    custom={
        "extra01": CustomColumn("age", FieldType.NUMBER),
        "extra02": CustomColumn("shoe size", FieldType.FLOAT),
        "extra03": CustomColumn("joined", FieldType.DATE),
        "extra04": CustomColumn("Nick", FieldType.TEXT),
    }
)
PEOPLE = {
    "ann": {
        "city": "Paris",
        "birth_date": "1980-05-01",
        "extra01": "30",
        "extra02": "38.5",
        "extra04": "Nan",
    },
    "bob": {"city": "PARIS 2", "birth_date": "1990-01-31", "extra01": "9", "extra03": "2024-02-01"},
    "eve": {"company": '100% "Eve\'s" \\ _', "extra01": "old", "extra02": "1e3"},
}
Held = Callable[[str], set[str]]


@pytest.fixture
def held(database: Database, alice: Person) -> Held:
    """Return what tells for whom of Alice's people a filter holds."""
    account_id = alice.account.account_id
    with database.transaction() as connection:
        for number, (name, values) in enumerate(PEOPLE.items(), 1):
            columns = ", ".join(values)
            marks = ", ".join(["%s"] * len(values))
            connection.execute(
                f"insert into contacts (account_id, contact_id, first_name, {columns})"
                f" values (%s, %s, %s, {marks})",
                (account_id, number, name, *values.values()),
            )

    def hold(text: str) -> set[str]:
        compiled = segments.compile_filter(text, SETTINGS)
        with database.transaction() as connection:
            query = sql.SQL(
                "select first_name from contacts c where account_id = %(account_id)s and {}"
            ).format(compiled.condition)
            rows = connection.execute(query, {"account_id": account_id, **compiled.parameters})
            return {row["first_name"] for row in rows}

    return hold


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("city = paris", {"ann"}),
        ("city != Paris", {"bob", "eve"}),
        ("city contains PARIS", {"ann", "bob"}),
        ("city > paris", {"bob"}),
        ("city is empty", {"eve"}),
        ("CITY is not empty", {"ann", "bob"}),
        ("birth_date < 1985-01-01", {"ann"}),
        ("birth_date = '31/01/1990'", {"bob"}),
        ("birth_date contains 1990", {"bob"}),
        ("custom_age > 10", {"ann"}),
        ("custom_age <= 9", {"bob"}),
        ("custom_age != 9", {"ann", "eve"}),
        ("custom_age = 30.0", {"ann"}),
        ('"custom_shoe size" >= 38', {"ann", "eve"}),
        ("custom_joined >= 2024-01-01", {"bob"}),
        ("custom_Nick = nan", {"ann"}),
        ("company contains '% \"Eve'", {"eve"}),
        (r"company contains '\\'", {"eve"}),
        ("company contains _", {"eve"}),
        ("city = Paris or company is not empty and custom_age is not empty", {"ann", "eve"}),
        ("(city = Paris or company is not empty) and custom_age = 30", {"ann"}),
        ('city = "x\' or true --"', set()),
    ],
)
def test_a_filter_holds_for_whom_it_says(held: Held, text: str, people: set[str]) -> None:
    assert held(text) == people


@given(value=st.text(max_size=20).filter(lambda text: "\x00" not in text))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_is_anything_but_a_value(held: Held, value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    try:
        found = held(f'fax = "{quoted}"')
    except Refused:
        return  # half a character, or a control character
    assert found == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("town = Paris", "UNKNOWN_FIELD"),
        ("custom_nick = Nan", "UNKNOWN_FIELD"),
        ("extra01 = 3", "UNKNOWN_FIELD"),
        ("account_id = 1", "UNKNOWN_FIELD"),
        ("custom_age > many", "BAD_FILTER"),
        ("custom_age > 1e999", "BAD_FILTER"),
        ("custom_age > nan", "BAD_FILTER"),
        ("birth_date > yesterday", "BAD_FILTER"),
    ],
)
def test_what_no_contact_has_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        segments.compile_filter(text, SETTINGS)

    assert refused.value.code == code


def test_the_field_that_was_meant_is_told() -> None:
    with pytest.raises(Refused, match=r"no contact field 'ville' \(did you mean city\?\)\.$"):
        segments.compile_filter("ville = Paris", SETTINGS)


def test_filters_are_saved_changed_and_forgotten(database: Database, alice: Person, charlie: Person) -> None:
    account_id = alice.account.account_id
    with database.transaction() as connection:
        made = segments.create_segment(connection, account_id, SETTINGS, "Paris", "city = Paris", now=NOW)
        other = segments.create_segment(connection, account_id, SETTINGS, "Lyon", "city = Lyon", now=NOW)
        with pytest.raises(Conflict):
            segments.create_segment(connection, account_id, SETTINGS, "Paris", "city = Lyon", now=NOW)
        with pytest.raises(Conflict):
            segments.update_segment(connection, other, SETTINGS, "Paris", "city = Lyon", now=NOW)
        for name in ("", " ", "x" * 101, "a\nb"):
            with pytest.raises(Refused):
                segments.create_segment(connection, account_id, SETTINGS, name, "city = Lyon", now=NOW)
        changed = segments.update_segment(connection, made, SETTINGS, "Paris", "city = PARIS", now=NOW)
        assert segments.segment_named(connection, account_id, "Paris") == changed
        assert segments.segment_named(connection, account_id, str(made.segment_id)) == changed
        assert segments.segments_of_account(connection, account_id) == [changed, other]

        for strange in (charlie.account.account_id,):
            assert segments.segments_of_account(connection, strange) == []
            for act in (segments.segment_by_id, segments.delete_segment):
                with pytest.raises(Missing):
                    act(connection, strange, made.segment_id)
            with pytest.raises(Missing):
                segments.segment_named(connection, strange, "Paris")
        segments.delete_segment(connection, account_id, made.segment_id)
        with pytest.raises(Missing):
            segments.segment_named(connection, account_id, "Paris")


def test_a_filter_is_counted_in_the_account_and_on_a_list(
    database: Database, alice: Person, held: Held
) -> None:
    del held
    account_id = alice.account.account_id
    compiled = segments.compile_filter("city contains paris", SETTINGS)
    with database.transaction() as connection:
        list_id = lists.create_list(connection, account_id, "news", now=NOW)
        lists.add_members(connection, account_id, list_id, [1, 3])

        assert segments.count_segment(connection, account_id, compiled) == 2
        assert segments.count_segment(connection, account_id, compiled, list_id=list_id) == 1
