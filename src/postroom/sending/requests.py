"""Carrying out what command batches asked for: `send` becomes single messages, `launch` a campaign.

Single messages belong to the campaign of their name on their list, for each template and subject; those
without a name to one of their own for each command. Everything is done once: what a transaction has made of
requests is noted on them in the same transaction (specs, command batches 2.2 and 7.37).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.cells import clean
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing, Refused
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.templates import Content
from postroom.jobs.queue import Enqueues
from postroom.sending.campaigns import (
    MAX_NAME_CHARACTERS,
    By,
    Wanted,
    create_in,
    launch_in,
    state_event,
)
from postroom.sending.freezing import template_content, write_links
from postroom.sending.mailroom import Mailroom
from postroom.sending.reporting import tell_of_failure
from postroom.sending.waking import enqueue_delivery
from postroom.store import campaigns, requests
from postroom.store.campaigns import Campaign, NewCampaign, Options
from postroom.store.database import Connection
from postroom.store.events import record_events
from postroom.store.launching import Left, Single, make_single_messages
from postroom.store.requests import SendRequest, Settled

_LOG = logging.getLogger("postroom.sending")

_AT_ONCE: Final = 1000
_GONE: Final = "The contact is not there any more."
_TRUE: Final = frozenset({"1", "true"})

_Group = tuple[int, str, int, str]
"""A list, the name of a campaign, a template, a subject: what single messages have in common."""


def carry_out(mailroom: Mailroom, account_id: int) -> int:
    """Carry out all that the batches of an account asked for; return how many requests there were."""
    done = 0
    while some := _carry_out_some(mailroom, account_id):
        done += some
        mailroom.between_steps("requests committed")
    return done


def _carry_out_some(mailroom: Mailroom, account_id: int) -> int:
    with mailroom.database.transaction() as connection:
        found = requests.take_requests(connection, account_id, limit=_AT_ONCE)
        if not found:
            return 0
        mailroom.between_steps("requests taken")
        work = _Work(connection, mailroom.queue, account_id, mailroom.clock())
        for group, asked in sorted(_groups(account_id, found).items()):
            work.send(group, asked)
        for request in found:
            if request.kind == "launch":
                work.launch(request)
        requests.settle_requests(connection, account_id, work.settled)
        for channel in sorted(work.channels):
            enqueue_delivery(connection, mailroom.queue, account_id, channel)
        mailroom.between_steps("requests settled")
        record_events(connection, account_id, work.events, now=work.now)
        mailroom.between_steps("requests recorded")
    _LOG.info("carried out %s requests of account %s", len(found), account_id)
    return len(found)


def _groups(account_id: int, found: Sequence[SendRequest]) -> dict[_Group, list[SendRequest]]:
    groups: dict[_Group, list[SendRequest]] = {}
    for request in found:
        if request.kind == "send":
            arguments = request.arguments
            named = _name(arguments) or f"send {account_id}-{request.drop_id} line {request.line}"
            template_id, subject = int(arguments["template_id"]), str(arguments.get("subject") or "")
            groups.setdefault((request.list_id, named, template_id, subject), []).append(request)
    return groups


@dataclass(slots=True)
class _Work:
    """What one transaction makes of requests, and what is then to be recorded."""

    connection: Connection
    queue: Enqueues
    account_id: int
    now: datetime
    settled: list[Settled] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    channels: set[Channel] = field(default_factory=set)

    def send(self, group: _Group, asked: Sequence[SendRequest]) -> None:
        """Make the single messages of one campaign."""
        list_id, name, template_id, subject = group
        try:
            content = template_content(self.connection, self.account_id, template_id, subject)
            with self.connection.transaction():
                campaign = self._fed(list_id, name, template_id, subject, content, asked[0])
        except (Missing, Refused) as wrong:
            self.settled += [Settled(each.request_id, failed=True, outcome=wrong.message) for each in asked]
            return
        left = make_single_messages(
            self.connection,
            campaign,
            [_single(each, campaign.channel) for each in asked],
            cancelled=campaign.state is CampaignState.CANCELLED,
            now=self.now,
        )
        unsent = {each.place: each for each in left}
        if len(unsent) < len(asked):
            self.channels.add(campaign.channel)
        for place, request in enumerate(asked):
            self._settle(request, campaign, unsent.get(place))

    def _settle(self, request: SendRequest, campaign: Campaign, why: Left | None) -> None:
        if why is not None and why.contact_id is None:
            self.settled.append(Settled(request.request_id, failed=True, outcome=_GONE))
            return
        outcome = why.reason.value if why else None
        self.settled.append(Settled(request.request_id, outcome=outcome, campaign_id=campaign.campaign_id))
        if why is not None:
            event = Event(
                EventType.NOT_SENT,
                EventSource.SYSTEM,
                self.now,
                channel=campaign.channel,
                contact_id=why.contact_id,
                campaign_id=campaign.campaign_id,
                address=why.address,
                attributes={"reason": why.reason.value},
            )
            self.events.append(event)

    def launch(self, request: SendRequest) -> None:
        """Make one campaign and launch it."""
        wanted, by = _wanted(self.account_id, request), _by(self.account_id, request)
        try:
            with self.connection.transaction():
                draft = create_in(self.connection, self.account_id, wanted, by=by, now=self.now)
                launched, event = launch_in(self.connection, self.queue, draft, by=by, now=self.now)
        except (Missing, Refused) as wrong:
            self.settled.append(Settled(request.request_id, failed=True, outcome=wrong.message))
            self._tell(request, wanted.name, wrong.message)
            return
        self.events.append(event)
        self.settled.append(Settled(request.request_id, campaign_id=launched.campaign_id))

    def _fed(
        self,
        list_id: int,
        name: str,
        template_id: int,
        subject: str,
        content: Content,
        first: SendRequest,
    ) -> Campaign:
        by = _by(self.account_id, first)
        new = NewCampaign(
            name=name,
            kind=CampaignKind.TRANSACTIONAL,
            list_id=list_id,
            template_id=template_id,
            content=content,
            options=Options(subject=subject or None),
            created_by=by.name,
            running=True,
        )
        campaign, made = campaigns.sticky_campaign(self.connection, self.account_id, new, now=self.now)
        write_links(self.connection, campaign)
        if made:
            self.events.append(state_event(campaign, by, self.now))
        return campaign

    def _tell(self, request: SendRequest, name: str, why: str) -> None:
        to = request.arguments.get("notify_email")
        if to:
            tell_of_failure(
                self.connection, self.queue, self.account_id, to, name=name, why=why, now=self.now
            )


def _wanted(account_id: int, request: SendRequest) -> Wanted:
    arguments = request.arguments
    return Wanted(
        name=_name(arguments) or f"launch {account_id}-{request.drop_id} line {request.line}",
        list_id=request.list_id,
        template_id=int(arguments["template_id"]),
        options=Options(
            segment_id=_number(arguments.get("segmentation_id")),
            seed_list_id=_number(arguments.get("seed_list_id")),
            format=_number(arguments.get("format")),
            subject=arguments.get("subject") or None,
            notify_email=arguments.get("notify_email") or None,
            target_rss=str(arguments.get("target_rss", "")).lower() in _TRUE,
        ),
    )


def _name(arguments: Mapping[str, str]) -> str:
    """Return the name that a campaign is to have, on one line; nothing where none is given."""
    return " ".join((clean(arguments.get("campaign_name")) or "").split())[:MAX_NAME_CHARACTERS]


def _number(said: str | None) -> int | None:
    return int(said) if said else None


def _by(account_id: int, request: SendRequest) -> By:
    return By(f"drop {account_id}-{request.drop_id}", EventSource.FTP)


def _single(request: SendRequest, channel: Channel) -> Single:
    contact = request.contact or {}
    key = contact.get("key")
    items: dict[str, list[dict[str, str]]] = {}
    for block in contact.get("items", ()):
        items.setdefault(block["name"], []).extend(block["rows"])
    code = int(contact.get("format") or 1) if channel is Channel.EMAIL else None
    return Single(UUID(key) if key else None, code, {"items": items} if items else None)
