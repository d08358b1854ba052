"""Settling doubts: the operator says whether messages were handed over, as only the relay's log can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict
from postroom.contacts.events import Event, EventSource, EventType, message_name
from postroom.sending.mailroom import Mailroom
from postroom.sending.waking import enqueue_delivery
from postroom.store import doubts
from postroom.store.doubts import SettledSent
from postroom.store.events import record_events


@dataclass(frozen=True, slots=True)
class Settled:
    """Messages about which there is no doubt any more."""

    message_ids: Sequence[int]


def settle_as_sent(mailroom: Mailroom, account_id: int, message_ids: Sequence[int]) -> Settled:
    """Take messages in doubt for sent, at the time when they were being handed over.

    Raises Conflict, and settles none, when one of them is not in doubt.
    """
    now = mailroom.clock()
    with mailroom.database.transaction() as connection:
        settled = doubts.settle_sent(connection, account_id, message_ids)
        _demand_all(account_id, message_ids, [each.message_id for each in settled])
        events = [_sent(each) for each in settled if not each.is_test]
        record_events(connection, account_id, events, now=now)
    return Settled([each.message_id for each in settled])


def settle_by_resending(mailroom: Mailroom, account_id: int, message_ids: Sequence[int]) -> Settled:
    """Have messages in doubt sent again: whoever got one after all gets it twice.

    Raises Conflict, and settles none, when one of them is not in doubt.
    """
    with mailroom.database.transaction() as connection:
        settled = doubts.settle_resend(connection, account_id, message_ids, now=mailroom.clock())
        _demand_all(account_id, message_ids, list(settled))
        for channel in sorted(set(settled.values())):
            enqueue_delivery(connection, mailroom.queue, account_id, channel)
    return Settled(sorted(settled))


def _demand_all(account_id: int, wanted: Sequence[int], settled: Sequence[int]) -> None:
    others = [message_name(account_id, each) for each in sorted(set(wanted) - set(settled))]
    if others:
        raise Conflict(f"Not in doubt: {', '.join(others[:20])}. Nothing was settled.", code="NOT_IN_DOUBT")


def _sent(settled: SettledSent) -> Event:
    """Return the event of a message that went out; its language was lost with who sent it."""
    sender = settled.sender or ""
    by_mail = settled.channel is Channel.EMAIL
    facts = {"fromAddress": parseaddr(sender)[1]} if by_mail else {"provider": settled.provider}
    return Event(
        EventType.SENT,
        EventSource.UI,
        settled.sent_at,
        channel=settled.channel,
        contact_id=settled.contact_id,
        campaign_id=settled.campaign_id,
        message_id=settled.message_id,
        address=settled.address,
        attributes={
            "language": None,
            "sender": sender,
            **{name: value for name, value in facts.items() if value},
        },
    )
