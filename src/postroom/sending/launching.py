"""Making the messages of a campaign: whoever comes second finds them made, whoever dies has made none."""

from __future__ import annotations

import logging

from postroom.contacts.campaigns import CampaignState
from postroom.contacts.errors import Missing, Refused
from postroom.sending.campaigns import SYSTEM, end_in, record_end, state_event
from postroom.sending.mailroom import Mailroom
from postroom.sending.ordering import order_of
from postroom.sending.partners.writing import Batch, hand_to_partner
from postroom.sending.targets import target_of
from postroom.sending.waking import enqueue_delivery
from postroom.store import campaigns, launching
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection
from postroom.store.launching import Target, Unsent
from postroom.store.partner_files import Target as PartnerTarget

_LOG = logging.getLogger("postroom.sending")


def expand(mailroom: Mailroom, account_id: int, campaign_id: int) -> bool:
    """Make the messages of a campaign whose time has come; return whether this made them.

    Its messages, whom it is not sent to and why, and its new state are one transaction.
    """
    with mailroom.database.transaction() as connection:
        campaign = _due(mailroom, connection, account_id, campaign_id)
        if campaign is None:
            return False
        mailroom.between_steps("campaign locked")
        try:
            with connection.transaction():
                target = target_of(connection, account_id, campaign.list_id, campaign.options)
                _make(mailroom, connection, campaign, target)
        except (Missing, Refused) as wrong:
            _fail(mailroom, connection, campaign, wrong.message)
            return False
    mailroom.between_steps("committed")
    finish(mailroom, account_id, campaign_id)
    return True


def finish(mailroom: Mailroom, account_id: int, campaign_id: int) -> bool:
    """Finish a running campaign of which no message waits, or is in doubt; return whether it was one."""
    with mailroom.database.transaction() as connection:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
        running = campaign.state is CampaignState.RUNNING and campaign.launched_at is not None
        if not running or campaigns.has_open_messages(connection, account_id, campaign_id):
            return False
        now = mailroom.clock()
        ended, events = end_in(
            connection, mailroom.queue, campaign, CampaignState.FINISHED, by=SYSTEM, now=now
        )
        record_end(connection, ended, events, Unsent(), now=now)
    _LOG.info("campaign %s of account %s is finished", campaign_id, account_id)
    return True


def _due(mailroom: Mailroom, connection: Connection, account_id: int, campaign_id: int) -> Campaign | None:
    """Return a campaign that is to be launched now, locked; None when it is not."""
    try:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
    except Missing:
        return None
    due = campaign.scheduled_at is not None and campaign.scheduled_at <= mailroom.clock()
    return campaign if campaign.state is CampaignState.SCHEDULED and due else None


def _make(mailroom: Mailroom, connection: Connection, campaign: Campaign, target: Target) -> None:
    now = mailroom.clock()
    if not campaign.channel.by_message:
        _hand_to_partner(mailroom, connection, campaign, target)
        return
    made = launching.make_messages(connection, campaign, target, now=now)
    mailroom.between_steps("messages made")
    running = campaigns.update_campaign(connection, campaign, state=CampaignState.RUNNING, launched_at=now)
    if made.messages:
        enqueue_delivery(connection, mailroom.queue, campaign.account_id, campaign.channel)
    mailroom.between_steps("campaign running")
    record_end(connection, running, [state_event(running, SYSTEM, now)], made.unsent, now=now)
    mailroom.between_steps("events recorded")
    _LOG.info(
        "campaign %s of account %s: %s messages, %s people get none",
        campaign.campaign_id,
        campaign.account_id,
        made.messages,
        made.unsent.people,
    )


def _hand_to_partner(mailroom: Mailroom, connection: Connection, campaign: Campaign, target: Target) -> None:
    now = mailroom.clock()
    running = campaigns.update_campaign(connection, campaign, state=CampaignState.RUNNING, launched_at=now)
    batch = Batch(
        account_id=campaign.account_id,
        campaign_id=campaign.campaign_id,
        campaign_name=campaign.name,
        order=order_of(connection, campaign.account_id, campaign.channel, campaign.options),
        target=PartnerTarget(campaign.list_id, target.segment.condition, target.segment.parameters),
    )
    event = state_event(running, SYSTEM, now)
    written = hand_to_partner(connection, mailroom, batch, now=now, also=[event])
    _LOG.info(
        "campaign %s of account %s: a file of %s people, %s left out",
        campaign.campaign_id,
        campaign.account_id,
        written.people,
        written.left_out,
    )


def _fail(mailroom: Mailroom, connection: Connection, campaign: Campaign, why: str) -> None:
    now = mailroom.clock()
    ended, events = end_in(
        connection, mailroom.queue, campaign, CampaignState.CANCELLED, by=SYSTEM, now=now, remark=why
    )
    record_end(connection, ended, events, Unsent(), now=now)
    _LOG.warning("campaign %s of account %s: %s", campaign.campaign_id, campaign.account_id, why)
