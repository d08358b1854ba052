"""The mail to whoever is to be told that a campaign has ended, in the account's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from html import escape

from postroom.contacts.campaigns import CampaignState, NotSentReason
from postroom.contacts.reasons import Language
from postroom.jobs.queue import Enqueues
from postroom.notices import outbox
from postroom.notices.message import Mail
from postroom.store import accounts
from postroom.store.campaign_counts import Counts, count_campaign
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection

_SUBJECTS: Mapping[CampaignState, tuple[str, str]] = {
    CampaignState.FINISHED: ("Campagne terminée : {name}", "Campaign finished: {name}"),
    CampaignState.CANCELLED: ("Campagne annulée : {name}", "Campaign cancelled: {name}"),
}
_FAILED = ("Campagne non lancée : {name}", "Campaign not launched: {name}")
_LABELS: Mapping[str, tuple[str, str]] = {
    "campaign": ("campagne", "campaign"),
    "why": ("motif", "reason"),
    "targeted": ("destinataires visés", "people targeted"),
    "sent": ("messages envoyés", "messages sent"),
    "in_doubt": ("messages au sort inconnu", "messages in doubt"),
    "not_sent": ("sans message", "without a message"),
}


def tell_of_end(
    connection: Connection, queue: Enqueues, campaign: Campaign, *, cancelled: int = 0, now: datetime
) -> None:
    """Put the mail about a campaign that has ended on its way; nothing is committed here."""
    if campaign.options.notify_email is None:
        return
    language = accounts.account_by_id(connection, campaign.account_id).settings.language
    counts = count_campaign(connection, campaign)
    if cancelled:
        not_sent = {**counts.not_sent, NotSentReason.CAMPAIGN_CANCELLED.value: cancelled}
        counts = replace(counts, not_sent=not_sent)
    mail = end_mail(campaign, counts, language)
    outbox.post_mails(connection, queue, campaign.account_id, [campaign.options.notify_email], mail, now=now)


def end_mail(campaign: Campaign, counts: Counts, language: Language) -> Mail:
    """Return the mail about a campaign that has ended: whether it was launched, to how many, to whom not."""
    texts = _SUBJECTS[campaign.state] if campaign.remark is None else _FAILED
    subject = _said(texts, language).format(name=_line(campaign.name))
    facts = {"campaign": f"{_line(campaign.name)} ({campaign.campaign_id})", "why": campaign.remark or ""}
    if campaign.launched_at is not None:
        facts |= {
            "targeted": str(counts.targeted),
            "sent": str(counts.sent),
            "in_doubt": str(counts.in_doubt or ""),
            "not_sent": ", ".join(f"{reason} {people}" for reason, people in counts.not_sent.items()),
        }
    lines = [(_said(_LABELS[name], language), value) for name, value in facts.items() if value]
    text = "\n".join([subject, "", *(f"{label}: {value}" for label, value in lines), ""])
    rows = "".join(
        f'<tr><th align="left">{escape(label)}</th><td>{escape(value)}</td></tr>' for label, value in lines
    )
    html = f"<!doctype html>\n<html><body><p>{escape(subject)}</p><table>{rows}</table></body></html>\n"
    about = f"{campaign.account_id}-{campaign.campaign_id}"
    return Mail("campaign.ended", about, subject, text, html)


def tell_of_failure(
    connection: Connection,
    queue: Enqueues,
    account_id: int,
    to: str,
    *,
    name: str,
    why: str,
    now: datetime,
) -> None:
    """Put the mail about a campaign that could not even be made on its way."""
    language = accounts.account_by_id(connection, account_id).settings.language
    subject = _said(_FAILED, language).format(name=_line(name))
    label = _said(_LABELS["why"], language)
    text = f"{subject}\n\n{label}: {_line(why)}\n"
    html = f"<!doctype html>\n<html><body><p>{escape(subject)}</p><p>{escape(why)}</p></body></html>\n"
    mail = Mail("campaign.failed", str(account_id), subject, text, html)
    outbox.post_mails(connection, queue, account_id, [to], mail, now=now)


def _said(texts: tuple[str, str], language: Language) -> str:
    return texts[0] if language == "fr" else texts[1]


def _line(text: str) -> str:
    return " ".join(text.split())
