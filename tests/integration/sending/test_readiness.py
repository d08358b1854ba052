"""Campaigns that nobody could get are not launched, so that they can be mended."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.campaigns import CampaignState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.sending import campaigns as sending
from postroom.sending.proving import send_test
from postroom.store import lists, segments, templates
from tests.integration.sending.marketing import BY, Marketer

ANN = "ann@example.com"


def launch(marketer: Marketer, campaign_id: int) -> None:
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)


@pytest.mark.parametrize(
    ("written", "options", "said"),
    [
        ({"sender": ""}, {}, "Template 'Bad' has no sender: .*--sender"),
        ({"html": "<p>{{ first_nam }}</p>"}, {}, "'first_nam' .did you mean first_name"),
        ({"html": "<p>%%foo%%</p>"}, {}, "no field of contacts: 'foo'"),
        ({"subject": "Hello {{ ville }}"}, {}, "'ville' .did you mean city"),
        ({}, {"subject": "Hello {{ custom_size }}"}, "'custom_size'"),
    ],
)
def test_what_nobody_could_get_stays_a_draft(
    marketer: Marketer, written: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    campaign_id = marketer.draft(marketer.news(ANN), marketer.template("Bad", **written), **options)

    with pytest.raises(Refused, match=said):
        launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT


def test_a_test_of_it_is_refused_as_well(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN), marketer.template(html="<p>{{ first_nam }}</p>"))

    with pytest.raises(Refused, match="first_nam"):
        send_test(marketer.mailroom, marketer.account_id, campaign_id, addresses=[ANN], by=BY)


def test_what_some_people_get_is_launched(marketer: Marketer) -> None:
    html = "<p>{{ first_name }} {{ foo | default: 'you' }}{% if bar %}{{ bar }}{% endif %}</p>"
    campaign_id = marketer.draft(marketer.news(ANN), marketer.template(html=html))

    launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.SCHEDULED


def test_an_sms_may_leave_its_sender_to_the_provider(marketer: Marketer) -> None:
    ann = marketer.writer.contact(mobile="0612345678")
    template = marketer.template(channel=Channel.SMS, sender="")
    campaign_id = marketer.draft(marketer.writer.list_of("news", ann), template)

    launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.SCHEDULED


def test_a_campaign_whose_template_is_gone_stays_a_draft(marketer: Marketer) -> None:
    template = marketer.template()
    campaign_id = marketer.draft(marketer.news(ANN), template)
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from templates where template_id = %s", (template,))

    with pytest.raises(Missing, match=f"template of campaign {campaign_id} is gone"):
        launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT


def test_a_campaign_whose_list_is_gone_stays_a_draft(marketer: Marketer) -> None:
    news = marketer.news(ANN)
    campaign_id = marketer.draft(news)
    with marketer.room.database.transaction() as connection:
        lists.delete_lists(connection, marketer.account_id, [news])

    with pytest.raises(Missing, match=f"no list {news}"):
        launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT


def test_a_campaign_whose_segment_is_gone_stays_a_draft(marketer: Marketer) -> None:
    segment = marketer.segment("city = Paris")
    campaign_id = marketer.draft(marketer.news(ANN), segment_id=segment)
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from segments where segment_id = %s", (segment,))

    with pytest.raises(Missing, match=f"no segment {segment}"):
        launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT


@pytest.mark.parametrize("before", ["draft", "scheduled", "paused"])
def test_what_a_campaign_is_to_be_launched_with_is_not_deleted(marketer: Marketer, before: str) -> None:
    template, segment = marketer.template(), marketer.segment("city = Paris")
    campaign_id = marketer.draft(marketer.news(ANN), template, name="Spring", segment_id=segment)
    if before != "draft":
        launch(marketer, campaign_id)
    if before == "paused":
        sending.pause(marketer.mailroom, marketer.account_id, campaign_id, by=BY)

    with marketer.room.database.transaction() as connection:
        with pytest.raises(Conflict, match=f"Template 'Sale' is still used by .*'Spring' .{campaign_id}."):
            templates.delete_template(connection, marketer.account_id, template)
        with pytest.raises(Conflict, match=f"Segment 'some' is still used by .*'Spring' .{campaign_id}."):
            segments.delete_segment(connection, marketer.account_id, segment)


def test_what_was_launched_or_cancelled_needs_neither_any_more(marketer: Marketer) -> None:
    template, segment = marketer.template(), marketer.segment("city = Paris")
    news = marketer.news(ANN)
    sending.cancel(
        marketer.mailroom, marketer.account_id, marketer.draft(news, template, segment_id=segment), by=BY
    )
    marketer.launch(news, template, segment_id=segment)

    with marketer.room.database.transaction() as connection:
        templates.delete_template(connection, marketer.account_id, template)
        segments.delete_segment(connection, marketer.account_id, segment)
        with pytest.raises(Missing):
            templates.template_by_id(connection, marketer.account_id, template)


def test_of_many_campaigns_some_are_named(marketer: Marketer) -> None:
    news, template = marketer.news(ANN), marketer.template()
    for number in range(7):
        marketer.draft(news, template, name=f"Nr {number}")

    with marketer.room.database.transaction() as connection, pytest.raises(Conflict) as refused:
        templates.delete_template(connection, marketer.account_id, template)

    assert "'Nr 4'" in refused.value.message
    assert "and 2 others" in refused.value.message
