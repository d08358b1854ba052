"""/v1/contacts: contacts, found."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Security
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from postroom.contacts.errors import Missing
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.web.api.operations import contacts as operations
from postroom.web.api.operations.contacts import ContactFilter, ContactRecord
from postroom.web.api.operations.pages import Paging
from postroom.web.api.v1.access import Call, call
from postroom.web.api.v1.answers import IfNoneMatch, resource_unless, shown
from postroom.web.api.v1.contact_models import (
    Contact,
    Contacts,
    Reason,
    Text,
    contact_of,
)
from postroom.web.api.v1.models import LARGEST_ID, Id, Optional
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import NOT_MODIFIED, problems, tagged
from postroom.web.auth.caller import Caller

router = APIRouter(prefix="/v1/contacts", tags=["contacts"])

ContactId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["contacts:read"])]
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


def _only(contact_id: int) -> ContactFilter:
    return ContactFilter(ids=[contact_id])


def _read(room: Room, caller: Caller, contact_id: int) -> ContactRecord:
    page = operations.read_contacts(room, caller, _only(contact_id), Paging())
    if not page.items:
        raise _missing(contact_id)
    return page.items[0]


def _missing(contact_id: int) -> Missing:
    return Missing(f"There is no contact {contact_id}.", code="NO_CONTACT", details={"ids": [contact_id]})


def _standing(word: str) -> bool | OptOutReason:
    return word == "true" if word in {"true", "false"} else OptOutReason[word.upper()]
