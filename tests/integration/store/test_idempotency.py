from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from postroom.contacts.errors import Conflict
from postroom.drops.expiring import expire
from postroom.drops.room import Room
from postroom.store.database import Database
from postroom.store.idempotency import KEPT, Answered, ClientKey, claim, keep
from tests.conftest import Person
from tests.integration.drops.clock import NOON, Clock

ANSWER = Answered(b"digest", 201, {"location": "/v1/lists/1"}, b'{"id":1}')


@pytest.fixture
def key(alice: Person) -> ClientKey:
    return ClientKey(alice.account.account_id, "shop", "one")


def answer_under(database: Database, key: ClientKey, answered: Answered = ANSWER) -> None:
    with database.transaction() as connection:
        assert claim(connection, key) is None
        keep(connection, key, answered, now=NOON)


def answered_under(database: Database, key: ClientKey) -> Answered | None:
    with database.transaction() as connection:
        return claim(connection, key)


def test_an_answer_is_kept_as_it_was_given(database: Database, key: ClientKey) -> None:
    answer_under(database, key)

    assert answered_under(database, key) == ANSWER


def test_a_key_belongs_to_one_client_of_one_account(
    database: Database, key: ClientKey, charlie: Person
) -> None:
    answer_under(database, key)

    assert answered_under(database, replace(key, client_id="warehouse")) is None
    assert answered_under(database, replace(key, account_id=charlie.account.account_id)) is None
    assert answered_under(database, replace(key, key="two")) is None


def test_a_key_that_is_held_is_not_given_to_another(database: Database, key: ClientKey) -> None:
    with database.transaction() as first:
        claim(first, key)

        with pytest.raises(Conflict) as busy, database.transaction() as second:
            claim(second, key)

    assert busy.value.code == "KEY_IN_USE"


def test_who_ends_without_an_answer_leaves_the_key_free(database: Database, key: ClientKey) -> None:
    with suppress(ZeroDivisionError), database.transaction() as connection:
        claim(connection, key)
        keep(connection, key, ANSWER, now=NOON)
        raise ZeroDivisionError

    assert answered_under(database, key) is None


@pytest.mark.parametrize(("age", "kept"), [(KEPT, True), (KEPT + timedelta(seconds=1), False)])
def test_answers_are_kept_for_a_day(room: Room, key: ClientKey, *, age: timedelta, kept: bool) -> None:
    answer_under(room.database, key)
    clock = Clock()
    clock.pass_by(age.total_seconds())

    expire(replace(room, clock=clock))

    assert (answered_under(room.database, key) is not None) == kept
