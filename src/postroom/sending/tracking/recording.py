"""Openings and clicks become events: those of an account that come together, in one transaction.

One commit for many is what makes them cheap: the account's events are numbered under one lock, and a disk
takes only so many commits. Nobody is answered before the commit, so what was answered is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from postroom.contacts.events import Event, EventSource, EventType
from postroom.sending.tracking.browsers import Browser, browser_of
from postroom.sending.tracking.locations import location
from postroom.sending.tracking.machines import is_machine
from postroom.sending.tracking.visits import Hit
from postroom.store import tracking
from postroom.store.database import Connection, Database
from postroom.store.events import record_events
from postroom.store.tracking import Answered, LinkClicks, Tracked, TrackedLink

_URL_CHARACTERS: Final = 4000
"""So much of a URL an event has (specs, OUT flows 1.3)."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """A hit on a message that is there; `target` is where a click leads, None for an opening."""

    hit: Hit
    message: Tracked
    link: TrackedLink | None
    target: str | None
    event_id: UUID
    browser: Browser
    machine: bool


def record_hits(
    database: Database, account_id: int, hits: Sequence[Hit], *, now: datetime
) -> list[str | None]:
    """Record openings and clicks of one account; return where each click leads, and None for each opening.

    A click leads nowhere (None) when its message is gone, or its link is, or goes to no web page; that is
    none, and neither are hits on tests: they leave no trace, though links of tests work.

    Raises:
        Unavailable: the database does not answer; nothing was recorded.
    """
    with database.transaction() as connection:
        messages = tracking.tracked_messages(connection, account_id, {hit.message_id for hit in hits})
        links = tracking.tracked_links(connection, account_id, _asked(hits, messages))
        facts = [_fact(hit, messages, links) for hit in hits]
        told = [fact for fact in facts if fact and _counts(fact)]
        events = _note(connection, account_id, told, now)
        record_events(connection, account_id, events, now=now)
    return [
        fact.target if fact else (location(hit.url) if hit.url else None)
        for fact, hit in zip(facts, hits, strict=True)
    ]


def _asked(hits: Sequence[Hit], messages: Mapping[int, Tracked]) -> set[tuple[int, int]]:
    """Return campaign and number of the links that were clicked."""
    return {
        (messages[hit.message_id].campaign_id, hit.link_id)
        for hit in hits
        if hit.link_id is not None and hit.message_id in messages
    }


def _fact(
    hit: Hit, messages: Mapping[int, Tracked], links: Mapping[tuple[int, int], TrackedLink]
) -> _Fact | None:
    message = messages.get(hit.message_id)
    if message is None:
        return None
    link = links.get((message.campaign_id, hit.link_id)) if hit.link_id is not None else None
    url = hit.url or (link.url if link else None)
    browser = browser_of(hit.visit.user_agent)
    machine = is_machine(hit.visit, browser, message.sent_at)
    return _Fact(hit, message, link, location(url) if url else None, uuid4(), browser, machine)


def _counts(fact: _Fact) -> bool:
    return not fact.message.is_test and (fact.hit.link_id is None or fact.target is not None)


def _note(connection: Connection, account_id: int, facts: Sequence[_Fact], now: datetime) -> list[Event]:
    """Note what the hits tell of their messages; return their events, in their order."""
    first_opened, first_clicked = tracking.note_answered(connection, account_id, _answered(facts), now=now)
    first_events = tracking.note_clicks(connection, account_id, _link_clicks(facts))
    events = []
    for fact in facts:
        message_id = fact.message.message_id
        if fact.hit.link_id is None:
            first = {"firstOpening": message_id in first_opened, "machineOpening": fact.machine}
            first_opened.discard(message_id)
            events.append(_event(fact, EventType.OPENED, first))
        else:
            first = {
                "firstClick": message_id in first_clicked,
                "firstClickOnLink": fact.event_id in first_events,
                "machineClick": fact.machine,
            }
            first_clicked.discard(message_id)
            events.append(_event(fact, EventType.CLICKED, {**_about_link(fact), **first}))
    return events


def _answered(facts: Sequence[_Fact]) -> list[Answered]:
    """Return what is new of each message; of one that is known to be opened nothing need be written."""
    opened = {f.message.message_id for f in facts if f.hit.link_id is None and not f.message.opened}
    clicked = {f.message.message_id for f in facts if f.hit.link_id is not None and not f.message.clicked}
    return [Answered(each, each in opened, each in clicked) for each in opened | clicked]


def _link_clicks(facts: Sequence[_Fact]) -> list[LinkClicks]:
    """Return the clicks by message and link: the first of them, and the last that a person made."""
    by_link: dict[tuple[int, int], list[_Fact]] = {}
    for fact in facts:
        if fact.hit.link_id is not None:
            by_link.setdefault((fact.message.message_id, fact.hit.link_id), []).append(fact)
    return [_clicks_on(link_id, clicks) for (_, link_id), clicks in by_link.items()]


def _clicks_on(link_id: int, clicks: Sequence[_Fact]) -> LinkClicks:
    message = clicks[0].message
    last = next((each for each in reversed(clicks) if not each.machine), None)
    return LinkClicks(
        message.message_id,
        link_id,
        message.campaign_id,
        message.contact_id,
        first_event=clicks[0].event_id,
        clicked_at=last.hit.visit.at if last else None,
        event_id=last.event_id if last else None,
    )


def _about_link(fact: _Fact) -> dict[str, Any]:
    named = {"linkName": fact.link.name, "linkCategory": list(fact.link.categories)} if fact.link else {}
    return {"linkId": fact.hit.link_id, **named, "url": (fact.target or "")[:_URL_CHARACTERS]}


def _event(fact: _Fact, kind: EventType, attributes: Mapping[str, Any]) -> Event:
    message, visit, browser = fact.message, fact.hit.visit, fact.browser
    known = {
        "emailClient": browser.client,
        "operatingSystem": browser.system,
        "userAgent": visit.user_agent,
        "ipAddress": visit.address,
    }
    return Event(
        kind,
        EventSource.TRACKER,
        visit.at,
        channel=message.channel,
        contact_id=message.contact_id,
        campaign_id=message.campaign_id,
        message_id=message.message_id,
        address=message.address,
        attributes={
            "sentMoment": message.sent_at.isoformat(),
            **attributes,
            "deviceType": browser.device.value,
            **{name: value for name, value in known.items() if value},
        },
        event_id=fact.event_id,
    )
