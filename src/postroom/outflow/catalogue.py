"""All flows that there are (seed 002; specs, OUT flows section 1). Columns are only ever appended."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.events import EventType
from postroom.dialects.flows.columns import Kind
from postroom.outflow import blocks
from postroom.outflow.columns import (
    ANYWHERE,
    BOOLEAN,
    DECIMAL,
    INTEGER,
    INTERACTION,
    MULTI,
    NO_INTERACTION,
    FlowColumn,
    column,
)
from postroom.outflow.elsewhere import COMPLAINT, DO_NOT_CONTACT, SUBSCRIPTION
from postroom.outflow.flow import Flow, Rows, Trigger
from postroom.outflow.surveys import ANSWERS, SURVEY_PREFIX, survey_flow
from postroom.store.flow_cells import Source


def _flow(  # a line of the catalogue, read from left to right
    flow_id: str,
    title: str,
    about: str,
    type_: EventType,
    channel: Channel | None,
    *columns: FlowColumn,
    attribute: tuple[str, tuple[str, ...], bool] | None = None,
    is_extra: bool = False,
) -> Flow:
    trigger = Trigger(type_, channel, attribute)
    block = INTERACTION if channel else ANYWHERE
    return Flow(flow_id, title, about, Rows.EVENTS, (*block, *columns), trigger, is_extra)


_SENT_MAIL: Final = (
    blocks.EMAIL,
    column("subject", "Of the mail.", length=255),
    column("fromAddress", "Whom it came from.", length=254),
    blocks.LANGUAGE,
    column("variant", "Which variant of the content.", length=64),
    column("segmentInfo", "Why the person was meant.", length=255),
    column("messageSize", "In bytes.", INTEGER),
)

_CLICK: Final = (
    column("linkId!", "The link within the campaign.", INTEGER),
    column("linkName", "Its name.", length=255),
    column("linkCategory", "Its categories.", MULTI),
    column("url!", "Where it led to.", length=4000),
    column("firstClick!", "Whether it was the first in this message.", BOOLEAN),
    column("firstClickOnLink!", "Whether it was the first on this link.", BOOLEAN),
    column("machineClick", "Whether a program did it, not a person.", BOOLEAN),
    *blocks.PROGRAM,
)

_SENT_CALL: Final = (
    blocks.PHONE,
    column("sender", "Number or name it came from.", length=20),
    blocks.LANGUAGE,
    column("parts", "In how many parts it went out.", INTEGER),
    column("provider", "Who took it.", length=50),
    column("providerMessageId", "What the provider calls it.", length=64),
)

_DELIVERED: Final = (
    blocks.PHONE,
    blocks.SENT_MOMENT,
    column("providerMessageId", "What the provider calls it.", length=64),
    column("providerStatus", "In the provider's words.", length=50),
    column("networkCode", "The network of the recipient.", length=10),
)

_FAILED_CALL: Final = (
    blocks.PHONE,
    blocks.SENT_MOMENT,
    column("bounceType!", "HARD, SOFT or UNKNOWN.", length=10),
    column("errorCode", "The provider's code.", length=20),
    column("errorText", "What it means.", length=300),
    column("providerStatus", "In the provider's words.", length=50),
)

_HARD: Final = ("bounceType", ("HARD",), True)
_NOT_HARD: Final = ("bounceType", ("HARD",), False)

_EMAIL: Final = (
    _flow(
        "EMAIL_SENT",
        "E-mails sent",
        "a mail was handed to the relay",
        EventType.SENT,
        Channel.EMAIL,
        *_SENT_MAIL,
    ),
    _flow(
        "EMAIL_NOT_SENT",
        "E-mails not sent",
        "somebody was meant and gets no mail",
        EventType.NOT_SENT,
        Channel.EMAIL,
        blocks.EMAIL_IF_KNOWN,
        *blocks.REASONS,
    ),
    _flow(
        "EMAIL_HARDBOUNCE",
        "Hard bounces of e-mails",
        "a mail failed for good",
        EventType.BOUNCED,
        Channel.EMAIL,
        *blocks.BOUNCE,
        attribute=_HARD,
    ),
    _flow(
        "EMAIL_SOFTBOUNCE",
        "Soft bounces of e-mails",
        "a mail was given up, or came back, for a reason that may pass",
        EventType.BOUNCED,
        Channel.EMAIL,
        *blocks.BOUNCE,
        attribute=_NOT_HARD,
    ),
    _flow(
        "EMAIL_OPENED",
        "E-mails opened",
        "a mail was opened, each time",
        EventType.OPENED,
        Channel.EMAIL,
        blocks.EMAIL,
        blocks.SENT_MOMENT,
        column("firstOpening!", "Whether it was the first of this message.", BOOLEAN),
        column("machineOpening", "Whether a program did it, not a person.", BOOLEAN),
        *blocks.PROGRAM,
    ),
    _flow(
        "EMAIL_CLICKED",
        "Clicks in e-mails",
        "a link was clicked, each time",
        EventType.CLICKED,
        Channel.EMAIL,
        blocks.EMAIL,
        blocks.SENT_MOMENT,
        *_CLICK,
    ),
    _flow(
        "EMAIL_UNSUBSCRIBED",
        "Unsubscribed from e-mails",
        "somebody opted out in answer to a campaign",
        EventType.UNSUBSCRIBED,
        Channel.EMAIL,
        blocks.EMAIL,
        *blocks.UNSUBSCRIBED,
    ),
)


def _calls(channel: Channel, word: str, *, is_extra: bool) -> tuple[Flow, ...]:
    name = channel.value
    return (
        _flow(
            f"{name}_SENT",
            f"{word} sent",
            "the provider took it",
            EventType.SENT,
            channel,
            *_SENT_CALL,
            is_extra=is_extra,
        ),
        _flow(
            f"{name}_NOT_SENT",
            f"{word} not sent",
            "somebody was meant and gets none",
            EventType.NOT_SENT,
            channel,
            blocks.PHONE_IF_KNOWN,
            *blocks.REASONS,
            is_extra=is_extra,
        ),
        _flow(
            f"{name}_DELIVERED",
            f"{word} delivered",
            "the provider says that it arrived",
            EventType.DELIVERED,
            channel,
            *_DELIVERED,
            is_extra=is_extra,
        ),
        _flow(
            f"{name}_BOUNCE",
            f"Bounces of {word}",
            "the provider says that it will not arrive",
            EventType.BOUNCED,
            channel,
            *_FAILED_CALL,
            is_extra=is_extra,
        ),
        _flow(
            f"{name}_UNSUBSCRIBED",
            f"Unsubscribed from {word}",
            "somebody opted out in answer to a campaign",
            EventType.UNSUBSCRIBED,
            channel,
            blocks.PHONE,
            *blocks.UNSUBSCRIBED,
            is_extra=True,
        ),
    )


_SMS_CLICKED: Final = _flow(
    "SMS_CLICKED",
    "Clicks in SMS",
    "a link was clicked, each time",
    EventType.CLICKED,
    Channel.SMS,
    blocks.PHONE,
    blocks.SENT_MOMENT,
    *_CLICK,
    is_extra=True,
)


def _partners(channel: Channel, name: str, word: str, more: Sequence[FlowColumn] = ()) -> tuple[Flow, ...]:
    return (
        _flow(
            f"{name}_READY",
            f"{word} ready",
            "the person is in a file that waits to be fetched",
            EventType.BATCH_READY,
            channel,
            blocks.BATCH,
            blocks.CONTACT_POINT,
            blocks.LANGUAGE,
            *more,
        ),
        _flow(
            f"{name}_NON_SENT",
            f"{word} not sent",
            "the person was meant and is in no file",
            EventType.NOT_SENT,
            channel,
            blocks.BATCH_IF_KNOWN,
            *blocks.REASONS,
            *more,
        ),
        _flow(
            f"{name}_DOWNLOADED",
            f"{word} downloaded",
            "the file with the person was fetched, each time",
            EventType.BATCH_DOWNLOADED,
            channel,
            *blocks.DOWNLOADED,
            *more,
        ),
    )


_GOALS: Final = (
    _flow(
        "GOAL_WEBVISIT",
        "Web visit goals reached",
        "a page of a goal was opened",
        EventType.GOAL_WEBVISIT,
        None,
        *blocks.GOAL,
    ),
    _flow(
        "GOAL_TRANSACTION",
        "Transaction goals reached",
        "an order was confirmed",
        EventType.GOAL_TRANSACTION,
        None,
        *blocks.GOAL,
        column("transactionId!", "The order.", length=100),
        column("amount!", "What it came to.", DECIMAL),
        column("currency", "Three letters.", length=3),
        column("quantity", "How many things.", DECIMAL),
        column("products", "Which things.", MULTI),
    ),
)

_ELSEWHERE: Final = (
    Flow(
        "SUBSCRIPTION_UPDATE",
        "Subscription update (all sources)",
        "an address was opted out or in, by whatever way: a row for each contact that has it",
        Rows.LEDGER,
        (*NO_INTERACTION, *SUBSCRIPTION),
        None,
    ),
    Flow(
        "EMAIL_COMPLAINT",
        "E-mail complaints",
        "a mailbox provider tells of a complaint",
        Rows.EVENTS,
        (*NO_INTERACTION, *COMPLAINT),
        Trigger(EventType.COMPLAINT),
    ),
    Flow(
        "EMAIL_DO_NOT_CONTACT",
        "E-mails not to be contacted",
        "an address is quarantined or blacklisted, or no more: a row for each contact that has it",
        Rows.ADDRESSES,
        (*NO_INTERACTION, *DO_NOT_CONTACT),
        Trigger(EventType.SUPPRESSION, Channel.EMAIL),
    ),
)

FLOWS: Final[tuple[Flow, ...]] = (
    *_EMAIL,
    *_calls(Channel.SMS, "SMS", is_extra=False),
    _SMS_CLICKED,
    *_calls(Channel.VOICE, "calls", is_extra=True),
    *_calls(Channel.VOICEMAIL, "voice mails", is_extra=True),
    *_partners(Channel.PRINT, "PRINT", "Print"),
    *_partners(Channel.SOCIAL, "SOCIAL_AUDIENCE", "Custom audience", blocks.AUDIENCE),
    *_partners(Channel.CALLCENTER, "CALLCENTER", "Call center"),
    *_GOALS,
    ANSWERS,
    *_ELSEWHERE,
)
"""All but those of surveys, of which there is one each."""

_BY_ID: Final = {flow.flow_id: flow for flow in FLOWS}
_SURVEY: Final = re.compile(rf"{SURVEY_PREFIX}[A-Za-z][A-Za-z0-9_-]{{0,63}}")


def flow_named(flow_id: str, questions: Sequence[str] = ()) -> Flow:
    """Return a flow; that of a survey has a column for each of the `questions`.

    Raises Missing when there is none of that name.
    """
    found = _BY_ID.get(flow_id)
    if found is not None:
        return found
    if _SURVEY.fullmatch(flow_id):
        return survey_flow(flow_id.removeprefix(SURVEY_PREFIX), questions)
    hint = did_you_mean(flow_id, _BY_ID) or " docs/flows.md has them all."
    raise Missing(f"There is no flow '{flow_id[:80]}'.{hint}", code="NO_FLOW")


def did_you_mean(flow_id: str, known: Iterable[str]) -> str:
    """Return a sentence that names the flow of a name much like this one; nothing when there is none."""
    spelled = {each.upper(): each for each in known}
    near = difflib.get_close_matches(flow_id[:80].upper(), spelled, n=1)
    return f" Did you mean {spelled[near[0]]}?" if near else ""


def is_survey(flow_id: str) -> bool:
    """Tell whether a flow is that of one survey, whose columns grow with its questions."""
    return flow_id not in _BY_ID and _SURVEY.fullmatch(flow_id) is not None


def field_column(name: str, field: str, taken: Sequence[str]) -> FlowColumn:
    """Return the column of a contact field that is added to a flow with these columns.

    `name` is what the account calls the field; raises ValueError where that cannot stand in a header.
    """
    header = f"profile.{name}" if name in taken else name
    kind = Kind.DATE if field == "birth_date" else Kind.TEXT
    return column(header, "A field of the contact.", kind, source=Source.FIELD, key=field)
