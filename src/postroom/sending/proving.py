"""Test sends: the campaign as some people of the account would get it, in no report, without effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from postroom.contacts.errors import Missing, Refused
from postroom.sending.campaigns import By, Desk
from postroom.sending.freezing import content_to_send, write_links
from postroom.sending.people import address_on
from postroom.sending.waking import enqueue_delivery
from postroom.store import accounts, campaigns, launching
from postroom.store.campaigns import Campaign, NewCampaign
from postroom.store.database import Connection
from postroom.store.launching import Target

MOST_TESTERS: Final = 100


def send_test(
    desk: Desk,
    account_id: int,
    campaign_id: int,
    *,
    contact_ids: Sequence[int] = (),
    addresses: Sequence[str] = (),
    by: By,
) -> Campaign:
    """Send a campaign to some contacts of the account, by id or address; return the test.

    It is a campaign of its own. One that was not launched yet is sent as its template is now. Opt-outs are
    honoured.

    Raises:
        Refused: nobody or too many are named, somebody must not be written to, or its template can be sent
            to nobody.
        Missing: the campaign is not there, or its template, or a contact.
    """
    if not 0 < len(contact_ids) + len(addresses) <= MOST_TESTERS:
        raise Refused(f"Name from 1 to {MOST_TESTERS} contacts.", code="BAD_TESTERS")
    with desk.database.transaction() as connection:
        campaign = campaigns.campaign_by_id(connection, account_id, campaign_id)
        if not campaign.channel.by_message:
            raise Refused(f"Nobody gets a message by {campaign.channel}.", code="NO_MESSAGES")
        meant = _testers(connection, campaign, contact_ids, addresses)
        test = _made(desk, connection, campaign, by)
        made = launching.make_messages(connection, test, Target(contact_ids=meant), now=desk.clock())
        if made.unsent.people:
            why = made.unsent.reasons.strip("{}").replace(",", ", ")
            raise Refused(f"{made.unsent.people} of them must not be written to: {why}.", code="NOT_SENT")
        enqueue_delivery(connection, desk.queue, account_id, test.channel)
    return test


def _made(desk: Desk, connection: Connection, campaign: Campaign, by: By) -> Campaign:
    content = content_to_send(connection, campaign) if campaign.launched_at is None else campaign.content
    new = NewCampaign(
        name=campaign.name,
        kind=campaign.kind,
        list_id=campaign.list_id,
        template_id=None,
        content=content,
        options=campaign.options,
        created_by=by.name,
        is_test=True,
        running=True,
    )
    test = campaigns.create_campaign(connection, campaign.account_id, new, now=desk.clock())
    write_links(connection, test)
    return test


def _testers(
    connection: Connection, campaign: Campaign, contact_ids: Sequence[int], addresses: Sequence[str]
) -> list[int]:
    account_id, channel = campaign.account_id, campaign.channel
    region = accounts.account_by_id(connection, account_id).settings.region
    named = {text: address_on(channel, text, region) for text in addresses}
    known = [address for address in named.values() if address]
    at = launching.contacts_at(connection, account_id, channel, known)
    strange = [text for text, address in named.items() if address not in at]
    standing = launching.contacts_among(connection, account_id, contact_ids)
    strange += [str(each) for each in contact_ids if each not in standing]
    if strange:
        said = f"There is no contact {', '.join(strange)} in this account: import it first."
        raise Missing(said, code="NO_CONTACT")
    return sorted({*standing, *at.values()})
