"""What the merge makes of any files is what the scalar law says, contact by contact, list by list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import Criterion
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.drops.room import Room
from postroom.store import lists
from tests.conftest import MakePerson, Person
from tests.fakes.oracle import Oracle, Row
from tests.integration.drops.sender import Sender

HEADERS = {
    "reference": "Référence",
    "first_name": "Prénom",
    "email": "Email",
    "phone": "Téléphone Fixe",
    "mobile": "Mobile",
}
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
    st.sampled_from(list(MARKERS)),
    st.sets(st.sampled_from([*VALUES]), min_size=3).map(
        lambda kept: [*VALUES] if "email" not in kept else sorted(kept | {"reference"})
    ),
    st.lists(st.integers(0, 3), min_size=1, max_size=6),
)
"""List name, mode, columns, and which rows of a small pool: the same row comes again and again."""


def content(columns: list[str], rows: list[dict[str, str]]) -> str:
    lines = [";".join(HEADERS[column] for column in columns)]
    return "\n".join([*lines, *(";".join(row[column] for column in columns) for row in rows)]) + "\n"


def stored(room: Room, account_id: int) -> tuple[Counter[Any], list[tuple[str, Counter[Any]]]]:
    with room.database.transaction() as connection:
        rows = connection.execute("select * from contacts where account_id = %s", [account_id]).fetchall()
        by_id = {row["contact_id"]: values_of(row) for row in rows}
        every = sorted(lists.lists_of_account(connection, account_id), key=lambda each: each.list_id)
        members = [
            (
                each.name,
                Counter(
                    by_id[m["contact_id"]]
                    for m in lists.members(connection, account_id, each.list_id, limit=1000)
                ),
            )
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
    expected_lists = [
        (each.name, Counter(values_of(m.values) for m in each.members)) for each in oracle.lists
    ]
    assert stored(room, person.account.account_id) == (expected, expected_lists)


def settings_of(criterion: Criterion, empty_cells: str) -> dict[str, str]:
    return {"criterion": criterion.value, "empty_cells": empty_cells}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pool=st.lists(ROWS, min_size=4, max_size=4),
    files=st.lists(FILES, min_size=1, max_size=5),
    criterion=st.sampled_from([each for each in Criterion if each is not Criterion.EXTENDED]),
    empty_cells=st.sampled_from(["keep", "erase"]),
    # A line or two to a frame, or the whole file in one: it must not matter.
    block_bytes=st.sampled_from([64, 150, 1_000_000]),
    # Nor must it matter whether rows are known again by their digests.
    digests_from_lines=st.sampled_from([1, 1_000_000]),
)
def test_any_sequence_of_files_leaves_what_the_law_says(  # noqa: PLR0917 - hypothesis names them
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    pool: list[dict[str, str]],
    files: list[Any],
    criterion: Criterion,
    empty_cells: str,
    block_bytes: int,
    digests_from_lines: int,
) -> None:
    person = make_person(unique_name(), **settings_of(criterion, empty_cells))
    limits = replace(room.limits, block_bytes=block_bytes, digests_from_lines=digests_from_lines)

    named = [(name, mode, columns, [pool[each] for each in picked]) for name, mode, columns, picked in files]
    check(replace(room, limits=limits), person, named)


def test_a_warned_row_is_looked_at_again_when_it_comes_again(room: Room, alice: Person) -> None:
    sender = Sender(replace(room, limits=replace(room.limits, block_bytes=64)), alice)
    row = dict.fromkeys(VALUES, "") | {"email": "a@example.com", "mobile": "0286786589"}

    sender.drop("clients.csv", content([*VALUES], [row, {**row, "first_name": "Alice"}]))

    ((stored_row,), _lists) = stored(room, alice.account.account_id)
    assert "Alice" in stored_row


@pytest.mark.parametrize("block_bytes", [64, 1_000_000], ids=["two frames", "one frame"])
def test_a_row_known_from_last_time_still_has_the_last_word(
    room: Room, alice: Person, block_bytes: int
) -> None:
    limits = replace(room.limits, block_bytes=block_bytes, digests_from_lines=1)
    sender = Sender(replace(room, limits=limits), alice)
    known = dict.fromkeys(VALUES, "") | {"first_name": "Alice", "email": "alice@example.com"}
    sender.mark(".addToExistingList")
    sender.drop("clients.csv", content([*VALUES], [known]))

    sender.drop("clients.csv", content([*VALUES], [{**known, "first_name": "Alix"}, known]))

    ((stored_row,), _lists) = stored(room, alice.account.account_id)
    assert "Alice" in stored_row
