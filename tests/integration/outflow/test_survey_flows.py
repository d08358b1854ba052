"""A survey is a flow of its own, with a column for each question."""

from __future__ import annotations

from typing import Any

from postroom.contacts.surveys import definition
from postroom.store.surveys import put_survey
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
    def defined(*names: str) -> None:
        questions = [{"name": name, "kind": "text", "label": {"fr": name}} for name in names]
        wanted = definition({"name": "taste", "title": {"fr": "Goût"}, "questions": questions})
        with exporter.room.database.transaction() as connection:
            put_survey(connection, exporter.account_id, wanted, now=clock())

    def header() -> str:
        clock.pass_by(86_400)
        return exporter.text_of(exporter.run("SURVEY_taste")).partition("\n")[0].rpartition("sourceName")[2]

    exporter.activate("SURVEY_taste")
    defined("colour", "size")
    assert header() == ";q.colour;q.size"
    defined("size", "price")
    assert header() == ";q.colour;q.size;q.price"  # what is asked no more keeps its place


def test_one_survey_does_not_see_anothers_participations(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("SURVEY_other")
    exporter.record(happened("SURVEY_taste"))

    assert exporter.run("SURVEY_other").rows == 0
