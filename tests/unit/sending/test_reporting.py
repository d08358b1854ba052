"""The mail about the end of a campaign: what it says, in whose language, and that names are only names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.channels import Channel
from postroom.contacts.templates import Content
from postroom.sending.reporting import end_mail
from postroom.store.campaign_counts import Counts
from postroom.store.campaigns import Campaign, Options

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SPRING = Campaign(
    account_id=3,
    campaign_id=12,
    name="Spring",
    kind=CampaignKind.ONE_SHOT,
    channel=Channel.EMAIL,
    list_id=1,
    template_id=1,
    content=Content(Channel.EMAIL, {}),
    options=Options(notify_email="boss@example.com"),
    is_test=False,
    state=CampaignState.FINISHED,
    created_at=NOON,
    created_by="test",
    scheduled_at=NOON,
    launched_at=NOON,
    finished_at=NOON,
    remark=None,
)
COUNTS = Counts(targeted=10, sent=6, in_doubt=1, not_sent={"NO_ADDRESS": 1, "NOT_SUBSCRIBED": 2})


def test_a_finished_campaign_is_told_in_numbers() -> None:
    mail = end_mail(SPRING, COUNTS, "en")

    assert (mail.type, mail.about, mail.subject) == ("campaign.ended", "3-12", "Campaign finished: Spring")
    assert mail.text == (
        "Campaign finished: Spring\n"
        "\n"
        "campaign: Spring (12)\n"
        "people targeted: 10\n"
        "messages sent: 6\n"
        "messages in doubt: 1\n"
        "without a message: NO_ADDRESS 1, NOT_SUBSCRIBED 2\n"
    )
    assert '<th align="left">people targeted</th><td>10</td>' in mail.html


def test_the_mail_is_in_the_language_of_the_account() -> None:
    mail = end_mail(SPRING, COUNTS, "fr")

    assert mail.subject == "Campagne terminée : Spring"
    assert "destinataires visés: 10\nmessages envoyés: 6\nmessages au sort inconnu: 1\n" in mail.text


def test_what_is_nothing_is_not_told() -> None:
    mail = end_mail(SPRING, Counts(targeted=2, sent=2), "en")

    assert "in doubt" not in mail.text
    assert "without" not in mail.text


def test_a_cancelled_campaign_says_so() -> None:
    cancelled = replace(SPRING, state=CampaignState.CANCELLED)

    assert end_mail(cancelled, COUNTS, "en").subject == "Campaign cancelled: Spring"


def test_one_that_could_not_be_launched_says_why_and_counts_nothing() -> None:
    failed = replace(
        SPRING,
        state=CampaignState.CANCELLED,
        launched_at=None,
        remark="There is no segment 4 in this account.",
    )

    mail = end_mail(failed, Counts(), "en")

    assert mail.subject == "Campaign not launched: Spring"
    assert mail.text == (
        "Campaign not launched: Spring\n"
        "\n"
        "campaign: Spring (12)\n"
        "reason: There is no segment 4 in this account.\n"
    )


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "Spring\r\nBcc: everybody@example.com", "{remark} {0} %s", "a\tb"]
)
def test_a_name_is_only_a_name(name: str) -> None:
    mail = end_mail(replace(SPRING, name=name), COUNTS, "en")

    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert mail.text.count("\n") == 7
    assert "<script>" not in mail.html
