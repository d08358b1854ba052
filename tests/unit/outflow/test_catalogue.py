"""The catalogue has every flow of seed 002, and its headers are a contract."""

from __future__ import annotations

import pytest

from postroom.contacts.errors import Missing
from postroom.contacts.events import REQUIRED_ATTRIBUTES
from postroom.outflow.catalogue import FLOWS, field_column, flow_named, is_survey
from postroom.outflow.columns import ANYWHERE, INTERACTION, NO_INTERACTION
from postroom.outflow.flow import Flow, Rows
from postroom.store.flow_cells import Source

SEED = {
    *(
        f"EMAIL_{each}"
        for each in ("SENT", "NOT_SENT", "HARDBOUNCE", "SOFTBOUNCE", "OPENED", "CLICKED", "UNSUBSCRIBED")
    ),
    *(f"SMS_{each}" for each in ("SENT", "NOT_SENT", "DELIVERED", "BOUNCE")),
    *(
        f"{channel}_{each}"
        for channel in ("PRINT", "SOCIAL_AUDIENCE", "CALLCENTER")
        for each in ("READY", "NON_SENT", "DOWNLOADED")
    ),
    "GOAL_WEBVISIT",
    "GOAL_TRANSACTION",
    "SUBSCRIPTION_UPDATE",
    "EMAIL_COMPLAINT",
    "EMAIL_DO_NOT_CONTACT",
}
EACH = pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.flow_id)
NOT_A_COLUMN = {"sender", "bounceType", "bounceCategory", "answers", "surveyName"}
"""Attributes that events must have and that a flow leaves out: it is named by them, or has another name."""


def names(flow: Flow) -> list[str]:
    return [each.name for each in flow.columns]


def test_every_flow_of_the_seed_is_there_and_each_other_is_marked() -> None:
    assert {flow.flow_id for flow in FLOWS if not flow.is_extra} == SEED
    assert len(SEED) == 25
    assert {"SMS_CLICKED", "SMS_UNSUBSCRIBED", "VOICE_SENT"} <= {
        flow.flow_id for flow in FLOWS if flow.is_extra
    }


@EACH
def test_a_header_has_each_name_once(flow: Flow) -> None:
    assert len(set(names(flow))) == len(names(flow))
    assert all(each.about for each in flow.columns)
    assert flow.title
    assert flow.about


@EACH
def test_a_flow_begins_with_the_block_of_its_kind(flow: Flow) -> None:
    blocks = [tuple(each.name for each in block) for block in (INTERACTION, ANYWHERE, NO_INTERACTION)]

    assert any(tuple(names(flow))[: len(block)] == block for block in blocks) or "SURVEY" in flow.flow_id
    assert names(flow)[:3] == ["eventId", "profileTable", "profileId"]


@EACH
def test_a_flow_has_all_that_its_events_must_have(flow: Flow) -> None:
    if flow.trigger is None:
        return
    required = REQUIRED_ATTRIBUTES[flow.trigger.type] - NOT_A_COLUMN
    if flow.rows is Rows.ANSWERS:
        required -= {"status"}
    if flow.flow_id.endswith("_BOUNCE"):
        required -= {"bounceCategory"}

    assert required - {"language", "sentMoment"} <= set(names(flow))


@EACH
def test_technical_values_are_in_capitals(flow: Flow) -> None:
    for each in flow.columns:
        assert all(value == value.upper() and " " not in value for value in each.values)


@EACH
def test_a_flow_is_found_by_its_name(flow: Flow) -> None:
    assert flow_named(flow.flow_id) is flow
    assert not is_survey(flow.flow_id)


def test_hard_and_soft_bounces_have_one_layout_and_no_event_is_in_both() -> None:
    hard, soft = flow_named("EMAIL_HARDBOUNCE"), flow_named("EMAIL_SOFTBOUNCE")

    assert hard.columns == soft.columns
    assert hard.trigger is not None
    assert soft.trigger is not None
    assert hard.trigger.attribute == ("bounceType", ("HARD",), True)
    assert soft.trigger.attribute == ("bounceType", ("HARD",), False)


def test_a_survey_has_a_column_for_each_question_after_its_own() -> None:
    flow = flow_named("SURVEY_taste", ["colour", "age"])

    assert is_survey("SURVEY_taste")
    assert names(flow)[-2:] == ["q.colour", "q.age"]
    assert [each.source for each in flow.columns[-2:]] == [Source.ANSWER, Source.ANSWER]
    assert flow.trigger is not None
    assert flow.trigger.attribute == ("surveyName", ("taste",), True)


def test_questions_are_appended() -> None:
    before = names(flow_named("SURVEY_taste", ["colour"]))

    assert names(flow_named("SURVEY_taste", ["colour", "age"]))[: len(before)] == before


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("EMAIL_CLICK", "Did you mean EMAIL_CLICKED?"),
        ("email_clicked", "Did you mean EMAIL_CLICKED?"),
        ("NOPE", "docs/flows.md has them all."),
    ],
)
def test_a_name_much_like_one_is_taken_for_a_slip(name: str, hint: str) -> None:
    with pytest.raises(Missing) as refused:
        flow_named(name)

    assert refused.value.message == f"There is no flow '{name}'. {hint}"


@pytest.mark.parametrize("name", ["", "EMAIL", "email_sent", "SURVEY_", "SURVEY_a b", "SURVEY_é", "X" * 500])
def test_there_is_no_other_flow(name: str) -> None:
    with pytest.raises(Missing) as missing:
        flow_named(name)

    assert missing.value.code == "NO_FLOW"
    assert len(missing.value.message) < 200


def test_a_field_that_is_called_like_a_column_has_another_name_in_the_header() -> None:
    taken = ["eventId", "source"]

    assert field_column("city", "city", taken).name == "city"
    assert field_column("source", "extra01", taken).name == "profile.source"
    assert field_column("source", "extra01", taken).key == "extra01"
