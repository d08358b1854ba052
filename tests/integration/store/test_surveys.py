"""Surveys and goals as they are kept: each account its own, and no more than there may be."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.goals import GoalKind
from postroom.contacts.surveys import definition
from postroom.store import goals, surveys
from postroom.store.database import Database
from postroom.store.goals import Goal, create_goal
from postroom.store.surveys import Survey, put_survey
from tests.conftest import Person
from tests.integration.sending.written import NOON, Writer

PAGE = "https://shop.example.com/thanks"


def survey_of(name: str = "opinion", *questions: str) -> dict[str, Any]:
    asked = [{"name": each, "kind": "text", "label": each} for each in questions or ("words",)]
    return {"name": name, "title": "Opinion", "questions": asked}


def put(database: Database, person: Person, said: dict[str, Any], *, days: int = 0) -> Survey:
    with database.transaction() as connection:
        return put_survey(
            connection,
            person.account.account_id,
            definition(said),
            now=NOON + timedelta(days=days),
        )


def make(database: Database, person: Person, name: str = "Thanks") -> Goal:
    with database.transaction() as connection:
        return create_goal(connection, person.account.account_id, name, GoalKind.WEBVISIT, [PAGE], now=NOON)


def test_a_survey_is_kept_as_it_was_put(database: Database, alice: Person) -> None:
    made = put(database, alice, survey_of())

    with database.transaction() as connection:
        account_id = alice.account.account_id
        assert surveys.survey_by_id(connection, account_id, made.survey_id) == made
        assert surveys.survey_named(connection, account_id, "opinion") == made
        assert surveys.surveys_of_account(connection, account_id) == [made]
    assert made.definition == definition(survey_of())
    assert (made.created_at, made.updated_at) == (NOON, NOON)


def test_putting_it_again_changes_it_and_keeps_its_id(database: Database, alice: Person) -> None:
    first = put(database, alice, survey_of("opinion", "a", "b"))

    again = put(database, alice, survey_of("opinion", "c", "b"), days=1)

    assert again.survey_id == first.survey_id
    assert (again.created_at, again.updated_at) == (NOON, NOON + timedelta(days=1))
    assert [each.name for each in again.definition.questions] == ["a", "b", "c"]
    assert [each.name for each in again.definition.asked] == ["b", "c"]


def test_two_who_put_a_survey_at_once_lose_no_question(database: Database, alice: Person) -> None:
    put(database, alice, survey_of("opinion", "first"))
    names = [f"q{number}" for number in range(6)]

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda name: put(database, alice, survey_of("opinion", name)), names))

    with database.transaction() as connection:
        found = surveys.survey_named(connection, alice.account.account_id, "opinion")
    assert {each.name for each in found.definition.questions} == {"first", *names}
    assert len(found.definition.asked) == 1


def test_an_account_has_so_many_surveys_at_the_most(
    database: Database, alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "MOST_SURVEYS", 2)
    for name in ("one", "two"):
        put(database, alice, survey_of(name))

    with pytest.raises(Refused, match="2 surveys at the most"):
        put(database, alice, survey_of("three"))

    assert put(database, alice, survey_of("two", "changed")).definition.asked[0].name == "changed"
    assert put(database, charlie, survey_of("three")).survey_id


def test_charlie_finds_and_deletes_no_survey_of_alices(
    database: Database, alice: Person, charlie: Person
) -> None:
    hers = put(database, alice, survey_of())
    his = charlie.account.account_id

    with database.transaction() as connection:
        surveys.delete_survey(connection, his, hers.survey_id)
        assert surveys.surveys_of_account(connection, his) == []
        finds: list[Callable[[], object]] = [
            lambda: surveys.survey_by_id(connection, his, hers.survey_id),
            lambda: surveys.survey_by_id(connection, his, 2**70),
            lambda: surveys.survey_named(connection, his, "opinion"),
        ]
        for find in finds:
            with pytest.raises(Missing):
                find()
        assert surveys.survey_by_id(connection, alice.account.account_id, hers.survey_id) == hers


def test_a_goal_is_kept_as_it_was_made(database: Database, alice: Person) -> None:
    made = make(database, alice)

    with database.transaction() as connection:
        account_id = alice.account.account_id
        assert goals.goal_by_id(connection, account_id, made.goal_id) == made
        assert goals.goal_named(connection, account_id, "Thanks") == made
        assert goals.goal_named(connection, account_id, str(made.goal_id)) == made
        assert goals.goals_of_account(connection, account_id) == [made]


def test_a_goals_name_is_its_own(database: Database, alice: Person, charlie: Person) -> None:
    make(database, alice)

    with pytest.raises(Conflict) as taken:
        make(database, alice, " Thanks ")

    assert taken.value.code == "GOAL_EXISTS"
    assert make(database, charlie).name == "Thanks"


def test_an_account_has_so_many_goals_at_the_most(
    database: Database, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goals, "MOST_GOALS", 1)
    make(database, alice)

    with pytest.raises(Refused, match="1 goals at the most"):
        make(database, alice, "Another")


def test_charlie_finds_and_deletes_no_goal_of_alices(
    database: Database, alice: Person, charlie: Person
) -> None:
    hers = make(database, alice)
    his = charlie.account.account_id

    with database.transaction() as connection:
        goals.delete_goal(connection, his, hers.goal_id)
        finds: list[Callable[[], object]] = [
            lambda: goals.goal_by_id(connection, his, hers.goal_id),
            lambda: goals.goal_by_id(connection, his, 2**70),
            lambda: goals.goal_named(connection, his, "Thanks"),
        ]
        for find in finds:
            with pytest.raises(Missing):
                find()
        assert goals.goal_by_id(connection, alice.account.account_id, hers.goal_id) == hers


def test_who_got_a_message_is_known_to_its_account_alone_and_not_of_a_test(
    database: Database, alice: Person, charlie: Person
) -> None:
    writer = Writer(database, alice)
    bob = writer.contact(email="bob@example.com")
    message = writer.message(writer.campaign(), bob)
    test = writer.message(writer.campaign(is_test=True), bob)

    with database.transaction() as connection:
        account_id, his = alice.account.account_id, charlie.account.account_id
        assert goals.contact_of_message(connection, account_id, message) == bob
        assert goals.contact_of_message(connection, account_id, test) is None
        assert goals.contact_of_message(connection, his, message) is None
        assert goals.is_contact(connection, account_id, bob)
        assert not goals.is_contact(connection, his, bob)
        assert not goals.is_contact(connection, account_id, 2**70)
