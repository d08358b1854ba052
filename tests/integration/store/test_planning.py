"""What is left to the planner, and what is not."""

from __future__ import annotations

from postroom.store import list_counts
from postroom.store.database import Connection, Database
from postroom.store.planning import joining_by_hash
from tests.conftest import Person

OFTEN = 20
"""So often that psycopg prepares a statement, and PostgreSQL would keep a plan for it."""


def plans_kept(connection: Connection) -> int:
    row = connection.execute("select sum(generic_plans)::int as kept from pg_prepared_statements").fetchone()
    assert row is not None
    return int(row["kept"])


def count_often(connection: Connection, person: Person) -> None:
    for _ in range(OFTEN):
        list_counts.count_lists(connection, person.account.account_id, [1], large=False)


def test_who_changes_many_rows_keeps_no_plan_from_when_there_were_few(
    database_url: str, alice: Person
) -> None:
    with Database(database_url, for_bulk=True) as bulk, bulk.transaction() as connection:
        count_often(connection, alice)

        assert plans_kept(connection) == 0


def test_others_keep_plans(database_url: str, alice: Person) -> None:
    with Database(database_url) as few, few.transaction() as connection:
        count_often(connection, alice)

        assert plans_kept(connection) > 0


def test_a_choice_that_was_taken_from_the_planner_is_given_back(database: Database) -> None:
    with database.transaction() as connection:
        with joining_by_hash(connection):
            within = connection.execute("show enable_nestloop").fetchone()
        after = connection.execute("show enable_nestloop").fetchone()

    assert (within, after) == ({"enable_nestloop": "off"}, {"enable_nestloop": "on"})
