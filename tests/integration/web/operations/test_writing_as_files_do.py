"""What a program creates is what a file of the same rows makes, whatever the account goes by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.criteria import KEY_FIELDS, Criterion, Match, dedup_key, identifiers
from postroom.contacts.errors import Refused
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.store.list_counts import Stats, count_lists
from postroom.web.api.operations.contacts import ContactFilter
from postroom.web.api.operations.lists import read_lists
from postroom.web.api.operations.pages import Paging
from tests.conftest import MakePerson
from tests.integration.web.operations.calling import Program

HEADERS = {
    "reference": "Référence",
    "first_name": "Prénom",
    "email": "Email",
    "phone": "Téléphone Fixe",
    "mobile": "Mobile",
    "city": "Ville",
    "address1": "Adresse 1",
    "zipcode": "Code postal",
    "birth_date": "Date de naissance",
    "twitter_id": "Twitter id",
}
VALUES = {
    "reference": ["", "R1", "R2"],
    "first_name": ["", "Alice", " Élodie "],
    "email": ["", "a@example.com", "B@Example.com", "b@example.com", "c@example.com"],
    "phone": ["", "0286786589", "02 86 78 65 89"],
    "mobile": ["", "0612345678", "+33612345678"],
    "city": ["", "Lyon", "LYON"],
    "address1": ["", "1 rue Haute"],
    "zipcode": ["", "69001"],
    "birth_date": ["", "29/02/1980", "1980-02-29"],
    "twitter_id": ["", "t1", "t2"],
}
WRONG = {"email": "nonsense", "phone": "12", "mobile": "0286786589", "birth_date": "31/02/1980"}
CELLS = {
    name: [*values, *values, *([WRONG[name]] if name in WRONG else [])] for name, values in VALUES.items()
}
ROWS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CELLS.items()})
BATCHES = st.lists(st.lists(ROWS, min_size=1, max_size=5), min_size=1, max_size=4)
ACCOUNTS = st.one_of(
    st.tuples(st.sampled_from(Criterion), st.just(Match.ALL)),
    st.tuples(st.sampled_from([Criterion.TRIPLET, Criterion.EXTENDED]), st.just(Match.ANY)),
)
"""What tells contacts apart, and how."""

EMPTY_CELLS = st.sampled_from(["keep", "erase"])
PATIENT = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


def file_of(rows: list[dict[str, str]]) -> str:
    lines = [";".join(HEADERS.values())]
    return "\n".join([*lines, *(";".join(row[name] for name in HEADERS) for row in rows)]) + "\n"


def contacts_of(program: Program) -> Counter[Any]:
    """Return what contacts there are, and by what they are met."""
    account_id = program.person.account.account_id
    with program.room.database.transaction() as connection:
        rows = connection.execute("select * from contacts where account_id = %s", [account_id]).fetchall()
        met = connection.execute("select * from identifiers where account_id = %s", [account_id]).fetchall()
    by: dict[int, set[Any]] = {}
    for row in met:
        by.setdefault(row["contact_id"], set()).add(row["identifier"])
    assert set(by) <= {row["contact_id"] for row in rows}
    return Counter(
        (*(row[name] for name in CONTACT_FIELDS), row["dedup_key"], frozenset(by.get(row["contact_id"], ())))
        for row in rows
    )


def assert_met_by_what_they_have(program: Program) -> None:
    """Hold keys and identifiers of all contacts against the law."""
    chosen = program.person.account.settings
    for values in contacts_of(program):
        texts = dict(zip(CONTACT_FIELDS, values, strict=False))
        key_values = {name: texts[name] for name in KEY_FIELDS[chosen.criterion]}
        if chosen.matches_any:
            expected = frozenset(each for each in identifiers(chosen.criterion, key_values) if each)
            assert values[-2:] == (None, expected)
        else:
            assert values[-2:] == (dedup_key(chosen.criterion, key_values), frozenset())


def left_as_sent(program: Program, rows: list[dict[str, str]]) -> bool:
    """Leave a file of rows; tell whether all of them were taken and nothing of them left out."""
    drop = program.files.drop("people.csv", file_of(rows))
    counts = (drop.outcome or {})["counts"]
    return not counts["refused"] and not counts["warnings"]


def created(program: Program, rows: list[dict[str, str]]) -> bool:
    """Create contacts; tell whether they were."""
    try:
        program.create(*rows)
    except Refused:
        return False
    return True


@PATIENT
@given(batches=BATCHES, identified=ACCOUNTS, empty_cells=EMPTY_CELLS)
def test_calls_make_what_files_of_the_same_rows_make_and_refuse_what_these_would_leave_out(
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    batches: list[list[dict[str, str]]],
    identified: tuple[Criterion, Match],
    empty_cells: str,
) -> None:
    criterion, match = identified
    chosen = {"criterion": criterion.value, "match": match.value, "empty_cells": empty_cells}
    caller, sender = (Program(room, make_person(unique_name(), **chosen)) for _ in range(2))

    for batch in batches:
        rows = [row for row in batch if any(row.values())]
        before = contacts_of(caller)
        if not rows:
            continue
        if not created(caller, rows):
            assert contacts_of(caller) == before
            assert not left_as_sent(sender, rows)
            return
        assert left_as_sent(sender, rows)
        assert contacts_of(caller) == contacts_of(sender)
        assert_met_by_what_they_have(caller)


CHANGED = {name: [*values, WRONG.get(name, "")] for name, values in VALUES.items()}
OPTOUTS = st.dictionaries(st.sampled_from(Medium), st.sampled_from([None, *OptOutReason]), max_size=1)
CHANGES = st.tuples(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in CHANGED.items()}),
    OPTOUTS,
).map(lambda both: {**both[0], "optouts": both[1]})
WHOM = st.lists(st.integers(1, 5), min_size=1, max_size=2)
Step = tuple[str, list[int], Any]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.just([]), st.lists(ROWS, min_size=1, max_size=4)),
        st.tuples(st.just("update"), WHOM, CHANGES),
        st.tuples(st.just("delete"), WHOM, st.none()),
    ),
    min_size=2,
    max_size=6,
)
PEOPLE = [
    {"email": "a@example.com", "reference": "R1", "mobile": "0612345678"},
    {"email": "b@example.com", "reference": "R2", "phone": "0286786589"},
    {"email": "c@example.com", "reference": "R3"},
]


def take(program: Program, step: Step) -> None:
    """Do what a step says, if that is allowed."""
    what, whom, how = step
    with suppress(Refused):
        if what == "create":
            program.create(*how)
        elif what == "update":
            program.update(ContactFilter(ids=whom), **how)
        else:
            program.delete(ids=whom)


def counters_of(program: Program) -> tuple[Stats, Stats]:
    """Return the counters of the one list as they are kept, and as they are when counted."""
    [kept] = read_lists(program.room, program.caller, ids=None, paging=Paging(), with_stats=True).items
    with program.room.database.transaction() as connection:
        counted = count_lists(connection, program.caller.account_id, [kept.list_id], large=False)
    assert kept.stats is not None
    return kept.stats, counted[kept.list_id].stats


@PATIENT
@given(steps=STEPS, identified=ACCOUNTS)
def test_whatever_is_written_keys_and_counters_are_those_of_what_is_there(
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    steps: list[Step],
    identified: tuple[Criterion, Match],
) -> None:
    criterion, match = identified
    program = Program(room, make_person(unique_name(), criterion=criterion.value, match=match.value))
    program.files.drop("people.csv", file_of([dict.fromkeys(VALUES, "") | row for row in PEOPLE]))
    counters_of(program)

    for step in steps:
        take(program, step)
        assert_met_by_what_they_have(program)
        kept, counted = counters_of(program)
        assert kept == counted
