"""Taking part in surveys, without the pages: what is told, and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from postroom.contacts.events import REQUIRED_ATTRIBUTES, EventType
from postroom.contacts.surveys import Judged, definition
from postroom.sending.surveys.forms import Form, Shown
from postroom.sending.surveys.taking import Status, Taken, asked, take_part
from postroom.store.database import Database
from postroom.store.surveys import Survey, put_survey
from tests.conftest import MakePerson, Person
from tests.integration.sending.written import NOON, Writer

RIGHT = Judged({"words": "Fine"}, {})


@pytest.fixture
def writer(database: Database, alice: Person) -> Writer:
    return Writer(database, alice)


@pytest.fixture
def survey(writer: Writer) -> Survey:
    said = {
        "name": "opinion",
        "title": "Opinion",
        "questions": [{"name": "words", "kind": "text", "label": "Words"}],
    }
    with writer.database.transaction() as connection:
        return put_survey(connection, writer.account_id, definition(said), now=NOON)


def message_of(writer: Writer, **campaign: Any) -> int:
    bob = writer.contact(email="bob@example.com")
    return writer.message(writer.campaign(**campaign), bob)


def part(
    writer: Writer,
    survey: Survey,
    message_id: int | None = None,
    *,
    participation: UUID | None = None,
    account_id: int | None = None,
) -> Taken:
    """Take part, as whoever has filled in a form."""
    form = Form(account_id or survey.account_id, survey.survey_id, message_id)
    return take_part(
        writer.database,
        form,
        survey,
        Shown(participation or uuid4(), NOON - timedelta(minutes=3)),
        RIGHT,
        status=Status.COMPLETE,
        language="fr",
        now=NOON,
    )


def test_an_event_has_all_that_the_flows_need(writer: Writer, survey: Survey) -> None:
    assert part(writer, survey, message_of(writer)) is Taken.KEPT

    (event,) = writer.events()
    assert event.type is EventType.SURVEY_PARTICIPATED
    assert set(event.attributes) >= REQUIRED_ATTRIBUTES[EventType.SURVEY_PARTICIPATED]
    assert event.attributes["language"] == "FR"
    assert event.attributes["startMoment"] == (NOON - timedelta(minutes=3)).isoformat()
    assert event.address == "bob@example.com"


def test_of_many_who_send_one_form_at_once_one_is_told(writer: Writer, survey: Survey) -> None:
    participation = uuid4()

    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: part(writer, survey, participation=participation), range(8)))

    assert sorted(taken) == [Taken.KEPT, *[Taken.KEPT_BEFORE] * 7]
    assert len(writer.events()) == 1


def test_each_message_is_a_participation_of_its_own(writer: Writer, survey: Survey) -> None:
    first, second = message_of(writer), message_of(writer, name="Winter")

    taken = [part(writer, survey, each) for each in (first, second, first)]

    assert taken == [Taken.KEPT, Taken.KEPT, Taken.KEPT_BEFORE]
    assert [each.attributes["sourceName"] for each in writer.events()] == ["Autumn", "Winter"]


def test_messages_that_are_gone_or_were_tests_take_no_part(writer: Writer, survey: Survey) -> None:
    assert part(writer, survey, 999_999) is Taken.NOT_KEPT
    assert part(writer, survey, message_of(writer, is_test=True)) is Taken.NOT_KEPT

    assert writer.events() == []


def test_a_form_shows_the_survey_in_the_language_of_its_account(
    database: Database, make_person: MakePerson, survey: Survey
) -> None:
    english = Writer(database, make_person("dora", language="en"))
    with database.transaction() as connection:
        hers = put_survey(connection, english.account_id, survey.definition, now=NOON)

    ours = asked(database, Form(survey.account_id, survey.survey_id))
    theirs = asked(database, Form(english.account_id, hers.survey_id))

    assert ours is not None
    assert theirs is not None
    assert (ours.language, theirs.language) == ("fr", "en")
    assert theirs.survey == hers


def test_charlies_forms_show_nothing_of_alices(
    database: Database, charlie: Person, writer: Writer, survey: Survey
) -> None:
    his = charlie.account.account_id
    message = message_of(writer)

    assert asked(database, Form(his, survey.survey_id)) is None
    assert asked(database, Form(his, survey.survey_id, message)) is None
    assert part(writer, survey, message, account_id=his) is Taken.NOT_KEPT
    assert writer.events() == Writer(database, charlie).events() == []
