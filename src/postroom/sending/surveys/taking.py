"""Taking part in a survey: answers become one event, whoever sends them how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from postroom.contacts.errors import Missing
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.languages import told_language
from postroom.contacts.reasons import Language
from postroom.contacts.surveys import Judged
from postroom.sending.surveys.forms import Form, Shown
from postroom.sending.tracking.recipients import recipient_of
from postroom.store.accounts import account_by_id
from postroom.store.database import Database
from postroom.store.events import new_keys, record_events
from postroom.store.messages import message_by_id
from postroom.store.surveys import Survey, survey_by_id


class Status(StrEnum):
    """How far somebody went."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"


class Taken(StrEnum):
    """What became of answers: they are kept, earlier ones are, or none are, as of a test."""

    KEPT = "KEPT"
    KEPT_BEFORE = "KEPT_BEFORE"
    NOT_KEPT = "NOT_KEPT"


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey as it is shown; `language` is the recipient's, the account's where nobody is known."""

    survey: Survey
    language: Language


def asked(database: Database, form: Form) -> Asked | None:
    """Return what a form shows; None when its survey or its message is not there any more."""
    with database.transaction() as connection:
        try:
            survey = survey_by_id(connection, form.account_id, form.survey_id)
        except Missing:
            return None
        if form.message_id is None:
            return Asked(survey, account_by_id(connection, form.account_id).settings.language)
        message = message_by_id(connection, form.account_id, form.message_id)
        return Asked(survey, recipient_of(connection, message).language) if message else None


def take_part(
    database: Database,
    form: Form,
    survey: Survey,
    shown: Shown,
    given: Judged,
    *,
    status: Status,
    language: Language,
    now: datetime,
) -> Taken:
    """Record a participation, unless there is one: a message's recipient takes part once.

    A form of a test leaves no trace.
    """
    whose = f"message:{form.message_id}" if form.message_id else f"form:{shown.participation_id}"
    with database.transaction() as connection:
        message = message_by_id(connection, form.account_id, form.message_id) if form.message_id else None
        if form.message_id and (message is None or message.is_test):
            return Taken.NOT_KEPT
        if not new_keys(connection, form.account_id, [f"survey:{form.survey_id}:{whose}"], now=now):
            return Taken.KEPT_BEFORE
        attributes: dict[str, Any] = {
            "surveyId": form.survey_id,
            "surveyName": survey.definition.name,
            "participationId": str(shown.participation_id),
            "startMoment": shown.begun_at.isoformat(),
            "answers": dict(given.answers),
            "status": status.value,
            "language": told_language(language),
            "sourceName": message.campaign_name if message else "form",
        }
        event = Event(
            EventType.SURVEY_PARTICIPATED,
            EventSource.TRACKER,
            now,
            channel=message.channel if message else None,
            contact_id=message.contact_id if message else None,
            campaign_id=message.campaign_id if message else None,
            message_id=message.message_id if message else None,
            address=message.address if message else None,
            attributes=attributes,
        )
        record_events(connection, form.account_id, [event], now=now)
    return Taken.KEPT
