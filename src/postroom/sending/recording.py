"""Writing down what became of messages: their rows, what follows for addresses, and events last of all.

An end counts only for a message that is still in our claim, or was put into doubt although we live: whoever
settled it meanwhile, or claimed it anew, has the last word.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final
from uuid import UUID

from postroom.contacts.campaigns import MessageState, NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.languages import told_language
from postroom.sending.carrying import Fate, Handover
from postroom.sending.claiming import not_sent
from postroom.sending.composing import Composed, Unsent
from postroom.sending.mailroom import Mailroom
from postroom.sending.pacing import hold_domains
from postroom.sending.returns import classify
from postroom.sending.returns.bouncing import Returned, bounced_all
from postroom.store import accounts, outgoing
from postroom.store.database import Connection
from postroom.store.events import record_events
from postroom.store.messages import Message, message_by_id
from postroom.store.outgoing import Due, End

_LOG = logging.getLogger("postroom.sending")

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60, 120, 240))
"""How long a message waits after each attempt that came too early; from then on it is the last one."""
JITTER: Final = 0.2
"""Pauses are longer by up to this share, so that what failed together does not come back together."""
PATIENCE: Final = timedelta(days=3)
"""How long a message is tried, from its first attempt on."""

BUSY_AFTER: Final = 5
"""So many messages to a domain put off at a time, and none taken: it is left alone for a while."""
BUSY_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one letter."""

    composed: Composed
    handover: Handover


@dataclass(frozen=True, slots=True)
class Ended:
    """What there is to be written down of a claim."""

    outcomes: Sequence[Outcome] = ()
    unsent: Sequence[Unsent] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    """How a message goes on, and whether that is a bounce."""

    due: Due
    end: End
    event: Event | None = None
    bounce: Handover | None = None


def record(
    mailroom: Mailroom,
    account_id: int,
    channel: Channel,
    claim: UUID,
    ended: Ended,
    following: Sequence[Due] = (),
) -> set[int] | None:
    """Write down what became of messages of a claim, and which of them may leave next, in one transaction.

    Return those of `following` that may leave: not when their campaign was stopped. Without a message that
    follows the claim ends. Return None when they are not ours any more.
    """
    now = mailroom.clock()
    judged = [_judge(channel, each, now) for each in ended.outcomes]
    judged += [_unsent(channel, each, now) for each in ended.unsent]
    with mailroom.database.transaction() as connection:
        if any(each.bounce for each in judged):
            accounts.lock_account(connection, account_id)  # before all rows, as everybody does
        leaving = _go_on(connection, account_id, claim, following, now)
        written = outgoing.record_ends(connection, account_id, [each.end for each in judged])
        ours = [each for each in judged if each.due.message_id in written]
        mailroom.between_steps("ends written")
        events = [each.event for each in ours if each.event is not None and not each.due.is_test]
        events += _bounces(connection, account_id, ours, now)
        _hold_busy(connection, account_id, channel, ended.outcomes, now)
        mailroom.between_steps("events next")
        record_events(connection, account_id, events, now=now)
    if len(ours) < len(judged):
        _LOG.warning("%s messages of account %s were settled meanwhile", len(judged) - len(ours), account_id)
    return leaving


def _go_on(
    connection: Connection, account_id: int, claim: UUID, following: Sequence[Due], now: datetime
) -> set[int] | None:
    if following:
        return outgoing.hand_over(connection, account_id, claim, following, now=now)
    outgoing.end_claim(connection, account_id, claim)
    return set()


def _judge(channel: Channel, told: Outcome, now: datetime) -> _Judged:
    due, handover = told.composed.due, told.handover
    end = End(
        due.message_id,
        due.attempts + 1,
        MessageState.SENT,
        provider=handover.provider or None,
        provider_id=handover.provider_id,
        answer=handover.answer or None,
    )
    if handover.fate is Fate.SENT:
        return _Judged(due, replace(end, sent_at=now), _sent(channel, told, now))
    if handover.fate is Fate.IN_DOUBT:
        return _Judged(due, replace(end, state=MessageState.IN_DOUBT))
    if handover.fate is Fate.LATER and now < (due.tried_at or now) + PATIENCE:
        at = _next_at(due, handover, now)
        return _Judged(due, replace(end, state=MessageState.WAITING, due_at=at))
    failed = replace(end, state=MessageState.FAILED)
    if channel is Channel.EMAIL:
        return _Judged(due, failed, bounce=handover)
    rejected = handover.fate is Fate.REFUSED
    reason = NotSentReason.PROVIDER_REJECTED if rejected else NotSentReason.TECHNICAL_ERROR
    detail = " ".join(filter(None, (handover.code, handover.answer)))
    return _Judged(due, failed, not_sent(channel, due, reason, detail=detail, now=now))


def _unsent(channel: Channel, unsent: Unsent, now: datetime) -> _Judged:
    due = unsent.due
    end = End(due.message_id, due.attempts + 1, MessageState.FAILED, answer=unsent.detail[:300])
    return _Judged(due, end, not_sent(channel, due, unsent.reason, detail=unsent.detail, now=now))


def _next_at(due: Due, handover: Handover, now: datetime) -> datetime:
    pause = PAUSES[min(due.attempts, len(PAUSES) - 1)] * (1 + JITTER * random.random())
    at = now + max(pause, handover.wait or pause)
    # The last attempt is made when patience ends, not some hours before.
    return max(min(at, (due.tried_at or now) + PATIENCE), now + PAUSES[0])


def _sent(channel: Channel, told: Outcome, now: datetime) -> Event:
    composed, handover = told.composed, told.handover
    due = composed.due
    facts = {"language": told_language(composed.language), "sender": composed.sender or handover.sender}
    own: Mapping[str, object]
    if channel is Channel.EMAIL:
        own = {
            "subject": composed.subject[:255],
            "fromAddress": parseaddr(composed.sender)[1][:254],
            "messageSize": len(composed.letter.body),
        }
    else:
        own = {
            "parts": handover.parts,
            "provider": handover.provider,
            "providerMessageId": handover.provider_id,
        }
    return Event(
        EventType.SENT,
        EventSource.MTA if channel is Channel.EMAIL else EventSource.PROVIDER,
        now,
        channel=channel,
        contact_id=due.contact_id,
        campaign_id=due.campaign_id,
        message_id=due.message_id,
        address=due.address,
        attributes={**facts, **{name: value for name, value in own.items() if value not in {None, ""}}},
    )


def _bounces(
    connection: Connection, account_id: int, judged: Sequence[_Judged], now: datetime
) -> list[Event]:
    """Do what follows from refusals of mails, and from giving up on them (OUT flows 6, reading 13)."""
    returned: list[Returned] = []
    for each in judged:
        if each.bounce is None:
            continue
        message = message_by_id(connection, account_id, each.due.message_id)
        assert message is not None  # noqa: S101  # its row is locked by us
        answer = each.bounce.answer or "no relay could be reached in time"
        returned.append(
            Returned(_tried(message, now), classify(each.bounce.code, each.bounce.status, answer))
        )
    return bounced_all(connection, account_id, returned, now=now) if returned else []


def _tried(message: Message, now: datetime) -> Message:
    """Return a message that was never sent with the time of its last attempt, which a bounce must tell."""
    return replace(message, sent_at=message.sent_at or now)


def _hold_busy(
    connection: Connection, account_id: int, channel: Channel, told: Sequence[Outcome], now: datetime
) -> None:
    """Leave domains alone that put everybody off at the moment."""
    put_off: Counter[str] = Counter()
    taken: set[str] = set()
    for each in told:
        domain = each.composed.due.domain
        if each.handover.fate is Fate.LATER and each.handover.code.startswith("4"):
            put_off[domain] += 1
        elif each.handover.fate is Fate.SENT:
            taken.add(domain)
    busy = [
        domain for domain, count in put_off.items() if domain and count >= BUSY_AFTER and domain not in taken
    ]
    hold_domains(connection, account_id, channel, busy, now + BUSY_FOR)
