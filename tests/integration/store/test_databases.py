"""The databases of tests: what one leaves in its database, another never meets."""

from __future__ import annotations

import psycopg
import pytest

from tests.databases import Databases


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def add_account(url: str) -> None:
    run(url, "insert into accounts (name, settings, created_at) values ('alice', '{}', now())")


def test_rows_are_gone_and_ids_begin_anew_in_a_database_that_is_used_again(databases: Databases) -> None:
    with databases.one() as first:
        add_account(first)
    with databases.one() as again:
        add_account(again)
        found = run(again, "select account_id, name from accounts")

    assert again == first
    assert found == [(1, "alice")]


def test_ids_begin_anew_after_a_row_that_was_taken_back(databases: Databases) -> None:
    with databases.one() as first:
        run(first, "do $$ begin perform nextval(pg_get_serial_sequence('accounts', 'account_id')); end $$")
    with databases.one() as again:
        add_account(again)

        assert run(again, "select account_id from accounts") == [(1,)]


@pytest.mark.parametrize(
    "change",
    [
        "create table other (id int)",
        "alter table accounts add column other int",
        "delete from schema_migrations",
        "alter table contacts drop constraint contacts_pkey",
    ],
)
def test_a_database_whose_shape_was_changed_is_not_used_again(databases: Databases, change: str) -> None:
    with databases.one() as first:
        run(first, change)
    with databases.one() as other:
        assert other != first


def test_a_database_that_somebody_still_uses_is_not_used_again(databases: Databases) -> None:
    with databases.one() as first:
        left = psycopg.connect(first)
    with databases.one() as other:
        assert other != first
    left.close()


def test_two_tests_never_share_one(databases: Databases) -> None:
    with databases.one() as mine, databases.one() as other:
        assert mine != other
