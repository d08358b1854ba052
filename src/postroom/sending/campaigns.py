"""The life of a campaign: a draft, launched at once or at its time, paused, resumed, cancelled, finished.

What a campaign says and links to is frozen when it is launched or scheduled; its messages are made by a job
(`launching`), so that a launch answers at once whatever the size of the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from postroom.contacts import addresses
from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.cells import has_controls, is_storable
from postroom.contacts.errors import Conflict, Refused
from postroom.contacts.events import Event, EventSource, EventType
from postroom.jobs.queue import Enqueues
from postroom.sending.freezing import check_content, content_to_send, template_content, write_links
from postroom.sending.mailroom import SENDING_QUEUE
from postroom.sending.ordering import order_of
from postroom.sending.reporting import tell_of_end
from postroom.sending.targets import target_of
from postroom.sending.waking import enqueue_delivery
from postroom.store import campaigns
from postroom.store.campaigns import Campaign, NewCampaign, Options
from postroom.store.database import Connection, Database
from postroom.store.events import record_events
from postroom.store.launching import Unsent, cancel_waiting, record_not_sent

LAUNCH_TASK: Final = "sending.launch"
"""The job that makes the messages of one campaign."""

MAX_NAME_CHARACTERS: Final = 255
FORMATS: Final = frozenset({1, 2, 99})
_ENDED: Final = frozenset({CampaignState.FINISHED, CampaignState.CANCELLED})


class Desk(Protocol):
    """What campaigns need from outside: rooms and mailrooms have it."""

    @property
    def database(self) -> Database:
        """Return the database."""

    @property
    def queue(self) -> Enqueues:
        """Return the queue."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Return the clock."""


@dataclass(frozen=True, slots=True)
class By:
    """Who asks for something, and by which way."""

    name: str
    source: EventSource


SYSTEM: Final = By("postroom", EventSource.SYSTEM)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A campaign to be made: a template for the people on a list."""

    name: str
    list_id: int
    template_id: int
    options: Options = field(default_factory=Options)


def create(desk: Desk, account_id: int, wanted: Wanted, *, by: By) -> Campaign:
    """Make a draft.

    Raises:
        Refused: it cannot be.
        Missing: its list, template, segment or seed list is not there.
    """
    with desk.database.transaction() as connection:
        return create_in(connection, account_id, wanted, by=by, now=desk.clock())


def launch(desk: Desk, account_id: int, campaign_id: int, *, by: By, at: datetime | None = None) -> Campaign:
    """Launch a draft, at once or `at` a time to come; a scheduled campaign may be given another time.

    Raises:
        Refused: its template can be sent to nobody, or the time is over.
        Missing: it is not there, or its template, list or segment is not.
        Conflict: it was launched before.
    """
    with desk.database.transaction() as connection:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
        launched, event = launch_in(connection, desk.queue, campaign, by=by, at=at, now=desk.clock())
        record_events(connection, account_id, [event], now=desk.clock())
    return launched


def pause(desk: Desk, account_id: int, campaign_id: int, *, by: By) -> Campaign:
    """Let no further message of a campaign be handed over, or let its time pass.

    Raises Conflict when it is neither running nor scheduled.
    """
    with desk.database.transaction() as connection:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
        _require(campaign, "paused", CampaignState.RUNNING, CampaignState.SCHEDULED)
        return _moved(desk, connection, campaign, CampaignState.PAUSED, by)


def resume(desk: Desk, account_id: int, campaign_id: int, *, by: By) -> Campaign:
    """Let a paused campaign go on; one whose time came meanwhile is launched now."""
    with desk.database.transaction() as connection:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
        _require(campaign, "resumed", CampaignState.PAUSED)
        if campaign.launched_at is None:
            enqueue_launch(connection, desk.queue, campaign)
            return _moved(desk, connection, campaign, CampaignState.SCHEDULED, by)
        enqueue_delivery(connection, desk.queue, account_id, campaign.channel)
        return _moved(desk, connection, campaign, CampaignState.RUNNING, by)


def cancel(desk: Desk, account_id: int, campaign_id: int, *, by: By) -> Campaign:
    """End a campaign: messages that wait are sent to nobody, and their people recorded as not sent to.

    Those that are being handed over at this moment still go out (`Mailroom.at_once` a job); what else was
    claimed is cancelled by `cancel_rest`. Raises Conflict when it has ended already.
    """
    with desk.database.transaction() as connection:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
        if campaign.state in _ENDED:
            raise _not_now(campaign, "cancelled")
        unsent = cancel_waiting(connection, campaign)
        ended, events = end_in(
            connection,
            desk.queue,
            campaign,
            CampaignState.CANCELLED,
            by=by,
            now=desk.clock(),
            cancelled=unsent.people,
        )
        record_end(connection, ended, events, unsent, now=desk.clock())
    return ended


def cancel_rest(desk: Desk, account_id: int, campaign_id: int) -> int:
    """Cancel messages that wait although their campaign was cancelled; return how many there are.

    They were claimed at that moment, and their job gave them back, was put off or died.
    """
    with desk.database.transaction() as connection:
        campaign = campaigns.lock_campaign(connection, account_id, campaign_id)
        unsent = cancel_waiting(connection, campaign)
        record_end(connection, campaign, [], unsent, now=desk.clock())
    return unsent.people


def create_in(connection: Connection, account_id: int, wanted: Wanted, *, by: By, now: datetime) -> Campaign:
    """Make a draft in the caller's transaction; raises as `create` does."""
    options = _checked(connection, account_id, wanted)
    content = template_content(connection, account_id, wanted.template_id, options.subject)
    check_content(content)
    if not content.channel.by_message:
        order_of(connection, account_id, content.channel, options)
    new = NewCampaign(
        name=wanted.name,
        kind=CampaignKind.ONE_SHOT,
        list_id=wanted.list_id,
        template_id=wanted.template_id,
        content=content,
        options=options,
        created_by=by.name,
    )
    return campaigns.create_campaign(connection, account_id, new, now=now)


def launch_in(
    connection: Connection,
    queue: Enqueues,
    campaign: Campaign,
    *,
    by: By,
    now: datetime,
    at: datetime | None = None,
) -> tuple[Campaign, Event]:
    """Launch a locked campaign in the caller's transaction; return it and the event to be recorded."""
    _require(campaign, "launched", CampaignState.DRAFT, CampaignState.SCHEDULED)
    if at is not None and at < now:
        raise Refused(f"{at.isoformat()} is in the past.", code="BAD_TIME")
    content = content_to_send(connection, campaign)
    target_of(connection, campaign.account_id, campaign.list_id, campaign.options)
    frozen = campaigns.update_campaign(
        connection, campaign, state=CampaignState.SCHEDULED, content=content, scheduled_at=at or now
    )
    write_links(connection, frozen)
    enqueue_launch(connection, queue, frozen)
    return frozen, state_event(frozen, by, now)


def end_in(
    connection: Connection,
    queue: Enqueues,
    campaign: Campaign,
    state: CampaignState,
    *,
    by: By,
    now: datetime,
    remark: str | None = None,
    cancelled: int = 0,
) -> tuple[Campaign, list[Event]]:
    """End a campaign that is locked and tell whoever is to be notified; return the events to be recorded.

    `cancelled` are messages that were cancelled by this, which no event tells of yet.
    """
    ended = campaigns.update_campaign(connection, campaign, state=state, finished_at=now, remark=remark)
    if ended.options.notify_email and not ended.is_test:
        tell_of_end(connection, queue, ended, cancelled=cancelled, now=now)
    return ended, [] if ended.is_test else [state_event(ended, by, now)]


def record_end(
    connection: Connection, campaign: Campaign, events: list[Event], unsent: Unsent, *, now: datetime
) -> None:
    """Record what a transaction did to a campaign, as its last step; nothing of a test."""
    if campaign.is_test:
        return
    record_not_sent(connection, campaign, unsent, now=now)
    record_events(connection, campaign.account_id, events, now=now)


def enqueue_launch(connection: Connection, queue: Enqueues, campaign: Campaign) -> None:
    """Have the messages of a scheduled campaign made at its time."""
    queue.enqueue(
        connection,
        LAUNCH_TASK,
        lock=launch_lock(campaign.account_id, campaign.campaign_id, campaign.scheduled_at),
        queue=SENDING_QUEUE,
        at=campaign.scheduled_at,
        account_id=campaign.account_id,
        campaign_id=campaign.campaign_id,
    )


def launch_lock(account_id: int, campaign_id: int, at: datetime | None) -> str:
    """Name the lock of a launch; another time has another one, as a job holds its lock until its time."""
    return f"launch:{account_id}:{campaign_id}:{at:%Y%m%dT%H%M%S%f}" if at else f"launch:{account_id}"


def state_event(campaign: Campaign, by: By, now: datetime) -> Event:
    """Return the event of a campaign's being in another state."""
    attributes = {"state": campaign.state.value, "remark": campaign.remark, "by": by.name}
    return Event(
        EventType.CAMPAIGN_STATE,
        by.source,
        now,
        channel=campaign.channel,
        campaign_id=campaign.campaign_id,
        attributes={name: value for name, value in attributes.items() if value is not None},
    )


def _checked(connection: Connection, account_id: int, wanted: Wanted) -> Options:
    """Return the options in their right forms; raise Refused or Missing for what cannot be."""
    options = wanted.options
    _require_name(wanted.name)
    if options.format is not None and options.format not in FORMATS:
        said = f"A format is 1 (text), 2 (HTML) or 99 (both), not {options.format}."
        raise Refused(said, code="BAD_FORMAT")
    target_of(connection, account_id, wanted.list_id, options)
    if not options.notify_email:
        return replace(options, notify_email=None, subject=options.subject or None)
    address = addresses.email(options.notify_email)
    if address is None:
        raise Refused(f"'{options.notify_email}' is no e-mail address.", code="BAD_ADDRESS")
    return replace(options, notify_email=address, subject=options.subject or None)


def _require_name(name: str) -> None:
    if not (name.strip() and is_storable(name) and len(name) <= MAX_NAME_CHARACTERS):
        raise Refused(f"A campaign's name has from 1 to {MAX_NAME_CHARACTERS} characters.", code="BAD_NAME")
    if has_controls(name):
        said = "A campaign's name is one line, without tabs and other control characters."
        raise Refused(said, code="BAD_NAME")


def _moved(desk: Desk, connection: Connection, campaign: Campaign, state: CampaignState, by: By) -> Campaign:
    moved = campaigns.update_campaign(connection, campaign, state=state)
    if not moved.is_test:
        event = state_event(moved, by, desk.clock())
        record_events(connection, campaign.account_id, [event], now=desk.clock())
    return moved


def _require(campaign: Campaign, done: str, *states: CampaignState) -> None:
    if campaign.state not in states:
        raise _not_now(campaign, done)


def _not_now(campaign: Campaign, done: str) -> Conflict:
    state = campaign.state.value
    said = f"Campaign {campaign.campaign_id} is {state}"
    if done == state:
        said += " already."
    elif done == "launched" and campaign.launched_at is not None:
        said += ": it was launched already."
    else:
        said += f": it cannot be {done}."
    return Conflict(said, code="CAMPAIGN_STATE")
