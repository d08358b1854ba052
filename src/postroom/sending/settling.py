"""Settling doubts: the operator says whether messages were handed over, as only the relay's log can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict, Refused
from postroom.contacts.events import Event, EventSource, EventType, message_name
from postroom.sending.mailroom import Mailroom
from postroom.sending.waking import enqueue_delivery
from postroom.store import doubts
from postroom.store.database import Connection
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
    with mailroom.database.transaction() as connection:
        return _as_sent(mailroom, connection, account_id, message_ids)


def settle_by_resending(mailroom: Mailroom, account_id: int, message_ids: Sequence[int]) -> Settled:
    """Have messages in doubt sent again: whoever got one after all gets it twice.

    Raises Conflict, and settles none, when one of them is not in doubt.
    """
    with mailroom.database.transaction() as connection:
        return _by_resending(mailroom, connection, account_id, message_ids)


def settle_campaign(
    mailroom: Mailroom, account_id: int, campaign_id: int, taken: Mapping[int, str]
) -> tuple[Settled, Settled]:
    """Settle all doubts of a campaign: those that were `taken` count as sent, the others are sent again.

    `taken` says where each message was read, such as "line 7". Those that were known to be sent may be among
    them, as they are in the log of a relay, too. Return those that count as sent, and those sent again.

    Raises:
        Refused: a message is none of the campaign; nothing is settled.
        Conflict: no message of it is in doubt, or one that was taken is neither sent nor in doubt.
    """
    with mailroom.database.transaction() as connection:
        states = doubts.states_of_messages(connection, account_id, campaign_id, list(taken))
        _demand_settled(account_id, taken, states)
        doubted = [each.message_id for each in doubts.doubts(connection, account_id, campaign_id=campaign_id)]
        if not doubted:
            raise Conflict("No message of this campaign is in doubt.", code="NOT_IN_DOUBT")
        again = [each for each in doubted if each not in taken]
        # First, as events come last: under their counter nobody waits for rows of messages.
        resent = _by_resending(mailroom, connection, account_id, again)
        sent = [each for each in doubted if each in taken]
        return _as_sent(mailroom, connection, account_id, sent), resent


def _demand_settled(account_id: int, taken: Mapping[int, str], states: Mapping[int, MessageState]) -> None:
    for message_id, where in taken.items():
        name, state = message_name(account_id, message_id), states.get(message_id)
        if state is None:
            raise Refused(
                f"{where}: {name} is no message of this campaign. Nothing was settled.", code="BAD_ID"
            )
        if state not in {MessageState.SENT, MessageState.IN_DOUBT}:
            raise Conflict(
                f"{where}: {name} is {state.value}, not in doubt. Nothing was settled.", code="NOT_IN_DOUBT"
            )


def _as_sent(
    mailroom: Mailroom, connection: Connection, account_id: int, message_ids: Sequence[int]
) -> Settled:
    settled = doubts.settle_sent(connection, account_id, message_ids)
    _demand_all(account_id, message_ids, [each.message_id for each in settled])
    events = [_sent(each) for each in settled if not each.is_test]
    record_events(connection, account_id, events, now=mailroom.clock())
    return Settled([each.message_id for each in settled])


def _by_resending(
    mailroom: Mailroom, connection: Connection, account_id: int, message_ids: Sequence[int]
) -> Settled:
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
