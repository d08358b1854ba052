"""/v1/suppressions: addresses in quarantine or on the blacklist."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.suppressions import SuppressionReason
from postroom.drops.room import Room
from postroom.web.api.operations import suppressions as operations
from postroom.web.api.v1 import cursors
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import nothing, resource, shown
from postroom.web.api.v1.models import Optional, Read, Written
from postroom.web.api.v1.paging import MOST
from postroom.web.api.v1.problems import BODY, LOCATION, problems, tagged
from postroom.web.api.v1.writing import Writing, write

router = APIRouter(prefix="/v1/suppressions", tags=["suppressions"])

_LONGEST_CURSOR: Final = 500
"""Characters: it has an address in it."""

Reading = Annotated[Call, Security(call, scopes=["suppressions:read"])]
Adding = Annotated[Writing, Security(write, scopes=["suppressions:write"])]
AddressText = Annotated[str, StringConstraints(min_length=1, max_length=254)]
Address = Annotated[AddressText, Path(description="An e-mail address.")]
Kind = Literal["QUARANTINE_TEMPORARY", "QUARANTINE_LONG_TERM", "BLACKLIST"]


class Suppression(Read):
    """An address that gets no mails."""

    address: str
    kind: SuppressionKind
    reason: SuppressionReason
    bounces: int = Field(description="After how many of its mails that came back.")
    since_at: datetime
    until_at: datetime | None = Field(description="Null where it has no end.")
    contact_id: int | None = Field(description="Whose mail it was; null by hand.")
    campaign_id: int | None = Field(description="The campaign of that mail.")


class Suppressions(Read):
    """A page of addresses, in their order."""

    items: list[Suppression]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewSuppression(Written):
    """An address that is to get no mails; a temporary quarantine has an end, nothing else has."""

    address: AddressText
    kind: Kind = "BLACKLIST"
    until_at: Annotated[AwareDatetime, Field(strict=False)] | None = None


class SuppressionsQuery(BaseModel):
    """Which addresses."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MOST, description="Items of a page, at most.")
    cursor: Optional[str] = Field(
        default=None,
        max_length=_LONGEST_CURSOR,
        description="`next` of the page before; absent for the first page.",
    )
    total: bool = Field(default=False, description="Count all items, too.")
    kind: Optional[Kind] = Field(default=None, description="Those on this list.")


@router.get(
    "",
    operation_id="list_suppressions",
    summary="Read quarantine and blacklist",
    responses=problems(),
    response_model=Suppressions,
)
def list_suppressions(reading: Reading, query: Annotated[SuppressionsQuery, Query()]) -> Response:
    """Return the addresses that get no mails of this account, in their order, page by page."""
    listing = reading.listing()
    found = operations.read_suppressions(
        reading.room,
        reading.caller,
        kind=SuppressionKind(query.kind) if query.kind else None,
        after=None if query.cursor is None else cursors.key_of(query.cursor, listing),
        limit=query.limit + 1,
        with_total=query.total,
    )
    items = found.items[: query.limit]
    more = len(found.items) > query.limit
    following = cursors.cursor_after_key(items[-1].address, listing) if more else None
    return shown(
        Suppressions(items=[suppression_of(each) for each in items], next=following, total=found.total)
    )


@router.post(
    "",
    operation_id="add_suppression",
    summary="Put an address in quarantine or on the blacklist",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={
        **tagged(201, "The address as it stands: a stronger list stays", Location=LOCATION),
        **problems(*BODY, 409),
    },
    response_model=Suppression,
)
def add_suppression(adding: Adding, new: NewSuppression) -> Response:
    """Keep mails of this account from an address. Contacts, lists and opt-outs stay as they are."""

    def act(room: Room) -> Response:
        kind = SuppressionKind(new.kind)
        made = operations.add_suppression(room, adding.caller, new.address, kind, new.until_at)
        location = f"/v1/suppressions/{quote(made.address, safe='@')}"
        return resource(suppression_of(made), 201, {"Location": location})

    return adding.answer(act, asked=new)


@router.get(
    "/{address}",
    operation_id="get_suppression",
    summary="Read on which list an address is",
    responses=problems(404),
    response_model=Suppression,
)
def get_suppression(reading: Reading, address: Address) -> Response:
    """Return why and until when an address gets no mails."""
    return shown(suppression_of(operations.read_suppression(reading.room, reading.caller, address)))


@router.delete(
    "/{address}",
    operation_id="remove_suppression",
    summary="Take an address off its list",
    status_code=204,
    responses={204: {"description": "It is off"}, **problems(404, 409)},
)
def remove_suppression(
    removing: Adding,
    address: Address,
    complaints: Annotated[bool, Query(description="Whether a complaint is lifted, too.")] = False,  # noqa: FBT002  # FastAPI makes a parameter of it
) -> Response:
    """Let an address get mails again, and lift the opt-out that its bounces or its complaint made."""

    def act(room: Room) -> Response:
        operations.remove_suppression(room, removing.caller, address, complaints=complaints)
        return nothing()

    return removing.answer(act)


def suppression_of(found: operations.Suppression) -> Suppression:
    """Return a suppression as it is told."""
    return Suppression(**{name: getattr(found, name) for name in Suppression.model_fields})
