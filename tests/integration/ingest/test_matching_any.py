"""Where any identifier is enough, files and deletions in any order leave what the scalar law says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.criteria import KEY_FIELDS, Criterion, identifiers
from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.fakes.oracle import Oracle
from tests.integration.drops.sender import Sender
from tests.integration.ingest.test_oracle import MARKERS, stored, values_of

HEADERS = {
    "email": "Email",
    "mobile": "Mobile",
    "twitter_id": "Twitter id",
    "address1": "Adresse 1",
    "city": "Ville",
    "zipcode": "Code postal",
    "last_name": "Nom",
}
VALUES = {
    "email": ["", "a@example.com", "B@Example.com", "b@example.com", "c@example.com", "nonsense"],
    "mobile": ["", "0612345678", "+33612345678", "0698765432", "12"],
    "twitter_id": ["", "", "t1", "t2"],
    "address1": ["", "1 rue Haute", "1 RUE HAUTE"],
    "city": ["", "Lyon", "LYON"],
    "zipcode": ["", "69001"],
    "last_name": ["", "Durand", "Martin"],
}
ROWS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
COLUMNS = st.sets(st.sampled_from([*VALUES])).map(lambda kept: sorted(kept | {"email", "last_name"}))
DELETE = None
FILES = st.tuples(
    st.sampled_from([*MARKERS, DELETE]),
    COLUMNS,
    st.lists(ROWS, min_size=1, max_size=6),
    st.sampled_from("ab"),
)


def content(columns: list[str], rows: list[dict[str, str]]) -> str:
    lines = [";".join(HEADERS[column] for column in columns)]
    return "\n".join([*lines, *(";".join(row[column] for column in columns) for row in rows)]) + "\n"


def send(sender: Sender, oracle: Oracle, file: Any) -> dict[str, Any]:
    mode, columns, rows, name = file
    filled = [{c: row[c] for c in columns} for row in rows if any(row[c].strip() for c in columns)]
    if mode is DELETE:
        drop = sender.drop("gone.csv", content(columns, rows), directory="contacts/delete/in")
        oracle.delete(filled)
    else:
        for marker in set(sender.names("contacts/import")):
            sender.unmark(marker)
        sender.mark(MARKERS[mode])
        drop = sender.drop(f"{name}.csv", content(columns, rows))
        oracle.apply(name, mode, filled)
    assert drop.outcome is not None
    return {**drop.outcome["counts"], "rows": len(filled)}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(FILES, min_size=1, max_size=5),
    criterion=st.sampled_from([Criterion.TRIPLET, Criterion.EXTENDED]),
    empty_cells=st.sampled_from(["keep", "erase"]),
    block_bytes=st.sampled_from([64, 150, 1_000_000]),
)
def test_any_sequence_of_files_leaves_what_the_law_says(
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    files: list[Any],
    criterion: Criterion,
    empty_cells: str,
    block_bytes: int,
) -> None:
    person = make_person(unique_name(), criterion=criterion.value, match="any", empty_cells=empty_cells)
    limits = replace(room.limits, block_bytes=block_bytes)
    sender, oracle = Sender(replace(room, limits=limits), person), Oracle(person.account.settings)

    for file in files:
        told = send(sender, oracle, file)
        ends = ("created", "updated", "unchanged", "duplicates", "refused", "deleted")
        assert told["lines"] == sum(told[end] for end in ends) == told["rows"] or not told["rows"]

    expected = [(each.name, Counter(values_of(m.values) for m in each.members)) for each in oracle.lists]
    assert stored(room, sender.account_id) == (
        Counter(values_of(contact.values) for contact in oracle.contacts),
        expected,
    )
    assert_identified_by_what_they_have(room, sender.account_id, criterion)


def assert_identified_by_what_they_have(room: Room, account_id: int, criterion: Criterion) -> None:
    with room.database.transaction() as connection:
        rows = connection.execute("select * from contacts where account_id = %s", [account_id]).fetchall()
        found = connection.execute("select * from identifiers where account_id = %s", [account_id]).fetchall()
    expected = {
        (each, row["contact_id"])
        for row in rows
        for each in identifiers(criterion, {name: row[name] for name in KEY_FIELDS[criterion]})
        if each
    }
    assert {(row["identifier"], row["contact_id"]) for row in found} == expected
