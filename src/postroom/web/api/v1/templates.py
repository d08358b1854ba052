"""/v1/templates: what messages are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response

from postroom.drops.room import Room
from postroom.web.api.operations import templates as operations
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown, tag
from postroom.web.api.v1.models import LARGEST_ID
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, CHANGE, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.template_models import (
    NewTemplate,
    Preview,
    PreviewWanted,
    TemplateChanges,
    TemplateChecked,
    TemplateRead,
    Templates,
    changes_of,
    checked_of,
    content_of,
    listed_of,
    preview_of,
    template_of,
)
from postroom.web.api.v1.writing import Writing, change, write

router = APIRouter(prefix="/v1/templates", tags=["templates"])

TemplateId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["templates:read"])]
Adding = Annotated[Writing, Security(write, scopes=["templates:write"])]
Changing = Annotated[Writing, Security(change, scopes=["templates:write"])]


@router.get(
    "",
    operation_id="list_templates",
    summary="Read templates",
    responses=problems(),
    response_model=Templates,
)
def list_templates(reading: Reading, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the account's templates by id, page by page, without what they say."""
    found = operations.list_templates(reading.room, reading.caller, query.paging(reading))
    items, following = query.cut(found, reading, lambda each: each.template_id)
    return shown(Templates(items=[listed_of(each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="create_template",
    summary="Make a template",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The template", Location=LOCATION), **problems(*BODY, 409)},
    response_model=TemplateRead,
)
def create_template(adding: Adding, new: NewTemplate) -> Response:
    """Keep a template of which messages can be made; what is wrong with another is told with its line."""

    def act(room: Room) -> Response:
        made = operations.create_template(room, adding.caller, new.name, content_of(new))
        return resource(template_of(made), 201, {"Location": f"/v1/templates/{made.template_id}"})

    return adding.answer(act, asked=new)


@router.get(
    "/{template_id}",
    operation_id="get_template",
    summary="Read a template",
    responses={**tagged(200, "The template"), **NOT_MODIFIED, **problems(404)},
    response_model=TemplateRead,
)
def get_template(reading: Reading, template_id: TemplateId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a template with all that it says."""
    found = operations.read_template(reading.room, reading.caller, template_id)
    return resource_unless(template_of(found), if_none_match)


@router.patch(
    "/{template_id}",
    operation_id="update_template",
    summary="Change a template",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The template as it is now"), **problems(*BODY, *CHANGE)},
    response_model=TemplateRead,
)
def update_template(changing: Changing, template_id: TemplateId, changes: TemplateChanges) -> Response:
    """Change what is named; campaigns that were launched keep what they say."""
    name = changes.name if "name" in changes.model_fields_set else None

    def act(room: Room) -> Response:
        changed = operations.update_template(
            room, changing.caller, template_id, name=name, changes=changes_of(changes)
        )
        return resource(template_of(changed))

    return changing.answer(act, asked=changes, current=_current(changing, template_id))


@router.delete(
    "/{template_id}",
    operation_id="delete_template",
    summary="Delete a template",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(*CHANGE)},
)
def delete_template(changing: Changing, template_id: TemplateId) -> Response:
    """Delete a template that no campaign still to be launched uses; others have a copy of it."""

    def act(room: Room) -> Response:
        operations.delete_template(room, changing.caller, template_id)
        return nothing()

    return changing.answer(act, current=_current(changing, template_id))


@router.post(
    "/{template_id}/preview",
    operation_id="preview_template",
    summary="Preview a template",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 404),
    response_model=Preview,
)
def preview_template(reading: Reading, template_id: TemplateId, wanted: PreviewWanted) -> Response:
    """Return the message that a contact would get now, or why it would get none; nothing is sent.

    With a contact the client needs `contacts:read`, too.
    """
    found = operations.preview_template(
        reading.room,
        reading.caller,
        template_id,
        contact_id=wanted.contact_id,
        language=wanted.language,
        items=wanted.items,
    )
    return shown(preview_of(found))


@router.post(
    "/{template_id}/check",
    operation_id="check_template",
    summary="Check a template",
    responses=problems(404),
    response_model=TemplateChecked,
)
def check_template(reading: Reading, template_id: TemplateId) -> Response:
    """Return a template's links, the fields that it asks for, and what is odd about it."""
    return shown(checked_of(operations.check_template(reading.room, reading.caller, template_id)))


def _current(changing: Writing, template_id: int) -> Callable[[Room], str]:
    return lambda room: tag(template_of(operations.read_template(room, changing.caller, template_id)))
