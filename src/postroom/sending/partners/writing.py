"""Writing a partner's file: who goes into it becomes `batch.ready`, who does not `message.not_sent`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID, uuid4

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.fields import MEANS
from postroom.contacts.partners import (
    CUSTOM_PREFIX,
    LONGEST_CONTACT_POINT,
    Candidate,
    PartnerOrder,
    column_head,
    may_be_told,
    verdict,
)
from postroom.contacts.settings import AccountSettings
from postroom.dialects.flows.cells import Spelling
from postroom.dialects.flows.columns import Column, Kind
from postroom.dialects.flows.writing import FlowWriter
from postroom.sending.mailroom import Mailroom
from postroom.store import files, partner_files
from postroom.store.accounts import account_by_id
from postroom.store.blobs import digest_of, new_key
from postroom.store.database import Connection
from postroom.store.events import cut, record_events
from postroom.store.files import Content
from postroom.store.partner_files import DIRECTORY, NewPartnerFile, Target, people_of

_PIECE_BYTES: Final = 1 << 20
_EVENTS_AT_ONCE: Final = 10_000
_MOST_NAME_CHARACTERS: Final = 80
_AUDIENCE_COLUMNS: Final = ("audienceId", "audienceName", "network", "operation")


@dataclass(frozen=True, slots=True)
class Batch:
    """A campaign whose people are to go to a partner."""

    account_id: int
    campaign_id: int
    campaign_name: str
    order: PartnerOrder
    target: Target


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it: the id of the file, None when nobody was left for it; `people` in it, `left_out`."""

    partner_file_id: int | None
    people: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Told:
    """What is to be told of one person: a contact point, or why there is none."""

    contact_id: int
    contact_point: str | None
    reason: NotSentReason | None


def hand_to_partner(
    connection: Connection,
    mailroom: Mailroom,
    batch: Batch,
    *,
    now: datetime,
    also: Sequence[Event] = (),
) -> Written:
    """Write the file of a campaign into the tree and record the events of its people, after those of `also`.

    The last thing that a transaction does: it records events. What a broken one leaves is a blob without a
    row, which is tidied away. Raises Refused when a column or the login is not there (any more).
    """
    settings = account_by_id(connection, batch.account_id).settings
    path = mailroom.blobs.staging / new_key()
    try:
        with path.open("xb") as staged:
            told = _write(connection, batch, settings, staged, now=now)
        people = sum(each.reason is None for each in told)
        kept = _keep(connection, mailroom, batch, path, now=now) if people else None
    finally:
        path.unlink(missing_ok=True)
    batch_id = uuid4()
    mailroom.between_steps("written")
    record_events(connection, batch.account_id, also, now=now)
    ready = (each for each in told if each.reason is None)
    first, last = _record(connection, batch, batch_id, ready, now=now)
    _record(connection, batch, batch_id, (each for each in told if each.reason), now=now)
    partner_file_id = None
    if kept is not None:
        name, file_id, size = kept
        new = NewPartnerFile(
            batch_id=batch_id,
            campaign_id=batch.campaign_id,
            channel=batch.order.channel,
            name=name,
            login=batch.order.login,
            file_id=file_id,
            size=size,
            people=people,
            left_out=len(told) - people,
            first_seq=first,
            last_seq=last,
        )
        partner_file_id = partner_files.add_partner_file(connection, batch.account_id, new, now=now)
    return Written(partner_file_id, people, len(told) - people)


def check_columns(order: PartnerOrder, settings: AccountSettings) -> dict[str, str]:
    """Return which column of contacts each of an order is; raise Refused for a field that is not there."""
    own = {f"{CUSTOM_PREFIX}{column.name}": slot for slot, column in settings.custom.items()}
    missing = [name for name in order.columns if name.startswith(CUSTOM_PREFIX) and name not in own]
    if missing:
        raise Refused(f"There is no custom field {missing[0]}.", code="UNKNOWN_FIELD")
    return {name: own.get(name, name) for name in order.columns}


def _write(
    connection: Connection, batch: Batch, settings: AccountSettings, staged: BinaryIO, *, now: datetime
) -> list[_Told]:
    order = batch.order
    slots = check_columns(order, settings)
    writer = FlowWriter(staged, _columns(order), Spelling(spreadsheet_safe=order.spreadsheet_safe))
    told: list[_Told] = []
    seen: set[str] = set()
    for person in people_of(
        connection, batch.account_id, batch.target, [*slots.values(), *_needed(order)], now=now
    ):
        found = verdict(order, person)
        if not isinstance(found, NotSentReason) and order.channel is not Channel.PRINT:
            if found in seen:
                found = NotSentReason.DUPLICATE_ADDRESS
            else:
                seen.add(found)
        if isinstance(found, NotSentReason):
            told.append(_Told(person.contact_id, None, found))
            continue
        told.append(_Told(person.contact_id, found, None))
        values = [person.values[slot] for slot in slots.values()]
        writer.write([person.contact_id, *_facts(order, person, found), *values])
    return told


def _columns(order: PartnerOrder) -> list[Column]:
    own = [Column(column_head(name)) for name in order.columns]
    who = Column("profileId", Kind.INTEGER)
    if order.channel is Channel.SOCIAL:
        return [who, *map(Column, _AUDIENCE_COLUMNS), Column("hashedEmail"), Column("hashedPhone"), *own]
    return [who, Column("contactPoint", length=LONGEST_CONTACT_POINT), *own]


def _facts(order: PartnerOrder, person: Candidate, contact_point: str) -> list[str | None]:
    if order.audience is None:
        return [contact_point]
    attributes = order.audience.attributes()
    phone = may_be_told(order, person, "mobile") or may_be_told(order, person, "phone")
    audience = [attributes.get(name) for name in _AUDIENCE_COLUMNS]
    return [*audience, may_be_told(order, person, "email"), phone]


def _needed(order: PartnerOrder) -> tuple[str, ...]:
    if order.channel is Channel.PRINT:
        return ("address1", "address2", "zipcode", "city", "state", "country")
    return MEANS


def _keep(
    connection: Connection, mailroom: Mailroom, batch: Batch, path: Path, *, now: datetime
) -> tuple[str, int, int]:
    """Publish the staged file in the tree; return its name, its id and its size."""
    sha256, size = digest_of(path)
    content = Content(mailroom.blobs.put_file(path), size, sha256)
    files.lock_tree(connection, batch.account_id)
    name = _free_name(connection, batch, now)
    file_id = files.put_file(
        connection,
        account_id=batch.account_id,
        directory=DIRECTORY,
        name=name,
        content=content,
        modified_at=now,
    )
    return name, file_id, size


def _free_name(connection: Connection, batch: Batch, now: datetime) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", batch.campaign_name)[:_MOST_NAME_CHARACTERS]
    stem = f"{batch.order.channel.value}_{plain}_{now:%Y%m%d}_{batch.campaign_id}"
    name, number = f"{stem}.csv", 1
    while files.name_taken(connection, batch.account_id, [DIRECTORY], name):
        number += 1
        name = f"{stem}_{number}.csv"
    return name


def _record(
    connection: Connection, batch: Batch, batch_id: UUID, told: Iterator[_Told], *, now: datetime
) -> tuple[int, int]:
    """Record an event for each; return the numbers of the first and the last."""
    audience = batch.order.audience.attributes() if batch.order.audience else {}
    common = {"batchId": str(batch_id), **audience}
    before = cut(connection, batch.account_id).seq
    first = None
    while some := list(islice(told, _EVENTS_AT_ONCE)):
        events = [_event(batch, common, each, now) for each in some]
        record_events(connection, batch.account_id, events, now=now)
        last = cut(connection, batch.account_id).seq
        first = first or last - len(events) + 1
    if first is None:
        return before + 1, before
    return first, cut(connection, batch.account_id).seq


def _event(batch: Batch, common: dict[str, str], told: _Told, now: datetime) -> Event:
    if told.reason is None:
        kind, attributes = EventType.BATCH_READY, {**common, "contactPoint": told.contact_point}
    else:
        kind, attributes = EventType.NOT_SENT, {**common, "reason": told.reason.value}
    return Event(
        type=kind,
        source=EventSource.SYSTEM,
        at=now,
        channel=batch.order.channel,
        contact_id=told.contact_id,
        campaign_id=batch.campaign_id,
        address=told.contact_point,
        attributes=attributes,
    )
