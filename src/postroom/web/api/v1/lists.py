"""/v1/lists: lists, who is on them, and one made of several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from postroom.contacts.errors import Missing
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.lists import MAX_NAME_CHARACTERS
from postroom.drops.room import Room
from postroom.web.api.operations import lists as operations
from postroom.web.api.operations.lists import ContactList
from postroom.web.api.operations.pages import Paging
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown, tag
from postroom.web.api.v1.models import LARGEST_ID, Count, Id, Read, Written
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, CHANGE, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, change, write
from postroom.web.auth.caller import Caller

router = APIRouter(prefix="/v1/lists", tags=["lists"])

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS)]
Description = Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS)]
ContactId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=1000)]
ListId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["lists:read"])]
Adding = Annotated[Writing, Security(write, scopes=["lists:write"])]
Changing = Annotated[Writing, Security(change, scopes=["lists:write"])]


class Stats(Read):
    """How many contacts are on a list, and how many of them each medium reaches."""

    subscribers: int
    sms: int
    email: int
    voice: int
    voicemail: int


class List(Read):
    """A list of contacts."""

    id: int
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    last_drop_id: int | None = Field(description="The drop that filled it last.")
    stats: Stats | None = Field(description="Null in listings that were not asked for it.")


class Lists(Read):
    """A page of lists, by id."""

    items: list[List]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewList(Written):
    """A list to make."""

    name: Name
    description: Description | None = None


class ListChanges(Written):
    """What is to be different; what is absent stays."""

    name: Name = ""
    description: Description | None = None


class Merge(Written):
    """A list to make of several."""

    list_ids: Annotated[list[Id], Field(min_length=2, max_length=1000)]
    name: Name


class ContactIds(Written):
    """Contacts, by their ids."""

    contact_ids: Ids


class ListsQuery(PageQuery):
    """Which lists."""

    stats: bool = Field(default=False, description="Count who is on each list, and whom each medium reaches.")


@router.get("", operation_id="list_lists", summary="Read lists", responses=problems(), response_model=Lists)
def list_lists(reading: Reading, query: Annotated[ListsQuery, Query()]) -> Response:
    """Return the account's lists by id, page by page."""
    found = operations.read_lists(
        reading.room, reading.caller, ids=None, paging=query.paging(reading), with_stats=query.stats
    )
    items, following = query.cut(found, reading, lambda each: each.list_id)
    return shown(
        Lists(items=[_list(each, stats=query.stats) for each in items], next=following, total=found.total)
    )


@router.post(
    "",
    operation_id="create_list",
    summary="Make a list",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The list", Location=LOCATION), **problems(*BODY, 409)},
    response_model=List,
)
def create_list(adding: Adding, new: NewList) -> Response:
    """Make a list. Names need not be unique."""

    def act(room: Room) -> Response:
        made = operations.create_list(room, adding.caller, new.name, new.description)
        return _created(room, adding.caller, made.list_id)

    return adding.answer(act, asked=new)


@router.post(
    "/merge",
    operation_id="merge_lists",
    summary="Make a list of several",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The new list", Location=LOCATION), **problems(*BODY, 404, 409)},
    response_model=List,
)
def merge_lists(adding: Adding, merge: Merge) -> Response:
    """Make a list of all who are on any of these lists; the lists stay as they are."""

    def act(room: Room) -> Response:
        made = operations.merge_lists(room, adding.caller, merge.list_ids, merge.name)
        return _created(room, adding.caller, made.list_id)

    return adding.answer(act, asked=merge)


@router.get(
    "/{list_id}",
    operation_id="get_list",
    summary="Read a list",
    responses={**tagged(200, "The list"), **NOT_MODIFIED, **problems(404)},
    response_model=List,
)
def get_list(reading: Reading, list_id: ListId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a list, with its stats."""
    return resource_unless(_list(_read(reading.room, reading.caller, list_id)), if_none_match)


@router.patch(
    "/{list_id}",
    operation_id="update_list",
    summary="Change a list",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The list as it is now"), **problems(*BODY, *CHANGE)},
    response_model=List,
)
def update_list(changing: Changing, list_id: ListId, changes: ListChanges) -> Response:
    """Change name or description; what is absent stays, a description of null goes."""

    def act(room: Room) -> Response:
        given = changes.model_dump(exclude_unset=True)
        if given and not operations.update_lists(room, changing.caller, [list_id], given):
            raise _missing(list_id)
        return resource(_list(_read(room, changing.caller, list_id)))

    return changing.answer(act, asked=changes, current=_current(changing, list_id))


@router.delete(
    "/{list_id}",
    operation_id="delete_list",
    summary="Delete a list",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(*CHANGE)},
)
def delete_list(changing: Changing, list_id: ListId) -> Response:
    """Delete a list; its contacts stay."""

    def act(room: Room) -> Response:
        if not operations.delete_lists(room, changing.caller, [list_id]):
            raise _missing(list_id)
        return nothing()

    return changing.answer(act, current=_current(changing, list_id))


@router.post(
    "/{list_id}/contacts",
    operation_id="add_contacts",
    summary="Add contacts to a list",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 404, 409),
    response_model=Count,
)
def add_contacts(adding: Adding, list_id: ListId, added: ContactIds) -> Response:
    """Add contacts; the count is of those that were not on the list. Ids that nobody has are ignored."""

    def act(room: Room) -> Response:
        return shown(Count(count=operations.add_contacts(room, adding.caller, list_id, added.contact_ids)))

    return adding.answer(act, asked=added)


@router.delete(
    "/{list_id}/contacts",
    operation_id="remove_contacts",
    summary="Remove contacts from a list",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 404, 409),
    response_model=Count,
)
def remove_contacts(removing: Adding, list_id: ListId, removed: ContactIds) -> Response:
    """Take contacts off a list; the count is of those that were on it. The contacts stay."""

    def act(room: Room) -> Response:
        count = operations.remove_contacts(room, removing.caller, list_id, removed.contact_ids)
        return shown(Count(count=count))

    return removing.answer(act, asked=removed)


@router.delete(
    "/{list_id}/contacts/{contact_id}",
    operation_id="remove_contact",
    summary="Remove one contact from a list",
    status_code=204,
    responses={204: {"description": "It is off the list"}, **problems(404, 409)},
)
def remove_contact(removing: Adding, list_id: ListId, contact_id: ContactId) -> Response:
    """Take one contact off a list; the contact stays."""

    def act(room: Room) -> Response:
        if not operations.remove_contacts(room, removing.caller, list_id, [contact_id]):
            raise Missing(f"Contact {contact_id} is not on list {list_id}.", code="NOT_ON_LIST")
        return nothing()

    return removing.answer(act)


def _read(room: Room, caller: Caller, list_id: int) -> ContactList:
    page = operations.read_lists(room, caller, ids=[list_id], paging=Paging(), with_stats=True)
    if not page.items:
        raise _missing(list_id)
    return page.items[0]


def _current(changing: Writing, list_id: int) -> Callable[[Room], str]:
    return lambda room: tag(_list(_read(room, changing.caller, list_id)))


def _missing(list_id: int) -> Missing:
    return Missing(f"There is no list {list_id}.", code="NO_LIST", details={"ids": [list_id]})


def _created(room: Room, caller: Caller, list_id: int) -> Response:
    # Read again, so that its tag is the one that reading it gives.
    found = _read(room, caller, list_id)
    return resource(_list(found), 201, {"Location": f"/v1/lists/{list_id}"})


def _list(found: ContactList, *, stats: bool = True) -> List:
    return List(
        id=found.list_id,
        name=found.name,
        description=found.description,
        created_at=found.created_at,
        updated_at=found.updated_at,
        last_drop_id=found.last_drop_id,
        stats=Stats(**asdict(found.stats)) if stats and found.stats else None,
    )
