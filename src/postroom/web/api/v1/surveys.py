"""/v1/surveys: what people are asked, on pages that we host."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from postroom.contacts.surveys import MOST_CHOICES, MOST_QUESTIONS, Kind, definition
from postroom.drops.room import Room
from postroom.web.api.operations import surveys as operations
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown
from postroom.web.api.v1.models import LARGEST_ID, Optional, Read, Written
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, write

router = APIRouter(prefix="/v1/surveys", tags=["surveys"])

SurveyId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["surveys:read"])]
Changing = Annotated[Writing, Security(write, scopes=["surveys:write"])]

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Texts = Annotated[
    dict[str, str], Field(description='By language (`fr`, `en`); `""` for all others.', max_length=10)
]


class Choice(Read):
    """One of the answers to choose from."""

    value: str
    label: dict[str, str]


class Question(Read):
    """A question."""

    name: str
    kind: Kind
    label: dict[str, str]
    required: bool
    choices: list[Choice]
    lowest: int | None = Field(description="Of a scale.")
    highest: int | None
    deleted: bool = Field(description="It is asked no more, and keeps its place.")


class Survey(Read):
    """A survey; participations in it are events."""

    id: int
    name: str
    title: dict[str, str]
    questions: list[Question]
    path: str = Field(description="Of its page, on the host that recipients reach.")
    created_at: datetime
    updated_at: datetime


class Surveys(Read):
    """A page of surveys."""

    items: list[Survey]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewChoice(Written):
    """One of the answers to choose from."""

    value: Name
    label: Texts


class NewQuestion(Written):
    """A question."""

    name: Name
    kind: Kind = Field(strict=False)
    label: Texts
    required: bool = False
    choices: list[NewChoice] = Field(default=[], max_length=MOST_CHOICES)
    lowest: Optional[int] = None
    highest: Optional[int] = None


class NewSurvey(Written):
    """A survey to make, or the new form of the one of that name."""

    name: Name
    title: Texts
    questions: list[NewQuestion] = Field(min_length=1, max_length=MOST_QUESTIONS)


@router.get(
    "", operation_id="list_surveys", summary="Read surveys", responses=problems(), response_model=Surveys
)
def list_surveys(reading: Reading, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the account's surveys by id, page by page."""
    found = operations.read_surveys(reading.room, reading.caller, query.paging(reading))
    items, following = query.cut(found, reading, lambda each: each.survey_id)
    told = [_survey(reading.room, each) for each in items]
    return shown(Surveys(items=told, next=following, total=found.total))


@router.post(
    "",
    operation_id="put_survey",
    summary="Make or change a survey",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The survey as it is now"), **problems(*BODY, 409)},
    response_model=Survey,
)
def put_survey(changing: Changing, new: NewSurvey) -> Response:
    """Make a survey, or give the one of that name another form: questions left out are asked no more."""
    wanted = definition(new.model_dump(mode="json", exclude_none=True, exclude_defaults=True))

    def act(room: Room) -> Response:
        return resource(_survey(room, operations.put_survey(room, changing.caller, wanted)))

    return changing.answer(act, asked=new)


@router.get(
    "/{survey_id}",
    operation_id="get_survey",
    summary="Read a survey",
    responses={**tagged(200, "The survey"), **NOT_MODIFIED, **problems(404)},
    response_model=Survey,
)
def get_survey(reading: Reading, survey_id: SurveyId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a survey with its questions."""
    found = operations.read_survey(reading.room, reading.caller, survey_id)
    return resource_unless(_survey(reading.room, found), if_none_match)


@router.delete(
    "/{survey_id}",
    operation_id="delete_survey",
    summary="Delete a survey",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(404, 409)},
)
def delete_survey(changing: Changing, survey_id: SurveyId) -> Response:
    """Delete a survey; its page is gone, participations stay told."""

    def act(room: Room) -> Response:
        operations.delete_survey(room, changing.caller, survey_id)
        return nothing()

    return changing.answer(act)


def _survey(room: Room, found: operations.Survey) -> Survey:
    plain: dict[str, Any] = found.definition.as_json()
    usual: dict[str, Any] = {"choices": [], "lowest": None, "highest": None}
    return Survey(
        id=found.survey_id,
        name=plain["name"],
        title=plain["title"],
        questions=[Question(**{**usual, **each}) for each in plain["questions"]],
        path=operations.path_of(room, found),
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
