"""Things that happen, one for each row of the examples in docs/flows.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from postroom.contacts.channels import Channel
from postroom.contacts.events import Event, EventSource, EventType

NOON: Final = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SENT: Final = "2026-03-04T09:00:00+00:00"
PROGRAM: Final = {
    "deviceType": "MOBILE",
    "emailClient": "Apple Mail",
    "operatingSystem": "iOS",
    "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
    "ipAddress": "192.0.2.7",
    "country": "BE",
}
_BOUNCE: Final = {"sentMoment": SENT, "attempt": 1}
_CLICK: Final = {
    "sentMoment": SENT,
    "linkId": 3,
    "linkName": "Spring",
    "linkCategory": ["shop", "dark, blue"],
    "url": "https://shop.example.com/?a=1;b=2",
    "firstClick": True,
    "firstClickOnLink": True,
    "machineClick": False,
    **PROGRAM,
}
_UNSUBSCRIBED: Final = {"sentMoment": SENT, "method": "ONE_CLICK", "unsubscribeReason": 'too "many"'}
_GOAL: Final = {
    "goalId": 4,
    "goalName": "Order",
    "url": "https://shop.example.com/thanks",
    "source": "API",
    "clickEventId": "018e0a4c-0000-4000-8000-000000000001",
}
_AUDIENCE: Final = {"audienceId": "au-1", "audienceName": "Spring", "network": "FACEBOOK", "operation": "ADD"}
_BATCH: Final = {"batchId": "018e0a4c-0000-4000-8000-0000000000b1"}
_DOWNLOAD: Final = {**_BATCH, "fileName": "spring.csv", "downloadedBy": "printer"}

Happening = tuple[EventType, Channel | None, str | None, Mapping[str, Any]]

_E, _S = Channel.EMAIL, Channel.SMS
MAIL, NUMBER = "bob@example.com", "+32470123456"


def _calls(channel: Channel) -> dict[str, Happening]:
    name = channel.value
    sent = {"language": "FR", "sender": "36111", "parts": 2, "provider": "acme", "providerMessageId": "x-1"}
    failed = {"sentMoment": SENT, "bounceType": "HARD", "bounceCategory": "UNKNOWN_USER", "errorCode": "27"}
    delivered = {"sentMoment": SENT, "providerStatus": "DELIVRD", "providerMessageId": "x-1"}
    return {
        f"{name}_SENT": (EventType.SENT, channel, NUMBER, sent),
        f"{name}_NOT_SENT": (EventType.NOT_SENT, channel, None, {"reason": "NO_ADDRESS"}),
        f"{name}_DELIVERED": (EventType.DELIVERED, channel, NUMBER, delivered),
        f"{name}_BOUNCE": (EventType.BOUNCED, channel, NUMBER, {**failed, "errorText": "no such number"}),
        f"{name}_UNSUBSCRIBED": (
            EventType.UNSUBSCRIBED,
            channel,
            NUMBER,
            {**_UNSUBSCRIBED, "method": "REPLY", "subscriptions": [name]},
        ),
    }


def _partners(channel: Channel, name: str, point: str, more: Mapping[str, Any]) -> dict[str, Happening]:
    ready = {**_BATCH, "contactPoint": point, "language": "FR", **more}
    return {
        f"{name}_READY": (EventType.BATCH_READY, channel, None, ready),
        f"{name}_NON_SENT": (EventType.NOT_SENT, channel, None, {**_BATCH, "reason": "NO_ADDRESS", **more}),
        f"{name}_DOWNLOADED": (EventType.BATCH_DOWNLOADED, channel, None, {**_DOWNLOAD, **more}),
    }


HAPPENINGS: Final[dict[str, Happening]] = {
    "EMAIL_SENT": (
        EventType.SENT,
        _E,
        MAIL,
        {
            "language": "FR",
            "sender": "news@shop.example.com",
            "fromAddress": "news@shop.example.com",
            "subject": "Spring; at last",
            "messageSize": 20480,
        },
    ),
    "EMAIL_NOT_SENT": (
        EventType.NOT_SENT,
        _E,
        MAIL,
        {"reason": "NOT_SUBSCRIBED", "reasonDetail": "opted out"},
    ),
    "EMAIL_HARDBOUNCE": (
        EventType.BOUNCED,
        _E,
        MAIL,
        {
            **_BOUNCE,
            "bounceType": "HARD",
            "bounceCategory": "UNKNOWN_USER",
            "smtpCode": 550,
            "enhancedStatus": "5.1.1",
            "diagnostic": "550 5.1.1 <bob@example.com>: no such user\nsorry",
        },
    ),
    "EMAIL_SOFTBOUNCE": (
        EventType.BOUNCED,
        _E,
        MAIL,
        {**_BOUNCE, "bounceType": "SOFT", "bounceCategory": "MAILBOX_FULL", "smtpCode": 452},
    ),
    "EMAIL_OPENED": (
        EventType.OPENED,
        _E,
        MAIL,
        {"sentMoment": SENT, "firstOpening": True, "machineOpening": False, **PROGRAM},
    ),
    "EMAIL_CLICKED": (EventType.CLICKED, _E, MAIL, _CLICK),
    "EMAIL_UNSUBSCRIBED": (
        EventType.UNSUBSCRIBED,
        _E,
        MAIL,
        {**_UNSUBSCRIBED, "subscriptions": ["EMAIL", "VIP, gold"]},
    ),
    **_calls(_S),
    "SMS_CLICKED": (EventType.CLICKED, _S, NUMBER, {**_CLICK, "linkCategory": []}),
    **_calls(Channel.VOICE),
    **_calls(Channel.VOICEMAIL),
    **_partners(Channel.PRINT, "PRINT", "Bob, Rue Haute 1, 1000 Bruxelles", {}),
    **_partners(Channel.SOCIAL, "SOCIAL_AUDIENCE", "5ff860bf1190596c", _AUDIENCE),
    **_partners(Channel.CALLCENTER, "CALLCENTER", NUMBER, {}),
    "GOAL_WEBVISIT": (EventType.GOAL_WEBVISIT, None, None, {**_GOAL, "source": "COOKIE", **PROGRAM}),
    "GOAL_TRANSACTION": (
        EventType.GOAL_TRANSACTION,
        None,
        None,
        {
            **_GOAL,
            "transactionId": "T-1",
            "amount": "10.50",
            "currency": "EUR",
            "quantity": "2",
            "products": ["book", '5" nails'],
        },
    ),
    "SURVEY_ANSWERS": (
        EventType.SURVEY_PARTICIPATED,
        None,
        None,
        {
            "surveyId": 6,
            "surveyName": "taste",
            "participationId": "018e0a4c-0000-4000-8000-0000000000c1",
            "status": "COMPLETE",
            "startMoment": "2026-03-04T11:58:00+00:00",
            "language": "FR",
            "answers": {"colour": ["red", "dark, blue"], "age": "42"},
        },
    ),
    "EMAIL_COMPLAINT": (
        EventType.COMPLAINT,
        _E,
        MAIL,
        {"sentMoment": SENT, "feedbackType": "ABUSE", "feedbackSource": "example.com"},
    ),
    "EMAIL_DO_NOT_CONTACT": (
        EventType.SUPPRESSION,
        _E,
        MAIL,
        {
            "action": "ADDED",
            "listType": "QUARANTINE_TEMPORARY",
            "reason": "SOFTBOUNCE",
            "untilMoment": "2026-03-11T12:00:00+00:00",
            "bounceCount": 3,
        },
    ),
}
HAPPENINGS["SURVEY_taste"] = HAPPENINGS["SURVEY_ANSWERS"]


def happened(flow: str, number: int = 1, **given: Any) -> Event:
    """Return what makes a row of a flow; `number` makes its id."""
    type_, channel, address, attributes = HAPPENINGS[flow]
    values: dict[str, Any] = {
        "type": type_,
        "source": EventSource.SYSTEM,
        "at": NOON - timedelta(minutes=5),
        "channel": channel,
        "contact_id": 1,
        "address": address,
        "attributes": dict(attributes),
        "event_id": UUID(f"018e0a4c-1111-4000-8000-{number:012x}"),
    }
    return Event(**{**values, **given})
