"""Flows of surveys: a wide file for each, whose header grows with its questions, and a long one for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from postroom.contacts.events import EventType
from postroom.outflow import blocks
from postroom.outflow.columns import (
    AT,
    CAMPAIGN_ID,
    EVENT_ID,
    INTEGER,
    MESSAGE,
    MOMENT,
    MULTI,
    PROFILE,
    RECORDED,
    TABLE,
    FlowColumn,
    choice,
    column,
)
from postroom.outflow.flow import Flow, Rows, Trigger
from postroom.store.flow_cells import Source

SURVEY_PREFIX: Final = "SURVEY_"

_IDS: Final = (
    column("surveyId!", "The survey.", INTEGER),
    column("surveyName!", "Its technical name.", length=255),
    column("participationId!", "One going through of the survey.", length=36),
)

ANSWERS: Final = Flow(
    "SURVEY_ANSWERS",
    "Answers of all surveys, one a row",
    "somebody answered a question: a row for each value, so `eventId` alone does not tell rows apart",
    Rows.ANSWERS,
    (
        EVENT_ID,
        TABLE,
        PROFILE,
        *_IDS,
        AT,
        RECORDED,
        column("questionName!", "The question, by its technical name.", length=128, source=Source.ITEM),
        column("answerIndex!", "Counts the values of one question from 1.", INTEGER, source=Source.ITEM),
        column("answerValue", "The technical value.", length=4000, source=Source.ITEM),
    ),
    Trigger(EventType.SURVEY_PARTICIPATED),
    is_extra=True,
)


def survey_flow(name: str, questions: Sequence[str]) -> Flow:
    """Return the flow of one survey, with a column for each question, in the order in which they came."""
    return Flow(
        SURVEY_PREFIX + name,
        f"Survey {name}",
        "somebody took part in the survey",
        Rows.EVENTS,
        (*_FIXED, *(_question(each) for each in questions)),
        Trigger(EventType.SURVEY_PARTICIPATED, attribute=("surveyName", (name,), True)),
    )


def _question(name: str) -> FlowColumn:
    return column(f"q.{name}", "The answer.", MULTI, source=Source.ANSWER, key=name)


_FIXED: Final = (
    EVENT_ID,
    TABLE,
    PROFILE,
    *_IDS,
    column("startMoment", "When it was begun.", MOMENT),
    column("participationMoment!", "When it was sent in.", MOMENT, source=Source.AT),
    RECORDED,
    choice("status", "Whether all was answered.", "COMPLETE", "PARTIAL"),
    blocks.LANGUAGE,
    CAMPAIGN_ID,
    MESSAGE,
    column("sourceName", "Where it was taken part in.", length=100),
)
