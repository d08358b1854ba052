"""Any commands, in any order and in runs of any length, lead to what the oracle says record by record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.commands import Kind, Run
from postroom.contacts.tables import Field, FieldType
from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.fakes.table_oracle import OracleTable, TableOracle
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.keeper import HEADER, Keeper, run_of

EMAILS = ("a@example.com", "b@example.com", "c@example.com")
STRANGER = "nobody@example.com"
TABLES = {
    "orders": OracleTable(
        Field("oid", FieldType.NUMBER, is_unique=True),
        [Field("total", FieldType.FLOAT), Field("note", FieldType.STRING, 255)],
    ),
    "items": OracleTable(
        Field("iid", FieldType.STRING, 255, is_unique=True),
        [Field("day", FieldType.DATE)],
        owner="orders",
        column="order_id",
    ),
}
FIELDS = (
    ("email", "orders.oid", "orders.total", "orders.note"),
    ("email", "orders.oid", "orders.note"),
    ("items.iid", "items.order_id", "items.day"),
    ("email", "items.iid", "items.order_id"),
    ("email", "orders.oid", "items.iid", "items.day"),
    ("email", "orders.oid", "items.iid", "items.order_id"),
)
VALUES = {
    "email": [*EMAILS, STRANGER],
    "orders.oid": ["1", "02", "2", "3", "", "x"],
    "items.order_id": ["1", "2", "3", "9", "", "null"],
    "items.iid": ["i", "j", "k", ""],
    "orders.total": ["1.50", "2", "", "null", "much"],
    "orders.note": ["", "null", "one", 'say "two" \\'],
    "items.day": ["03/27/2019", "2019-3-27", "", "null", "someday"],
}


def runs(kind: Kind) -> st.SearchStrategy[tuple[Kind, tuple[str, ...], list[list[str]]]]:
    def records(fields: tuple[str, ...]) -> st.SearchStrategy[list[list[str]]]:
        row = st.tuples(*(st.sampled_from(VALUES[name]) for name in fields)).map(list)
        return st.lists(row, min_size=1, max_size=8)

    return st.sampled_from(FIELDS).flatmap(
        lambda fields: st.tuples(st.just(kind), st.just(fields), records(fields))
    )


STEPS = st.one_of(
    runs(Kind.RELATIONAL_SAVE),
    runs(Kind.RELATIONAL_SAVE),
    runs(Kind.RELATIONAL_DELETE),
    st.sampled_from(EMAILS),
    st.sampled_from(["clear orders", "clear items"]),
)


def do(keeper: Keeper, sender: Sender, oracle: TableOracle, step: object) -> None:
    """Take one step on both sides."""
    if isinstance(step, tuple):
        kind, fields, records = step
        keeper.run(run_of(kind, ",".join(fields), *(",".join(record) for record in records)))
        act: Callable[[dict[str, str]], None] = oracle.save if kind is Kind.RELATIONAL_SAVE else oracle.delete
        for record in records:
            act(dict(zip(fields, record, strict=True)))
    elif step in EMAILS:
        sender.drop("gone.csv", f"Email\n{step}\n", directory="contacts/delete/in")
        oracle.delete_contact(str(step))
    else:
        name = str(step).split()[1]
        key = TABLES[name].key.name
        clearing = replace(HEADER, clear_data=True)
        keeper.save(f"email,{name}.{key}", f"{STRANGER},1", header=clearing)
        oracle.clear(name)


def held(keeper: Keeper) -> dict[str, dict[str, tuple[object, ...]]]:
    found: dict[str, dict[str, tuple[object, ...]]] = {}
    for name in TABLES:
        owners, rows = keeper.owners(name), keeper.rows(name)
        found[name] = {key: (*owners[key], values_of(cells)) for key, cells in rows.items()}
    return found


def values_of(cells: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in cells.items()}


def expected(oracle: TableOracle) -> dict[str, dict[str, tuple[object, ...]]]:
    return {
        name: {key: (row.contact, row.owner, row.values) for key, row in rows.items()}
        for name, rows in oracle.rows.items()
    }


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=1, max_size=7))
def test_tables_hold_what_the_oracle_says(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str], steps: Sequence[object]
) -> None:
    person = make_person(unique_name(), criterion="email")
    sender = Sender(room, person)
    sender.drop("people.csv", "Email\n" + "".join(f"{email}\n" for email in EMAILS))
    keeper = Keeper(room, person)
    keeper.define("orders", key="oid:number", fields=["total:float", "note"])
    keeper.define("items", key="iid", fields=["day:date"], to=["orders:order_id"])
    oracle = TableOracle(TABLES, set(EMAILS))

    for step in steps:
        do(keeper, sender, oracle, step)

        assert held(keeper) == expected(oracle), step


@pytest.mark.parametrize("size", [1, 3])
def test_runs_of_any_length_come_to_the_same(room: Room, make_person: MakePerson, size: int) -> None:
    person = make_person("cut", criterion="email")
    Sender(room, person).drop("people.csv", "Email\n" + "".join(f"{email}\n" for email in EMAILS))
    keeper = Keeper(room, person)
    keeper.define("orders", key="oid:number", fields=["note"])
    records = [f"{EMAILS[place % 3]},{place % 4},note {place}" for place in range(12)]
    whole = run_of(Kind.RELATIONAL_SAVE, "email,orders.oid,orders.note", *records)
    parts = [
        Run.of(whole.command, whole.records[start : start + size]) for start in range(0, len(records), size)
    ]

    keeper.run(*parts)

    assert keeper.rows("orders") == {str(each): {"note": f"note {each}"} for each in range(4)}
    assert keeper.owners("orders") == {
        "0": (EMAILS[0], None),
        "1": (EMAILS[1], None),
        "2": (EMAILS[2], None),
        "3": (EMAILS[0], None),
    }
