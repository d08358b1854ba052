"""Whom a campaign was for, one by one: who got its message, who did not, and why."""

from __future__ import annotations

from dataclasses import replace

from postroom.contacts import addresses as law
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.media import PHONE_KIND
from postroom.store import accounts
from postroom.store.campaign_people import CampaignPerson, WhichPeople, count_people, people_of_campaign
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection


def read_people(connection: Connection, campaign: Campaign, which: WhichPeople) -> list[CampaignPerson]:
    """Return people of a campaign; raise Refused when they are asked for by what is no address."""
    return people_of_campaign(connection, campaign, _understood(connection, campaign, which))


def count_all(connection: Connection, campaign: Campaign, which: WhichPeople) -> int:
    """Return how many there are in all; raise Refused when they are asked for by what is no address."""
    return count_people(connection, campaign, _understood(connection, campaign, which))


def address_on(channel: Channel, text: str, region: str) -> str | None:
    """Return an address as messages of a channel have it; None when it is none."""
    if channel is Channel.EMAIL:
        return law.email(text)
    return law.phone(text, region, PHONE_KIND[channel.medium])


def _understood(connection: Connection, campaign: Campaign, which: WhichPeople) -> WhichPeople:
    if which.address is None or not campaign.channel.by_message:
        return which
    region = accounts.account_by_id(connection, campaign.account_id).settings.region
    address = address_on(campaign.channel, which.address, region)
    if address is None:
        raise Refused(
            f"'{which.address}' is no address of the campaign's channel ({campaign.channel}).",
            code="BAD_ADDRESS",
        )
    return replace(which, address=address)
