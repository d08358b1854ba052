"""Campaigns as /v1 spells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.channels import Channel
from postroom.web.api.operations import campaigns as operations
from postroom.web.api.operations.campaigns import MOST_TESTERS, Options, Wanted
from postroom.web.api.v1.models import Id, Read, Written

Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=320)]
Format = Literal[1, 2, 99]


class Counts(Read):
    """What became of a campaign; each message counts once."""

    targeted: int = Field(description="People of the target: with a message, or with a reason for none.")
    sent: int = Field(description="Messages that a relay or provider has taken.")
    waiting: int = Field(description="Messages that are still to be sent.")
    waiting_for: str | None = Field(
        description="What the relay or provider said of most of these; null when nothing kept them yet."
    )
    in_doubt: int = Field(description="Messages of which nobody knows whether they were sent.")
    not_sent: dict[str, int] = Field(description="People without a message, by reason.")
    refused: int = Field(description="Mails that were refused while they were handed over.")
    delivered: int = Field(description="Mails sent that did not bounce; other messages that have arrived.")
    hard_bounced: int
    soft_bounced: int
    opened: int = Field(description="Messages that somebody opened.")
    opened_by_machines: int
    clicked: int = Field(description="Messages of which somebody clicked on a link.")
    clicked_by_machines: int
    unsubscribed: int
    complained: int
    ready: int = Field(description="People in a partner's file.")
    downloaded: int = Field(description="Of these, people in a file that was fetched.")


class Campaign(Read):
    """A campaign."""

    id: int
    name: str
    kind: CampaignKind
    channel: Channel
    list_id: int | None
    template_id: int | None
    segment_id: int | None
    seed_list_id: int | None
    format: int | None = Field(
        description="1 text, 2 HTML, 99 both; null for each subscription's, else both."
    )
    subject: str | None = Field(description="In place of the template's.")
    notify_email: str | None = Field(description="Who gets a mail at the end.")
    partner: dict[str, Any] | None = Field(description="What a partner's file has.")
    is_test: bool
    state: CampaignState
    remark: str | None = Field(description="Why it could not be launched.")
    created_at: datetime
    created_by: str
    scheduled_at: datetime | None
    launched_at: datetime | None
    finished_at: datetime | None
    counts: Counts | None = Field(description="Of a single campaign; null in lists and answers to actions.")


class Campaigns(Read):
    """A page of campaigns, the newest first."""

    items: list[Campaign]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewAudience(Written):
    """The audience of a social network that people are added to or removed from."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    name: Annotated[str, StringConstraints(max_length=255)] = ""
    network: Annotated[str, StringConstraints(max_length=20)]
    operation: Literal["ADD", "REMOVE"] = "ADD"


class NewPartner(Written):
    """What a partner's file has, of campaigns for print, social networks and call centers."""

    columns: Annotated[list[Text], Field(max_length=100)] | None = None
    login: Text | None = None
    audience: NewAudience | None = None
    spreadsheet_safe: bool | None = None


class NewCampaign(Written):
    """A campaign to make: a template for the people on a list."""

    name: Text
    list_id: Id
    template_id: Id
    segment_id: Id | None = None
    seed_list_id: Id | None = None
    format: Format | None = None
    subject: Subject | None = None
    notify_email: Address | None = None
    partner: NewPartner | None = None


class Launch(Written):
    """When to launch: at once without a time."""

    at: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        default=None,
        description="ISO 8601; without an offset it is in the account's time zone.",
        examples=["2026-12-01T09:00"],
    )


class Testers(Written):
    """Contacts of the account, by id or by address."""

    contact_ids: Annotated[list[Id], Field(max_length=MOST_TESTERS)] = Field(default_factory=list)
    addresses: Annotated[list[Address], Field(max_length=MOST_TESTERS)] = Field(default_factory=list)


def wanted_of(new: NewCampaign) -> Wanted:
    """Return the campaign that is asked for, unchecked."""
    partner = new.partner.model_dump(exclude_none=True) if new.partner else None
    options = Options(
        segment_id=new.segment_id,
        seed_list_id=new.seed_list_id,
        format=new.format,
        subject=new.subject,
        notify_email=new.notify_email,
        partner=partner,
    )
    return Wanted(new.name, new.list_id, new.template_id, options)


def campaign_of(found: operations.Campaign, counts: operations.Counts | None = None) -> Campaign:
    """Return a campaign as it is spelled."""
    options = found.options
    partner: Mapping[str, Any] | None = options.partner
    return Campaign(
        id=found.campaign_id,
        name=found.name,
        kind=found.kind,
        channel=found.channel,
        list_id=found.list_id,
        template_id=found.template_id,
        segment_id=options.segment_id,
        seed_list_id=options.seed_list_id,
        format=options.format,
        subject=options.subject,
        notify_email=options.notify_email,
        partner=dict(partner) if partner is not None else None,
        is_test=found.is_test,
        state=found.state,
        remark=found.remark,
        created_at=found.created_at,
        created_by=found.created_by,
        scheduled_at=found.scheduled_at,
        launched_at=found.launched_at,
        finished_at=found.finished_at,
        counts=Counts(**asdict(counts)) if counts else None,
    )
