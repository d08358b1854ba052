"""Receipts of providers: what became of a message that they had taken, as an event (OUT flows 1.4)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from postroom.contacts.bounces import BounceCategory, BounceType
from postroom.contacts.campaigns import MessageState
from postroom.contacts.events import Event, EventSource, EventType
from postroom.jobs.worker import Handler
from postroom.notices.carrying import one_line
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.phone.providers.described import Outcome
from postroom.store.database import Connection
from postroom.store.events import new_keys, record_events
from postroom.store.messages import Message, message_by_id
from postroom.store.phones import message_named_by, settle_told

_LOG = logging.getLogger("postroom.sending")

RECEIPT_TASK: Final = "sending.receipt"
"""The job that looks once more for the message of a receipt which came early."""

_PATIENCE: Final = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2))
"""When a receipt is looked at again whose message nobody knows: it may overtake our own writing it down."""

NAME_CHARACTERS: Final = 100
"""What a provider calls a message is kept as one printable line of so many."""

_LONGEST: Final = {
    "provider_id": NAME_CHARACTERS,
    "reference": 40,
    "status": 50,
    "code": 20,
    "text": 300,
    "network": 10,
}
"""Columns of the OUT flows have no more room."""

_NAME: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,18})")
_CATEGORY: Final = {
    Outcome.HARD: BounceCategory.UNKNOWN_USER,
    Outcome.SOFT: BounceCategory.TIMEOUT,
    Outcome.UNKNOWN: BounceCategory.OTHER,
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider tells of one message: named by its own name, or by ours (`reference`).

    `status`, `code`, `text` and `network` are in its words; `at` is None where it does not say when.
    """

    outcome: Outcome
    provider_id: str = ""
    reference: str = ""
    status: str = ""
    code: str = ""
    text: str = ""
    network: str = ""
    at: datetime | None = None

    def as_arguments(self) -> dict[str, str | None]:
        """Return plain values, fit for a job."""
        return {
            "outcome": self.outcome.value,
            "provider_id": self.provider_id,
            "reference": self.reference,
            "status": self.status,
            "code": self.code,
            "text": self.text,
            "network": self.network,
            "at": self.at.isoformat() if self.at else None,
        }

    @classmethod
    def from_arguments(cls, stored: Mapping[str, str | None]) -> Receipt:
        """Read what `as_arguments` wrote."""
        texts = {name: value or "" for name, value in stored.items() if name not in {"outcome", "at"}}
        at = stored["at"]
        return cls(Outcome(stored["outcome"]), at=datetime.fromisoformat(at) if at else None, **texts)


def take_receipt(mailroom: Mailroom, provider: str, receipt: Receipt, *, tried: int = 0) -> bool:
    """Record what became of one message: see `take_receipts`; tell whether that was news."""
    return take_receipts(mailroom, provider, [receipt], tried=tried) > 0


def take_receipts(mailroom: Mailroom, provider: str, receipts: Sequence[Receipt], *, tried: int = 0) -> int:
    """Record what became of messages of that provider, all or none; return how many events that made.

    A receipt that is told again is no news. One whose message is not known (yet) is looked at again later, up
    to four times (`tried`), and then forgotten. A message in doubt was sent after all.
    """
    now = mailroom.clock()
    events: dict[int, dict[str, Event]] = {}
    with mailroom.database.transaction() as connection:
        for receipt in map(_printable, receipts):
            message = _message_of(connection, provider, receipt)
            sent = None
            if message is not None and message.state is MessageState.IN_DOUBT:
                message, sent = _settled(connection, message, provider, receipt, now)
            if message is None:
                _look_again(mailroom, connection, provider, receipt, tried)
            elif not message.is_test:
                told = [*([sent] if sent else []), _event(message, provider, receipt, now)]
                for event in told:
                    events.setdefault(message.account_id, {}).setdefault(str(event.key), event)
        # In the order of accounts, so that two who record for several wait for one another in turn.
        fresh = {
            account_id: new_keys(connection, account_id, list(told), now=now)
            for account_id, told in sorted(events.items())
        }
        for account_id, keys in fresh.items():
            news = [event for key, event in events[account_id].items() if key in keys]
            record_events(connection, account_id, news, now=now)
    return sum(map(len, fresh.values()))


def jobs_of_receipts(mailroom: Mailroom) -> tuple[dict[str, Handler], dict[str, str]]:
    """Return the handler of receipts that came early, by the name of its job; none runs by itself."""

    def again(provider: str, receipt: Mapping[str, str | None], tried: int) -> None:
        take_receipt(mailroom, provider, Receipt.from_arguments(receipt), tried=tried)

    return {RECEIPT_TASK: again}, {}


def _printable(receipt: Receipt) -> Receipt:
    """Return a receipt whose texts are one printable line each: providers write what they like."""
    shown = {name: one_line(str(getattr(receipt, name)), longest) for name, longest in _LONGEST.items()}
    return replace(receipt, **shown)  # type: ignore[arg-type]  # fields that are texts


def _message_of(connection: Connection, provider: str, receipt: Receipt) -> Message | None:
    """Return the message that a receipt is about, once it is written down that it was or may be sent."""
    named = _NAME.fullmatch(receipt.reference)
    if named:
        message = message_by_id(connection, int(named[1]), int(named[2]))
    elif receipt.provider_id:
        message = message_named_by(connection, provider, receipt.provider_id)
    else:
        message = None
    if message is None:
        return None
    if message.state is MessageState.IN_DOUBT:
        return message if message.provider in {provider, None} else None
    return message if message.provider == provider and message.sent_at else None


def _settled(
    connection: Connection, message: Message, provider: str, receipt: Receipt, now: datetime
) -> tuple[Message | None, Event | None]:
    """Take a message in doubt for sent; return it as it is then, and the event of its sending."""
    name = receipt.provider_id or None
    sender = settle_told(connection, message, provider, name, now=now)
    settled = message_by_id(connection, message.account_id, message.message_id)
    if sender is None or settled is None:
        return None, None
    facts = {"provider": provider, "providerMessageId": settled.provider_id}
    return settled, Event(
        EventType.SENT,
        EventSource.PROVIDER,
        settled.sent_at or now,
        settled.channel,
        settled.contact_id,
        settled.campaign_id,
        settled.message_id,
        settled.address,
        # Its language was lost with whoever handed it over.
        {"language": None, "sender": sender, **{key: value for key, value in facts.items() if value}},
        key=f"settled:{settled.message_id}",
    )


def _look_again(
    mailroom: Mailroom, connection: Connection, provider: str, receipt: Receipt, tried: int
) -> None:
    name = receipt.provider_id or receipt.reference
    if tried >= len(_PATIENCE):
        _LOG.warning("%s sent a receipt of a message that nobody knows: %.80r", provider, name)
        return
    mailroom.queue.enqueue(
        connection,
        RECEIPT_TASK,
        lock=f"receipt:{provider}:{name}:{receipt.status}:{tried}",
        queue=SENDING_QUEUE,
        at=mailroom.clock() + _PATIENCE[tried],
        provider=provider,
        receipt=receipt.as_arguments(),
        tried=tried + 1,
    )


def _event(message: Message, provider: str, receipt: Receipt, now: datetime) -> Event:
    delivered = receipt.outcome is Outcome.DELIVERED
    attributes: dict[str, object] = {
        "sentMoment": (message.sent_at or now).isoformat(),
        "providerStatus": receipt.status,
        **({} if delivered else _failure(receipt)),
    }
    more = {
        "provider": provider,
        "providerMessageId": message.provider_id or receipt.provider_id,
        "networkCode": receipt.network,
    }
    return Event(
        EventType.DELIVERED if delivered else EventType.BOUNCED,
        EventSource.PROVIDER,
        min(receipt.at or now, now),
        message.channel,
        message.contact_id,
        message.campaign_id,
        message.message_id,
        message.address,
        {**attributes, **{name: value for name, value in more.items() if value}},
        key=f"receipt:{provider}:{message.message_id}:{receipt.status}:{receipt.code}",
    )


def _failure(receipt: Receipt) -> dict[str, object]:
    told = {"errorCode": receipt.code, "errorText": receipt.text}
    return {
        "bounceType": BounceType(receipt.outcome.value).value,
        "bounceCategory": _CATEGORY[receipt.outcome].value,
        **{name: value for name, value in told.items() if value},
    }
