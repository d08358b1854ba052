"""The life of a campaign, from a draft to its end, and who may do what when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from postroom.contacts.campaigns import CampaignState, MessageState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.events import EventSource, EventType
from postroom.sending import campaigns as sending
from postroom.sending.launching import finish
from postroom.sending.tending import tend_campaigns
from postroom.store import notices, templates
from postroom.store.campaigns import Campaign
from tests.integration.sending.marketing import BY, NOON, Marketer

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
Act = Callable[..., Campaign]


def do(act: Act, marketer: Marketer, campaign_id: int, **named: Any) -> Campaign:
    return act(marketer.mailroom, marketer.account_id, campaign_id, by=BY, **named)


def test_a_draft_sends_nothing_and_says_who_made_it(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN), subject="Only today", target_rss=True)

    campaign = marketer.campaign(campaign_id)
    assert (campaign.state, campaign.created_by, campaign.created_at) == (
        CampaignState.DRAFT,
        "marketing",
        NOON,
    )
    assert campaign.content.variants[""].subject == "Only today"
    assert campaign.options.target_rss
    assert not marketer.expand(campaign_id)
    assert marketer.states(campaign_id) == []


def test_what_is_launched_is_the_template_as_it_is_then(marketer: Marketer) -> None:
    news, template = marketer.news(ANN), marketer.template(subject="Before")
    campaign_id = marketer.draft(news, template)
    _change(marketer, template, "At the launch")
    do(sending.launch, marketer, campaign_id)
    _change(marketer, template, "Afterwards")
    assert marketer.expand(campaign_id)

    assert marketer.campaign(campaign_id).content.variants[""].subject == "At the launch"


def test_the_links_of_a_campaign_are_written_down_when_it_is_launched(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN), marketer.template())
    assert _links(marketer, campaign_id) == []

    do(sending.launch, marketer, campaign_id)

    assert _links(marketer, campaign_id) == [(1, "https://shop.example.com/sale")]


def test_a_subject_that_cannot_be_read_is_refused_beforehand(marketer: Marketer) -> None:
    news, template = marketer.news(ANN), marketer.template()

    with pytest.raises(Refused):
        marketer.draft(news, template, subject="Hello {{ first_name")


def test_a_template_that_was_broken_since_is_refused_at_the_launch(marketer: Marketer) -> None:
    template = marketer.template()
    campaign_id = marketer.draft(marketer.news(ANN), template)
    _change(marketer, template, "Hello {% if %}")

    with pytest.raises(Refused):
        do(sending.launch, marketer, campaign_id)
    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT
    assert "sending.launch" not in [task for task, _arguments in marketer.jobs()]


def test_a_scheduled_campaign_waits_for_its_time(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    at = NOON + timedelta(hours=3)

    assert do(sending.launch, marketer, campaign_id, at=at).scheduled_at == at
    assert not marketer.expand(campaign_id)
    marketer.clock.forward(hours=3)
    assert marketer.expand(campaign_id)


def test_a_scheduled_campaign_may_be_given_another_time(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    do(sending.launch, marketer, campaign_id, at=NOON + timedelta(hours=1))
    do(sending.launch, marketer, campaign_id, at=NOON + timedelta(hours=5))

    marketer.clock.forward(hours=1)
    assert not marketer.expand(campaign_id)
    marketer.clock.forward(hours=4)
    assert marketer.expand(campaign_id)


def test_no_campaign_is_launched_in_the_past(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))

    with pytest.raises(Refused, match="is in the past"):
        do(sending.launch, marketer, campaign_id, at=NOON - timedelta(seconds=1))
    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT


def test_a_launch_whose_job_was_lost_is_found(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    do(sending.launch, marketer, campaign_id)
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from procrastinate_jobs")
    marketer.clock.forward(minutes=2)

    assert tend_campaigns(marketer.mailroom) == 1
    assert tend_campaigns(marketer.mailroom) == 0
    ((task, arguments),) = marketer.jobs()
    assert (task, arguments["campaign_id"]) == (sending.LAUNCH_TASK, campaign_id)


def test_a_paused_campaign_goes_on_where_it_was(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN))

    assert do(sending.pause, marketer, campaign_id).state is CampaignState.PAUSED
    assert not finish(marketer.mailroom, marketer.account_id, campaign_id)
    assert do(sending.resume, marketer, campaign_id).state is CampaignState.RUNNING

    assert marketer.messages(campaign_id, "state") == ["waiting"]
    assert marketer.states(campaign_id) == ["scheduled", "running", "paused", "running"]


def test_one_that_was_paused_over_its_time_is_launched_when_resumed(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    do(sending.launch, marketer, campaign_id, at=NOON + timedelta(hours=1))
    do(sending.pause, marketer, campaign_id)
    marketer.clock.forward(hours=2)
    assert not marketer.expand(campaign_id)

    assert do(sending.resume, marketer, campaign_id).state is CampaignState.SCHEDULED
    assert marketer.expand(campaign_id)


def test_a_cancelled_campaign_sends_no_more_and_says_to_whom_not(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN, BOB, EVE))
    with marketer.room.database.transaction() as connection:
        connection.execute("update messages set state = 'sent' where address = %s", (ANN,))

    cancelled = do(sending.cancel, marketer, campaign_id)

    assert (cancelled.state, cancelled.finished_at) == (CampaignState.CANCELLED, NOON)
    assert marketer.messages(campaign_id, "state") == ["sent", "cancelled", "cancelled"]
    assert marketer.not_sent(campaign_id) == dict.fromkeys((BOB, EVE), "CAMPAIGN_CANCELLED")
    (first, _) = marketer.writer.events(EventType.NOT_SENT)
    assert first.message_id in marketer.messages(campaign_id, "message_id")
    counts = marketer.counts(campaign_id)
    assert (counts.targeted, counts.sent, counts.waiting) == (3, 1, 0)


def test_what_was_claimed_at_a_cancellation_is_cancelled_once_it_waits(
    marketer: Marketer,
) -> None:
    campaign_id = marketer.launch(marketer.news(ANN, BOB))
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "update messages set state = 'claimed', claim = gen_random_uuid(), claimed_at = %s"
            " where address = %s",
            (NOON, BOB),
        )
    do(sending.cancel, marketer, campaign_id)
    with marketer.room.database.transaction() as connection:
        connection.execute("update messages set state = 'waiting', claim = null where address = %s", (BOB,))

    for _ in range(2):
        tend_campaigns(marketer.mailroom)

    assert marketer.messages(campaign_id, "state") == ["cancelled", "cancelled"]
    assert marketer.not_sent(campaign_id) == dict.fromkeys((ANN, BOB), "CAMPAIGN_CANCELLED")
    assert len(marketer.writer.events(EventType.NOT_SENT)) == 2


def test_a_campaign_that_was_not_launched_is_cancelled_too(marketer: Marketer) -> None:
    news = marketer.news(ANN)
    for hours in (0, 1):
        campaign_id = marketer.draft(news, marketer.template(f"T{hours}"))
        if hours:
            do(sending.launch, marketer, campaign_id, at=marketer.clock() + timedelta(hours=hours))
        do(sending.cancel, marketer, campaign_id)
        marketer.clock.forward(hours=2)
        assert not marketer.expand(campaign_id)
        assert marketer.not_sent(campaign_id) == {}


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ("draft", sending.pause),
        ("draft", sending.resume),
        ("running", sending.launch),
        ("running", sending.resume),
        ("paused", sending.pause),
        ("paused", sending.launch),
        ("cancelled", sending.launch),
        ("cancelled", sending.pause),
        ("cancelled", sending.resume),
        ("cancelled", sending.cancel),
        ("finished", sending.launch),
        ("finished", sending.pause),
        ("finished", sending.cancel),
    ],
)
def test_what_does_not_fit_its_state_is_refused(marketer: Marketer, before: str, act: Act) -> None:
    news = marketer.news(ANN)
    campaign_id = marketer.draft(news) if before == "draft" else marketer.launch(news)
    if before == "paused":
        do(sending.pause, marketer, campaign_id)
    if before == "cancelled":
        do(sending.cancel, marketer, campaign_id)
    if before == "finished":
        marketer.hand_over(campaign_id)
        finish(marketer.mailroom, marketer.account_id, campaign_id)
    states = marketer.states(campaign_id)

    with pytest.raises(Conflict, match=f"is {before}"):
        do(act, marketer, campaign_id)
    assert marketer.states(campaign_id) == states


def test_what_is_done_already_is_said_so(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN))

    with pytest.raises(Conflict, match=r"is running: it was launched already\.$"):
        do(sending.launch, marketer, campaign_id)
    do(sending.cancel, marketer, campaign_id)
    with pytest.raises(Conflict, match=r"is cancelled already\.$"):
        do(sending.cancel, marketer, campaign_id)


def test_the_end_comes_by_itself_but_not_while_something_is_in_doubt(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN))
    marketer.hand_over(campaign_id, MessageState.IN_DOUBT)
    assert tend_campaigns(marketer.mailroom) == 0

    with marketer.room.database.transaction() as connection:
        connection.execute("update messages set state = 'sent'")
    assert tend_campaigns(marketer.mailroom) == 1
    assert marketer.campaign(campaign_id).state is CampaignState.FINISHED


def test_whoever_is_to_be_notified_gets_a_mail_at_the_end(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB)
    marketer.optout("EMAIL", BOB)
    campaign_id = marketer.launch(news, notify_email="Boss@Example.com")
    marketer.hand_over(campaign_id)
    finish(marketer.mailroom, marketer.account_id, campaign_id)

    with marketer.room.database.transaction() as connection:
        (mail,) = notices.deliveries_of_account(connection, marketer.account_id)
    assert mail.address == "boss@example.com"
    assert mail.delivery.content["subject"] == "Campagne terminée : Sale"
    assert mail.delivery.content["text"] == (
        "Campagne terminée : Sale\n\n"
        f"campagne: Sale ({campaign_id})\n"
        "destinataires visés: 2\nmessages envoyés: 1\nsans message: NOT_SUBSCRIBED 1\n"
    )


def test_the_mail_about_a_cancelled_campaign_counts_who_was_left_out(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN, BOB), notify_email="boss@example.com")
    do(sending.cancel, marketer, campaign_id)

    with marketer.room.database.transaction() as connection:
        (mail,) = notices.deliveries_of_account(connection, marketer.account_id)
    assert "sans message: CAMPAIGN_CANCELLED 2" in mail.delivery.content["text"]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"format": 3}, Refused, "2 .HTML. or 99 .both., not 3"),
        ({"notify_email": "boss"}, Refused, "'boss' is no e-mail address."),
        ({"segment_id": 2**63 + 1}, Missing, "no segment"),
        ({"seed_list_id": 999}, Missing, "no list 999"),
        ({"name": " "}, Refused, "name"),
        ({"name": "x" * 256}, Refused, "255"),
        ({"name": "Spring\nsale"}, Refused, "one line"),
        ({"name": "Spring\u2028sale"}, Refused, "one line"),
    ],
)
def test_a_campaign_that_cannot_be_is_not_made(
    marketer: Marketer, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    news, template = marketer.news(ANN), marketer.template()

    with pytest.raises(error, match=said):
        marketer.draft(news, template, **options)


def test_charlie_cannot_use_or_touch_what_is_alices(marketer: Marketer, stranger: Marketer) -> None:
    news, template = marketer.news(ANN), marketer.template()
    campaign_id = marketer.draft(news, template)
    his_list, his_template = stranger.news("his@example.com"), stranger.template()

    for act in (sending.launch, sending.pause, sending.resume, sending.cancel):
        with pytest.raises(Missing):
            do(act, stranger, campaign_id)
    attempts: list[tuple[int, int, dict[str, Any]]] = [
        (news, his_template, {}),
        (his_list, template, {}),
        (his_list, his_template, {"seed_list_id": news}),
        (his_list, his_template, {"segment_id": marketer.segment("city = Paris")}),
    ]
    for list_id, template_id, options in attempts:
        with pytest.raises(Missing):
            stranger.draft(list_id, template_id, **options)
    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT


def test_states_are_recorded_with_who_asked(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN))

    scheduled, running = marketer.writer.events(EventType.CAMPAIGN_STATE)
    assert (scheduled.source, scheduled.attributes["by"]) == (EventSource.UI, "marketing")
    assert (running.source, running.campaign_id, running.channel) == (
        EventSource.SYSTEM,
        campaign_id,
        Channel.EMAIL,
    )


def _links(marketer: Marketer, campaign_id: int) -> list[tuple[int, str]]:
    with marketer.room.database.transaction() as connection:
        rows = connection.execute(
            "select link_id, url from campaign_links where account_id = %s and campaign_id = %s"
            " order by link_id",
            (marketer.account_id, campaign_id),
        ).fetchall()
    return [(row["link_id"], row["url"]) for row in rows]


def _change(marketer: Marketer, template_id: int, subject: str) -> None:
    with marketer.room.database.transaction() as connection:
        template = templates.template_by_id(connection, marketer.account_id, template_id)
        connection.execute(
            "update templates set content = jsonb_set(content, array['variants', '', 'subject'],"
            " to_jsonb(%s::text))"
            " where template_id = %s",
            (subject, template.template_id),
        )
