"""What the API does with campaigns: their lives, and what is counted of them."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.contacts.campaigns import CampaignState
from postroom.contacts.events import EventSource
from postroom.drops.room import Room
from postroom.sending import campaigns as lives
from postroom.sending.campaigns import By, Wanted
from postroom.sending.people import count_all
from postroom.sending.people import read_people as read_people_of
from postroom.sending.proving import MOST_TESTERS, send_test
from postroom.sending.scheduling import moment_of
from postroom.store import accounts, campaigns
from postroom.store.campaign_counts import Counts, count_campaign
from postroom.store.campaign_people import CampaignPerson, Place, WhichPeople
from postroom.store.campaigns import Campaign, Options, Which
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.api.operations.uploading import by_whom
from postroom.web.auth.caller import Caller

__all__ = [
    "MOST_TESTERS",
    "Campaign",
    "CampaignPerson",
    "Counts",
    "Options",
    "Place",
    "Wanted",
    "WhichPeople",
]

_READ, _WRITE = "campaigns:read", "campaigns:write"


def read_campaigns(
    room: Room, caller: Caller, paging: Paging, *, state: CampaignState | None, tests: bool
) -> Page[Campaign]:
    """Return the caller's campaigns, the newest first: those of a state; tests in place of others."""
    caller.require(_READ)
    which = Which(paging.after, state, is_test=tests, limit=paging.limit)
    with room.database.transaction() as connection:
        found = campaigns.campaigns_of_account(connection, caller.account_id, which)
        total = None
        if paging.with_total:
            total = campaigns.count_campaigns(connection, caller.account_id, which)
    return Page(found, total)


def read_campaign(room: Room, caller: Caller, campaign_id: int) -> tuple[Campaign, Counts]:
    """Return a campaign and what is counted of it; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.transaction() as connection:
        campaign = campaigns.campaign_by_id(connection, caller.account_id, campaign_id)
        return campaign, count_campaign(connection, campaign)


def read_people(
    room: Room, caller: Caller, campaign_id: int, which: WhichPeople, *, with_total: bool
) -> Page[CampaignPerson]:
    """Return whom a campaign was for, one by one; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        campaign = campaigns.campaign_by_id(connection, caller.account_id, campaign_id)
        found = read_people_of(connection, campaign, which)
        total = count_all(connection, campaign, which) if with_total else None
    return Page(found, total)


def create_campaign(room: Room, caller: Caller, wanted: Wanted) -> Campaign:
    """Make a draft; raise Refused or Missing when it cannot be."""
    caller.require(_WRITE)
    return lives.create(room, caller.account_id, wanted, by=_by(caller))


def launch_campaign(room: Room, caller: Caller, campaign_id: int, at: str | None) -> Campaign:
    """Launch a campaign, at once or `at` a time, which is the account's where it has no offset."""
    caller.require(_WRITE)
    moment = None
    if at is not None:
        with room.database.transaction() as connection:
            zone = accounts.account_by_id(connection, caller.account_id).settings.time_zone
        moment = moment_of(at, zone, now=room.clock())
    return lives.launch(room, caller.account_id, campaign_id, by=_by(caller), at=moment)


def pause_campaign(room: Room, caller: Caller, campaign_id: int) -> Campaign:
    """Let nothing more of a campaign go out; raise Conflict when it is not on its way."""
    caller.require(_WRITE)
    return lives.pause(room, caller.account_id, campaign_id, by=_by(caller))


def resume_campaign(room: Room, caller: Caller, campaign_id: int) -> Campaign:
    """Let a paused campaign go on; raise Conflict when it is not paused."""
    caller.require(_WRITE)
    return lives.resume(room, caller.account_id, campaign_id, by=_by(caller))


def cancel_campaign(room: Room, caller: Caller, campaign_id: int) -> Campaign:
    """End a campaign; raise Conflict when it has ended already."""
    caller.require(_WRITE)
    return lives.cancel(room, caller.account_id, campaign_id, by=_by(caller))


def test_campaign(
    room: Room,
    caller: Caller,
    campaign_id: int,
    *,
    contact_ids: Sequence[int],
    addresses: Sequence[str],
) -> Campaign:
    """Send a campaign to some contacts; raise Refused or Missing when that cannot be."""
    caller.require(_WRITE)
    return send_test(
        room,
        caller.account_id,
        campaign_id,
        contact_ids=contact_ids,
        addresses=addresses,
        by=_by(caller),
    )


def _by(caller: Caller) -> By:
    return By(by_whom(caller), EventSource.API)
