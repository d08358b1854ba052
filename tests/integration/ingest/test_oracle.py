"""What the merge makes of any sequence of files is what the scalar law says, contact by contact, list by list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import MakePerson, Person
from tests.fakes.oracle import Oracle, Row
from tests.integration.drops.sender import Sender

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import Criterion
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.drops.room import Room
from postroom.store import lists

HEADERS = {"reference": "Référence", "first_name": "Prénom", "email": "Email", "phone": "Téléphone Fixe", "mobile": "Mobile"}
MARKERS = {Mode.CREATE: ".createNewList", Mode.ADD: ".addToExistingList", Mode.SYNC: ".syncExistingList"}

VALUES = {
    "reference": ["", "R1", "R2", "R3"],
    "first_name": ["", "Alice", "Bob", " Élodie "],
    "email": ["", "a@example.com", "B@Example.com", "b@example.com", "not an e-mail"],
    "phone": ["", "0286786589", "02 86 78 65 89", "336 90 78 56 90", "12"],
    "mobile": ["", "0612345678", "+33612345678", "0286786589"],
}
ROWS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
FILES = st.tuples(
    st.sampled_from(["clients", "prospects"]),
    st.sampled_from(list(Mode)),
    st.sets(st.sampled_from([*VALUES]), min_size=3).map(lambda kept: [*VALUES] if "email" not in kept else sorted(kept | {"reference"})),
    st.lists(ROWS, min_size=1, max_size=6),
)


def content(columns: list[str], rows: list[dict[str, str]]) -> str:
    lines = [";".join(HEADERS[column] for column in columns)]
    return "\n".join([*lines, *(";".join(row[column] for column in columns) for row in rows)]) + "\n"


def stored(room: Room, account_id: int) -> tuple[Counter[Any], list[tuple[str, Counter[Any]]]]:
    with room.database.transaction() as connection:
        rows = connection.execute("select * from contacts where account_id = %s", [account_id]).fetchall()
        by_id = {row["contact_id"]: values_of(row) for row in rows}
        every = sorted(lists.lists_of_account(connection, account_id), key=lambda each: each.list_id)
        members = [
            (each.name, Counter(by_id[m["contact_id"]] for m in lists.members(connection, account_id, each.list_id, limit=1000)))
            for each in every
        ]
    return Counter(by_id.values()), members


def values_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in CONTACT_FIELDS)


def check(room: Room, person: Person, files: list[tuple[str, Mode, list[str], list[dict[str, str]]]]) -> None:
    sender, oracle = Sender(room, person), Oracle(person.account.settings)
    for number, (name, mode, columns, rows) in enumerate(files):
        for marker in set(sender.names("contacts/import")):
            sender.unmark(marker)
        sender.mark(MARKERS[mode])
        drop = sender.drop(f"{name}.csv", content(columns, rows))
        counts = (drop.outcome or {})["counts"]
        ends = ("created", "updated", "unchanged", "duplicates", "refused")
        filled = [row for row in rows if any(row[column].strip() for column in columns)]
        assert counts["lines"] == sum(counts[end] for end in ends) == len(filled) or not filled, number
        kept: list[Row] = [{column: row[column] for column in columns} for row in filled]
        oracle.apply(name, mode, kept)
    expected = Counter(values_of(contact.values) for contact in oracle.contacts)
    expected_lists = [(each.name, Counter(values_of(m.values) for m in each.members)) for each in oracle.lists]
    assert stored(room, person.account.account_id) == (expected, expected_lists)


def settings_of(criterion: Criterion, empty_cells: str) -> dict[str, str]:
    return {"criterion": criterion.value, "empty_cells": empty_cells}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(FILES, min_size=1, max_size=4),
    criterion=st.sampled_from([each for each in Criterion if each is not Criterion.EXTENDED]),
    empty_cells=st.sampled_from(["keep", "erase"]),
)
def test_any_sequence_of_files_leaves_what_the_law_says(
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    files: list[Any],
    criterion: Criterion,
    empty_cells: str,
) -> None:
    person = make_person(unique_name(), **settings_of(criterion, empty_cells))

    check(room, person, files)
