"""/v1/segments: saved filters of contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from postroom.contacts.segments import MAX_NAME_CHARACTERS, MOST_CHARACTERS
from postroom.drops.room import Room
from postroom.store import segments as stored
from postroom.web.api.operations import segments as operations
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown, tag
from postroom.web.api.v1.models import LARGEST_ID, Count, Id, Optional, Read, Written
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, CHANGE, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, change, write

router = APIRouter(prefix="/v1/segments", tags=["segments"])

SegmentId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["campaigns:read"])]
Adding = Annotated[Writing, Security(write, scopes=["campaigns:write"])]
Changing = Annotated[Writing, Security(change, scopes=["campaigns:write"])]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS)]
Filter = Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)]


class Segment(Read):
    """A saved filter."""

    id: int
    name: str
    filter: str = Field(examples=['city = "Paris" and custom_age > 30'])
    created_at: datetime
    updated_at: datetime


class Segments(Read):
    """A page of segments, by id."""

    items: list[Segment]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewSegment(Written):
    """A filter to save."""

    name: Name
    filter: Filter


class SegmentChanges(Written):
    """What is to be different; what is absent stays."""

    name: Name = ""
    filter: Filter = ""


class CountQuery(BaseModel):
    """Of whom to count."""

    model_config = ConfigDict(extra="forbid")

    list_id: Optional[Id] = Field(default=None, description="Only the contacts of this list.")


@router.get(
    "", operation_id="list_segments", summary="Read segments", responses=problems(), response_model=Segments
)
def list_segments(reading: Reading, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the account's segments by id, page by page."""
    found = operations.read_segments(reading.room, reading.caller, query.paging(reading))
    items, following = query.cut(found, reading, lambda each: each.segment_id)
    return shown(Segments(items=[_segment(each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="create_segment",
    summary="Save a filter",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The segment", Location=LOCATION), **problems(*BODY, 409)},
    response_model=Segment,
)
def create_segment(adding: Adding, new: NewSegment) -> Response:
    """Save a filter under a name: `city = Paris and (custom_age > 30 or company is empty)`."""

    def act(room: Room) -> Response:
        made = operations.create_segment(room, adding.caller, new.name, new.filter)
        return resource(_segment(made), 201, {"Location": f"/v1/segments/{made.segment_id}"})

    return adding.answer(act, asked=new)


@router.get(
    "/{segment_id}",
    operation_id="get_segment",
    summary="Read a segment",
    responses={**tagged(200, "The segment"), **NOT_MODIFIED, **problems(404)},
    response_model=Segment,
)
def get_segment(reading: Reading, segment_id: SegmentId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a saved filter."""
    found = operations.read_segment(reading.room, reading.caller, segment_id)
    return resource_unless(_segment(found), if_none_match)


@router.get(
    "/{segment_id}/count",
    operation_id="count_segment",
    summary="Count the contacts of a segment",
    responses=problems(404),
    response_model=Count,
)
def count_segment(reading: Reading, segment_id: SegmentId, query: Annotated[CountQuery, Query()]) -> Response:
    """Count the contacts for whom a filter holds now, of the account or of one list."""
    found = operations.count_segment(reading.room, reading.caller, segment_id, list_id=query.list_id)
    return shown(Count(count=found))


@router.patch(
    "/{segment_id}",
    operation_id="update_segment",
    summary="Change a segment",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The segment as it is now"), **problems(*BODY, *CHANGE)},
    response_model=Segment,
)
def update_segment(changing: Changing, segment_id: SegmentId, changes: SegmentChanges) -> Response:
    """Give a segment another name or filter; campaigns that were launched keep their people."""
    given = changes.model_dump(exclude_unset=True)

    def act(room: Room) -> Response:
        changed = operations.update_segment(
            room, changing.caller, segment_id, name=given.get("name"), text=given.get("filter")
        )
        return resource(_segment(changed))

    return changing.answer(act, asked=changes, current=_current(changing, segment_id))


@router.delete(
    "/{segment_id}",
    operation_id="delete_segment",
    summary="Delete a segment",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(*CHANGE)},
)
def delete_segment(changing: Changing, segment_id: SegmentId) -> Response:
    """Forget a filter that no campaign still to be launched uses."""

    def act(room: Room) -> Response:
        operations.delete_segment(room, changing.caller, segment_id)
        return nothing()

    return changing.answer(act, current=_current(changing, segment_id))


def _segment(found: stored.Segment) -> Segment:
    return Segment(**stored.segment_facts(found))


def _current(changing: Writing, segment_id: int) -> Callable[[Room], str]:
    return lambda room: tag(_segment(operations.read_segment(room, changing.caller, segment_id)))
