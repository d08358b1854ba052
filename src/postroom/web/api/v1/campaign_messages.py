"""/v1/campaigns/{id}/messages: whom a campaign was for, and what became of each message."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Security
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from postroom.contacts.campaigns import NotSentReason, PersonState
from postroom.contacts.events import message_name
from postroom.web.api.operations import campaigns as operations
from postroom.web.api.operations.campaigns import CampaignPerson, Place, WhichPeople
from postroom.web.api.v1 import cursors
from postroom.web.api.v1.access import Call, call
from postroom.web.api.v1.answers import shown
from postroom.web.api.v1.models import LARGEST_ID, Optional, Read
from postroom.web.api.v1.paging import MOST
from postroom.web.api.v1.problems import problems

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])

Reading = Annotated[Call, Security(call, scopes=["campaigns:read"])]

_PLACE: Final = re.compile(r"([0-9]{1,19}) ([0-9]{1,19}) ([0-9]{1,19})")


class Message(Read):
    """Somebody whom the campaign was for, and what became of the message."""

    id: str | None = Field(description="The message's id; null when none was made.", examples=["3-12"])
    contact_id: int
    address: str | None = Field(description="Null where the contact has none.")
    state: PersonState = Field(description="`no_message` when none was made, for the `reason`.")
    reason: NotSentReason | None = Field(description="Why there is no message, or why it was given up.")
    due_at: datetime | None = Field(description="When one that waits may go next.")
    sent_at: datetime | None
    provider: str | None = Field(description="Which relay or provider was there last.")
    answer: str | None = Field(description="What was said last of the message.")


class Messages(Read):
    """A page of people: those with a message by contact, then those without one."""

    items: list[Message]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class MessagesQuery(BaseModel):
    """Which people."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MOST, description="Items of a page, at most.")
    cursor: Optional[str] = Field(
        default=None, max_length=200, description="`next` of the page before; absent for the first page."
    )
    total: bool = Field(default=False, description="Count all items, too.")
    state: Optional[PersonState] = None
    reason: Optional[NotSentReason] = None
    address: Optional[str] = Field(default=None, min_length=1, max_length=320)


@router.get(
    "/{campaign_id}/messages",
    operation_id="list_campaign_messages",
    summary="Read who got a message",
    responses=problems(404),
    response_model=Messages,
)
def list_campaign_messages(
    reading: Reading,
    campaign_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    query: Annotated[MessagesQuery, Query()],
) -> Response:
    """Return the people of a campaign with what became of the message of each, page by page.

    Those of whom a message was made come by contact, then those for whom none was.
    """
    listing = reading.listing()
    which = WhichPeople(
        after=_place(query.cursor, listing),
        state=query.state,
        reason=query.reason,
        address=query.address,
        limit=query.limit + 1,
    )
    found = operations.read_people(reading.room, reading.caller, campaign_id, which, with_total=query.total)
    items = found.items[: query.limit]
    following = None
    if len(found.items) > query.limit:
        last = items[-1].place
        following = cursors.cursor_after_key(f"{last.contact_id} {last.message_id} {last.seq}", listing)
    account_id = reading.caller.account_id
    return shown(
        Messages(items=[_message_of(account_id, each) for each in items], next=following, total=found.total)
    )


def _place(cursor: str | None, listing: str) -> Place:
    """Return where the page before ended; raise Refused when the cursor is not of this listing."""
    if cursor is None:
        return Place()
    found = _PLACE.fullmatch(cursors.key_of(cursor, listing))
    assert found is not None  # noqa: S101  # the cursor is one of ours
    return Place(*map(int, found.groups()))


def _message_of(account_id: int, person: CampaignPerson) -> Message:
    return Message(
        id=None if person.message_id is None else message_name(account_id, person.message_id),
        contact_id=person.contact_id,
        address=person.address,
        state=person.state,
        reason=person.reason,
        due_at=person.due_at,
        sent_at=person.sent_at,
        provider=person.provider,
        answer=person.answer,
    )
