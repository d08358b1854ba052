"""Campaigns that nobody could get are not launched, so that they can be mended."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.campaigns import CampaignState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing, Refused
from postroom.sending import campaigns as sending
from postroom.sending.proving import send_test
from postroom.store import templates
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
        templates.delete_template(connection, marketer.account_id, template)

    with pytest.raises(Missing, match=f"template of campaign {campaign_id} is gone"):
        launch(marketer, campaign_id)

    assert marketer.campaign(campaign_id).state is CampaignState.DRAFT
