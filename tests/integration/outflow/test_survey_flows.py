"""A survey is a flow of its own, with a column for each question."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.errors import Missing
from postroom.outflow.activating import activate, flows_of
from postroom.outflow.options import Options
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import HAPPENINGS, happened

BOB = {"email": "bob@example.com", "mobile": "+32470123456", "first_name": "Bob"}


def test_a_survey_gets_columns_as_its_questions_are_answered(exporter: Exporter, clock: Clock) -> None:
    exporter.contacts(BOB)
    exporter.activate("SURVEY_taste")

    def answered(number: int, **answers: Any) -> None:
        attributes = {**HAPPENINGS["SURVEY_taste"][3], "answers": answers}
        exporter.record(happened("SURVEY_taste", number, attributes=attributes))

    headers = []
    told: list[dict[str, Any]] = [
        {"colour": "red"},
        {"age": 42, "colour": None},
        {},
        {"a question": "?", "x" * 61: "?"},
    ]
    for number, answers in enumerate(told, 1):
        answered(number, **answers)
        headers.append(exporter.text_of(exporter.run("SURVEY_taste")).partition("\n")[0])
        clock.pass_by(86_400)

    assert [header.rpartition("sourceName")[2] for header in headers] == [
        ";q.colour",
        ";q.colour;q.age",
        ";q.colour;q.age",
        ";q.colour;q.age",  # names that cannot stand in a header are in SURVEY_ANSWERS alone
    ]


def test_a_survey_has_a_column_for_each_question_of_its_definition(exporter: Exporter, clock: Clock) -> None:
    def header() -> str:
        clock.pass_by(86_400)
        return exporter.text_of(exporter.run("SURVEY_taste")).partition("\n")[0].rpartition("sourceName")[2]

    exporter.activate("SURVEY_taste")
    exporter.survey("taste", "colour", "size")
    assert header() == ";q.colour;q.size"
    exporter.survey("taste", "size", "price")
    assert header() == ";q.colour;q.size;q.price"  # what is asked no more keeps its place


def test_one_survey_does_not_see_anothers_participations(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("SURVEY_other")
    exporter.record(happened("SURVEY_taste"))

    assert exporter.run("SURVEY_other").rows == 0


def test_there_is_no_flow_of_a_survey_that_the_account_does_not_have(
    exporter: Exporter, stranger: Exporter
) -> None:
    exporter.survey("taste", "colour")
    stranger.survey("tasted", "colour")

    with pytest.raises(Missing) as refused:
        activate(exporter.depot, exporter.account_id, "SURVEY_tasted", Options())

    assert refused.value.code == "NO_SURVEY"
    assert refused.value.message == "There is no survey 'tasted' in this account. Did you mean SURVEY_taste?"


def test_a_survey_that_is_gone_stays_a_flow_where_it_was_one(exporter: Exporter) -> None:
    exporter.activate("SURVEY_taste")

    activate(exporter.depot, exporter.account_id, "SURVEY_taste", Options(done=True))

    with exporter.room.database.reading() as connection:
        assert flows_of(connection, exporter.account_id)["SURVEY_taste"] is not None


def test_each_survey_is_a_flow_that_can_be_had(exporter: Exporter, stranger: Exporter) -> None:
    exporter.survey("taste", "colour")

    with exporter.room.database.reading() as connection:
        hers = flows_of(connection, exporter.account_id)
        his = flows_of(connection, stranger.account_id)

    assert hers["SURVEY_taste"] is None
    assert "SURVEY_taste" not in his
