"""Transactions that take part in another one."""

from __future__ import annotations

from contextlib import suppress

from postroom.store.database import Database
from postroom.store.lists import create_list, lists_of_account
from tests.conftest import Person
from tests.integration.drops.clock import NOON


def names(database: Database, person: Person) -> list[str]:
    with database.reading() as connection:
        return [found.name for found in lists_of_account(connection, person.account.account_id)]


def add(database: Database, person: Person, name: str) -> None:
    with database.transaction() as connection:
        create_list(connection, person.account.account_id, name, now=NOON)


def test_what_inner_transactions_wrote_takes_effect_with_the_outer_one(
    database: Database, alice: Person
) -> None:
    with database.joined() as joined:
        add(joined, alice, "spring")
        add(joined, alice, "summer")

        assert names(joined, alice) == ["spring", "summer"]
        assert names(database, alice) == []

    assert names(database, alice) == ["spring", "summer"]


def test_an_outer_transaction_that_fails_takes_them_back(database: Database, alice: Person) -> None:
    with suppress(ZeroDivisionError), database.joined() as joined:
        add(joined, alice, "spring")
        raise ZeroDivisionError

    assert names(database, alice) == []


def test_an_inner_transaction_that_fails_takes_back_its_own(database: Database, alice: Person) -> None:
    with database.joined() as joined:
        add(joined, alice, "spring")
        with suppress(ZeroDivisionError), joined.transaction() as inner:
            create_list(inner, alice.account.account_id, "summer", now=NOON)
            raise ZeroDivisionError

    assert names(database, alice) == ["spring"]
