"""Columns that several flows have alike (specs, OUT flows 1.3 to 1.6)."""

from __future__ import annotations

from typing import Final

from postroom.contacts.campaigns import NotSentReason
from postroom.outflow.columns import INTEGER, MOMENT, MULTI, FlowColumn, choice, column
from postroom.store.flow_cells import Source

SENT_MOMENT: Final = column("sentMoment!", "When the message was handed over.", MOMENT)
SENT_MOMENT_IF_KNOWN: Final = column("sentMoment", "When the message was handed over.", MOMENT)
LANGUAGE: Final = column("language", "Of the message, such as FR.", length=2)


def address(name: str, about: str, length: int) -> FlowColumn:
    """Return the column of the address that was really used."""
    return column(name, about, length=length, source=Source.ADDRESS)


EMAIL: Final = address("emailAddress!", "The address that was used.", 254)
EMAIL_IF_KNOWN: Final = address("emailAddress", "The address, if there is one.", 254)
PHONE: Final = address("phoneNumber!", "The number that was used, E.164.", 20)
PHONE_IF_KNOWN: Final = address("phoneNumber", "The number, if there is one.", 20)

REASONS: Final = (
    choice("reason!", "Why there was no message.", *(each.value for each in NotSentReason)),
    column("reasonDetail", "The same in words.", length=300),
)

BOUNCE: Final = (
    EMAIL,
    choice(
        "bounceCategory!",
        "What kind of failure it was.",
        "UNKNOWN_USER",
        "UNKNOWN_DOMAIN",
        "MAILBOX_FULL",
        "MAILBOX_DISABLED",
        "BLOCKED_CONTENT",
        "BLOCKED_REPUTATION",
        "POLICY",
        "TOO_LARGE",
        "DNS_FAILURE",
        "CONNECTION_FAILURE",
        "TIMEOUT",
        "AUTO_REPLY",
        "OTHER",
    ),
    column("smtpCode", "Such as 550.", INTEGER),
    column("enhancedStatus", "Such as 5.1.1.", length=11),
    column("diagnostic", "What the other side said.", length=1000),
    SENT_MOMENT,
    column("attempt", "Which attempt at sending it was.", INTEGER),
)

PROGRAM: Final = (
    column("deviceType", "Such as DESKTOP, MOBILE, TABLET.", length=20),
    column("emailClient", "Mail program or browser.", length=50),
    column("operatingSystem", "Of the device.", length=50),
    column("userAgent", "As the program called itself.", length=1000),
    column("ipAddress", "Where the call came from.", length=45),
    column("country", "Two letters, when known.", length=2),
)

UNSUBSCRIBED: Final = (
    SENT_MOMENT_IF_KNOWN,
    choice(
        "method!",
        "How it was said.",
        "LINK",
        "LIST_UNSUBSCRIBE_HEADER",
        "ONE_CLICK",
        "PREFERENCE_FORM",
        "REPLY",
        "COMPLAINT",
        "MANUAL",
    ),
    column("subscriptions!", "What ended: media, or lists by name.", MULTI),
    column("unsubscribeReason", "In the recipient's words.", length=300),
)

BATCH: Final = column("batchId!", "The file in which the person is.", length=36)
BATCH_IF_KNOWN: Final = column("batchId", "The file from which the person was left out.", length=36)
CONTACT_POINT: Final = column("contactPoint", "Address, number or hash, as the file has it.", length=254)

AUDIENCE: Final = (
    column("audienceId!", "The audience.", length=64),
    column("audienceName", "Its name.", length=255),
    column("network", "Such as FACEBOOK.", length=20),
    choice("operation", "Whether the person comes or goes.", "ADD", "REMOVE"),
)

DOWNLOADED: Final = (
    BATCH,
    column("downloadMoment!", "When the file was fetched.", MOMENT, source=Source.AT),
    column("fileName!", "The file.", length=255),
    column("downloadedBy", "The login or program that fetched it.", length=100),
)

GOAL: Final = (
    column("goalId!", "The goal.", INTEGER),
    column("goalName!", "Its name.", length=255),
    column("url!", "The page.", length=4000),
    column("referrer", "The page before.", length=4000),
    choice("source!", "How we know.", "COOKIE", "API"),
    column("clickEventId", "The click to which it is put down.", length=36),
    column("deviceType", "Such as DESKTOP, MOBILE, TABLET.", length=20),
    column("userAgent", "As the program called itself.", length=1000),
    column("ipAddress", "Where the call came from.", length=45),
)
