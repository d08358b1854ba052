"""A message that was refused or came back: its event, and what follows for its address (OUT flows 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.bounces import Bounce
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.suppressions import SuppressionReason, Verdict, after_hard_bounce, after_soft_bounce
from postroom.ingest.returned import opt_out_returned
from postroom.sending.returns.suppressing import suppress
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.events import new_keys
from postroom.store.messages import Message
from postroom.store.optouts import Act
from postroom.store.suppressions import count_bounce, hold_suppression


@dataclass(frozen=True, slots=True)
class Returned:
    """One message that came back; `at` is when, None for now."""

    message: Message
    bounce: Bounce
    at: datetime | None = None
    source: EventSource = EventSource.MTA


def bounced(
    connection: Connection,
    message: Message,
    bounce: Bounce,
    *,
    now: datetime,
    at: datetime | None = None,
) -> list[Event]:
    """Do what follows from one bounce, and return its events: see `bounced_all`."""
    return bounced_all(connection, message.account_id, [Returned(message, bounce, at)], now=now)


def bounced_all(
    connection: Connection, account_id: int, returned: Sequence[Returned], *, now: datetime
) -> list[Event]:
    """Count bounces, quarantine and opt out as they ask; return the events, for the caller to record last.

    A message bounces once of each type and category, and is counted once against its address. Where one is
    hard, the account is locked: nothing else of it may be locked before, by the same transaction.
    """
    real = [each for each in returned if not each.message.is_test]
    if any(each.bounce.is_permanent for each in real):
        lock_account(connection, account_id)
    wanted = [_key(each) for each in real] + [_counting_key(each) for each in real if _counts(each)]
    fresh = new_keys(connection, account_id, wanted, now=now)
    events: list[Event] = []
    gone: dict[str, Act] = {}
    # In the order of addresses, so that two who count bounces of the same ones wait for one another in turn.
    for each in sorted(real, key=lambda one: one.message.address):
        if _key(each) not in fresh:
            continue
        fresh.discard(_key(each))
        events.append(_event(each, now))
        if _counts(each) and _counting_key(each) in fresh:
            fresh.discard(_counting_key(each))
            verdict = _judge(connection, each, now)
            events += suppress(connection, each.message, verdict, now=now) if verdict else []
            if verdict and verdict.reason is SuppressionReason.HARDBOUNCE:
                gone[each.message.address] = _act(each, now)
    opt_out_returned(connection, account_id, Medium.EMAIL, gone, OptOutReason.HARD_BOUNCE)
    return events


def _counts(each: Returned) -> bool:
    return each.message.channel is Channel.EMAIL and each.bounce.blames_address


def _judge(connection: Connection, each: Returned, now: datetime) -> Verdict | None:
    """Count a bounce; return the list that its address comes on, None when it stays where it is."""
    message, hard = each.message, each.bounce.is_permanent
    stands = hold_suppression(connection, message.account_id, message.address, message.channel)
    if (
        stands
        and stands.stands(now)
        and (not hard or stands.kind is not SuppressionKind.QUARANTINE_TEMPORARY)
    ):
        # What was on its way when an address came into quarantine says nothing new of it.
        return None
    bounces = count_bounce(
        connection, message.account_id, message.address, message.channel, hard=hard, now=now
    )
    if hard:
        return after_hard_bounce(message.address, each.bounce, bounces.hard)
    return after_soft_bounce(bounces.soft, now=now)


def _act(each: Returned, now: datetime) -> Act:
    message = each.message
    return Act(
        message.account_id,
        Medium.EMAIL.value,
        "bounce",
        "postroom",
        now,
        campaign_id=message.campaign_id,
        message_id=message.message_id,
    )


def _key(each: Returned) -> str:
    return f"bounce:{each.message.message_id}:{each.bounce.type}:{each.bounce.category}"


def _counting_key(each: Returned) -> str:
    return f"bounce:{each.message.message_id}:{each.bounce.type}"


def _event(each: Returned, now: datetime) -> Event:
    message, bounce = each.message, each.bounce
    attributes: dict[str, object] = {
        "bounceType": bounce.type.value,
        "bounceCategory": bounce.category.value,
        "sentMoment": (message.sent_at or now).isoformat(),
        "attempt": message.attempts,
    }
    told = {"smtpCode": bounce.code, "enhancedStatus": bounce.status, "diagnostic": bounce.text}
    if message.channel is not Channel.EMAIL:
        told = {"errorCode": bounce.code, "errorText": bounce.text}
    attributes.update({name: value for name, value in told.items() if value})
    if bounce.code.isdigit() and "smtpCode" in attributes:
        attributes["smtpCode"] = int(bounce.code)
    return Event(
        EventType.BOUNCED,
        each.source,
        each.at or now,
        message.channel,
        message.contact_id,
        message.campaign_id,
        message.message_id,
        message.address,
        attributes,
        key=_key(each),
    )
