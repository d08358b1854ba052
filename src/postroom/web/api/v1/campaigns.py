"""/v1/campaigns: their lives, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import Field

from postroom.contacts.campaigns import CampaignState
from postroom.drops.room import Room
from postroom.web.api.operations import campaigns as operations
from postroom.web.api.v1.access import Call, call, json_body, json_body_if_any
from postroom.web.api.v1.answers import IfNoneMatch, resource, resource_unless, shown
from postroom.web.api.v1.campaign_models import (
    Campaign,
    Campaigns,
    Launch,
    NewCampaign,
    Testers,
    campaign_of,
    wanted_of,
)
from postroom.web.api.v1.models import LARGEST_ID, Optional
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, write

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])

CampaignId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["campaigns:read"])]
Adding = Annotated[Writing, Security(write, scopes=["campaigns:write"])]

_AT_ONCE: Final = Launch()
_AS_IT_IS: Final = {**tagged(200, "The campaign as it is now"), **problems(404, 409)}
_MADE: Final = {**tagged(201, "The campaign", Location=LOCATION), **problems(*BODY, 404, 409)}


class CampaignsQuery(PageQuery):
    """Which campaigns."""

    state: Optional[CampaignState] = None
    tests: bool = Field(default=False, description="Test sends, in place of campaigns.")


@router.get(
    "",
    operation_id="list_campaigns",
    summary="Read campaigns",
    responses=problems(),
    response_model=Campaigns,
)
def list_campaigns(reading: Reading, query: Annotated[CampaignsQuery, Query()]) -> Response:
    """Return the account's campaigns, the newest first, page by page."""
    paging = query.paging(reading, descending_by="campaign_id")
    found = operations.read_campaigns(
        reading.room, reading.caller, paging, state=query.state, tests=query.tests
    )
    items, following = query.cut(found, reading, lambda each: each.campaign_id)
    return shown(Campaigns(items=[campaign_of(each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="create_campaign",
    summary="Make a campaign",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses=_MADE,
    response_model=Campaign,
)
def create_campaign(adding: Adding, new: NewCampaign) -> Response:
    """Make a draft, which sends nothing before it is launched."""

    def act(room: Room) -> Response:
        return _made(operations.create_campaign(room, adding.caller, wanted_of(new)))

    return adding.answer(act, asked=new)


@router.get(
    "/{campaign_id}",
    operation_id="get_campaign",
    summary="Read a campaign and its counts",
    responses={**tagged(200, "The campaign"), **NOT_MODIFIED, **problems(404)},
    response_model=Campaign,
)
def get_campaign(reading: Reading, campaign_id: CampaignId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a campaign, and what became of it up to now."""
    return resource_unless(
        campaign_of(*operations.read_campaign(reading.room, reading.caller, campaign_id)), if_none_match
    )


@router.post(
    "/{campaign_id}/launch",
    operation_id="launch_campaign",
    summary="Launch or schedule a campaign",
    dependencies=[Depends(json_body_if_any)],
    responses={**_AS_IT_IS, **problems(*BODY, 404, 409)},
    response_model=Campaign,
)
def launch_campaign(adding: Adding, campaign_id: CampaignId, launch: Launch = _AT_ONCE) -> Response:
    """Launch a draft at once (`{}`, or no body) or at a time; what it says is fixed from then on."""

    def act(room: Room) -> Response:
        return resource(campaign_of(operations.launch_campaign(room, adding.caller, campaign_id, launch.at)))

    return adding.answer(act, asked=launch)


@router.post(
    "/{campaign_id}/pause",
    operation_id="pause_campaign",
    summary="Pause a campaign",
    responses=_AS_IT_IS,
    response_model=Campaign,
)
def pause_campaign(adding: Adding, campaign_id: CampaignId) -> Response:
    """Let nothing more of it go out, or its time pass; messages that are being handed over still go."""
    return _acted(adding, campaign_id, operations.pause_campaign)


@router.post(
    "/{campaign_id}/resume",
    operation_id="resume_campaign",
    summary="Resume a campaign",
    responses=_AS_IT_IS,
    response_model=Campaign,
)
def resume_campaign(adding: Adding, campaign_id: CampaignId) -> Response:
    """Let a paused campaign go on; one whose time has come meanwhile is launched."""
    return _acted(adding, campaign_id, operations.resume_campaign)


@router.post(
    "/{campaign_id}/cancel",
    operation_id="cancel_campaign",
    summary="Cancel a campaign",
    responses=_AS_IT_IS,
    response_model=Campaign,
)
def cancel_campaign(adding: Adding, campaign_id: CampaignId) -> Response:
    """End it: messages that wait are sent to nobody (`CAMPAIGN_CANCELLED`)."""
    return _acted(adding, campaign_id, operations.cancel_campaign)


@router.post(
    "/{campaign_id}/test",
    operation_id="test_campaign",
    summary="Send a test",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses=_MADE,
    response_model=Campaign,
)
def test_campaign(adding: Adding, campaign_id: CampaignId, testers: Testers) -> Response:
    """Send it to some contacts of the account; the test is a campaign of its own, in no report."""

    def act(room: Room) -> Response:
        made = operations.test_campaign(
            room,
            adding.caller,
            campaign_id,
            contact_ids=testers.contact_ids,
            addresses=testers.addresses,
        )
        return _made(made)

    return adding.answer(act, asked=testers)


def _acted(adding: Writing, campaign_id: int, act: Callable[..., operations.Campaign]) -> Response:
    return adding.answer(lambda room: resource(campaign_of(act(room, adding.caller, campaign_id))))


def _made(campaign: operations.Campaign) -> Response:
    location = {"Location": f"/v1/campaigns/{campaign.campaign_id}"}
    return resource(campaign_of(campaign), 201, location)
