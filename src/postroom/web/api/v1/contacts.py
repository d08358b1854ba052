"""/v1/contacts: contacts found, made, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from postroom.contacts.errors import Missing
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.web.api.operations import contacts as operations
from postroom.web.api.operations.contacts import ContactFilter, ContactRecord
from postroom.web.api.operations.pages import Paging
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown, tag
from postroom.web.api.v1.contact_models import (
    Contact,
    ContactChanges,
    Contacts,
    NewContacts,
    Reason,
    Stored,
    Text,
    contact_of,
    row_of,
)
from postroom.web.api.v1.models import LARGEST_ID, Id, Optional
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, CHANGE, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, change, write
from postroom.web.auth.caller import Caller

router = APIRouter(prefix="/v1/contacts", tags=["contacts"])

ContactId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["contacts:read"])]
Adding = Annotated[Writing, Security(write, scopes=["contacts:write"])]
Changing = Annotated[Writing, Security(change, scopes=["contacts:write"])]
Standing = Optional[Literal["true", "false"] | Reason]

_OPTED_OUT = "`true`: those opted out, for whatever reason; `false`: those who are not; or a reason."


class ContactsQuery(PageQuery):
    """Which contacts: those for whom all of this is so."""

    email: Optional[Text] = None
    mobile: Optional[Text] = None
    phone: Optional[Text] = None
    reference: Optional[Text] = None
    list_id: Optional[Id] = Field(default=None, description="Who is on this list.")
    updated_since: Optional[AwareDatetime] = Field(default=None, description="With its offset or `Z`.")
    email_optout: Standing = Field(default=None, description=_OPTED_OUT)
    sms_optout: Standing = Field(default=None, description=_OPTED_OUT)
    voice_optout: Standing = Field(default=None, description=_OPTED_OUT)
    voicemail_optout: Standing = Field(default=None, description=_OPTED_OUT)

    def filter(self) -> ContactFilter:
        """Return what operations understand."""
        asked = {
            Medium.EMAIL: self.email_optout,
            Medium.SMS: self.sms_optout,
            Medium.VOICE: self.voice_optout,
            Medium.VOICEMAIL: self.voicemail_optout,
        }
        return ContactFilter(
            email=self.email,
            mobile=self.mobile,
            phone=self.phone,
            reference=self.reference,
            list_id=self.list_id,
            updated_since=self.updated_since,
            optouts={medium: _standing(word) for medium, word in asked.items() if word is not None},
        )


@router.get(
    "", operation_id="list_contacts", summary="Find contacts", responses=problems(), response_model=Contacts
)
def list_contacts(reading: Reading, query: Annotated[ContactsQuery, Query()]) -> Response:
    """Return the contacts for whom all filters hold, by id, page by page."""
    found = operations.read_contacts(reading.room, reading.caller, query.filter(), query.paging(reading))
    items, following = query.cut(found, reading, lambda each: each.contact_id)
    return shown(Contacts(items=[contact_of(each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="store_contacts",
    summary="Store contacts",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 409),
    response_model=Stored,
)
def store_contacts(adding: Adding, new: NewContacts) -> Response:
    """Store contacts by the rules of files: who is known by the account's criterion is updated.

    One that is not valid refuses all. Nobody is ever subscribed again by this.
    """

    def act(room: Room) -> Response:
        stored = operations.create_contacts(room, adding.caller, [row_of(each) for each in new.contacts])
        return shown(Stored(items=[contact_of(each) for each in stored]))

    return adding.answer(act, asked=new)


@router.get(
    "/{contact_id}",
    operation_id="get_contact",
    summary="Read a contact",
    responses={**tagged(200, "The contact"), **NOT_MODIFIED, **problems(404)},
    response_model=Contact,
)
def get_contact(reading: Reading, contact_id: ContactId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a contact with its lists and opt-outs."""
    return resource_unless(contact_of(_read(reading.room, reading.caller, contact_id)), if_none_match)


@router.patch(
    "/{contact_id}",
    operation_id="update_contact",
    summary="Change a contact",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The contact as it is now"), **problems(*BODY, *CHANGE)},
    response_model=Contact,
)
def update_contact(changing: Changing, contact_id: ContactId, changes: ContactChanges) -> Response:
    """Change what is named; what is absent stays, null empties a field or lifts an opt-out."""

    def act(room: Room) -> Response:
        given = row_of(changes)
        if given and not operations.update_contacts(room, changing.caller, _only(contact_id), given):
            raise _missing(contact_id)
        return resource(contact_of(_read(room, changing.caller, contact_id)))

    return changing.answer(act, asked=changes, current=_current(changing, contact_id))


@router.delete(
    "/{contact_id}",
    operation_id="delete_contact",
    summary="Delete a contact",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(*CHANGE)},
)
def delete_contact(changing: Changing, contact_id: ContactId) -> Response:
    """Delete a contact; opt-outs of its addresses stay."""

    def act(room: Room) -> Response:
        if not operations.delete_contacts(room, changing.caller, _only(contact_id)):
            raise _missing(contact_id)
        return nothing()

    return changing.answer(act, current=_current(changing, contact_id))


def _only(contact_id: int) -> ContactFilter:
    return ContactFilter(ids=[contact_id])


def _read(room: Room, caller: Caller, contact_id: int) -> ContactRecord:
    page = operations.read_contacts(room, caller, _only(contact_id), Paging())
    if not page.items:
        raise _missing(contact_id)
    return page.items[0]


def _current(changing: Writing, contact_id: int) -> Callable[[Room], str]:
    return lambda room: tag(contact_of(_read(room, changing.caller, contact_id)))


def _missing(contact_id: int) -> Missing:
    return Missing(f"There is no contact {contact_id}.", code="NO_CONTACT", details={"ids": [contact_id]})


def _standing(word: str) -> bool | OptOutReason:
    return word == "true" if word in {"true", "false"} else OptOutReason[word.upper()]
