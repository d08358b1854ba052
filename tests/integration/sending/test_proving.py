"""Test sends: the campaign as some people would get it, in no report."""

from __future__ import annotations

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing, Refused
from postroom.sending import campaigns as sending
from postroom.sending.launching import finish
from postroom.sending.proving import send_test
from postroom.store import campaigns
from tests.integration.sending.marketing import BY, Marketer

ANN, BOB = "ann@example.com", "bob@example.com"


def prove(marketer: Marketer, campaign_id: int, *addresses: str, ids: tuple[int, ...] = ()) -> int:
    test = send_test(
        marketer.mailroom,
        marketer.account_id,
        campaign_id,
        contact_ids=ids,
        addresses=addresses,
        by=BY,
    )
    return test.campaign_id


def test_a_test_goes_to_those_who_are_named_and_leaves_the_campaign_alone(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN, BOB), subject="Sale!")
    (eve,) = marketer.people("eve@example.com")

    test_id = prove(marketer, campaign_id, " Ann@Example.com ", ids=(eve,))

    assert marketer.messages(test_id) == [ANN, "eve@example.com"]
    test = marketer.campaign(test_id)
    assert (test.is_test, test.name, test.content.variants[""].subject) == (True, "Sale", "Sale!")
    assert marketer.campaign(campaign_id).state.value == "draft"
    assert marketer.messages(campaign_id) == []


@pytest.mark.parametrize("asked", [None, 1])
def test_a_test_has_the_format_of_the_campaign(marketer: Marketer, asked: int | None) -> None:
    campaign_id = marketer.draft(marketer.news(ANN), format=asked)
    test_id = prove(marketer, campaign_id, ANN)

    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    assert marketer.expand(campaign_id)

    assert marketer.messages(test_id, "format") == marketer.messages(campaign_id, "format")


def test_a_test_is_in_no_report(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN), notify_email="boss@example.com")
    test_id = prove(marketer, campaign_id, ANN)
    marketer.hand_over(test_id)
    assert finish(marketer.mailroom, marketer.account_id, test_id)

    assert marketer.writer.events() == []
    assert marketer.counts(campaign_id).targeted == 0
    assert "notices.deliver" not in [task for task, _arguments in marketer.jobs()]
    with marketer.room.database.transaction() as connection:
        every = campaigns.campaigns_of_account(connection, marketer.account_id, campaigns.Which())
        tests = campaigns.campaigns_of_account(connection, marketer.account_id, campaigns.Which(is_test=True))
    assert ([each.campaign_id for each in every], [each.campaign_id for each in tests]) == (
        [campaign_id],
        [test_id],
    )


def test_a_test_that_is_cancelled_is_not_recorded_either(marketer: Marketer) -> None:
    test_id = prove(marketer, marketer.draft(marketer.news(ANN)), ANN)

    sending.pause(marketer.mailroom, marketer.account_id, test_id, by=BY)
    sending.cancel(marketer.mailroom, marketer.account_id, test_id, by=BY)

    assert marketer.messages(test_id, "state") == ["cancelled"]
    assert marketer.writer.events() == []


def test_a_number_is_read_as_everywhere(marketer: Marketer) -> None:
    ann = marketer.writer.contact(mobile="0612345678")
    campaign_id = marketer.draft(marketer.writer.list_of("news", ann), marketer.template(channel=Channel.SMS))

    assert marketer.messages(prove(marketer, campaign_id, "06 12 34 56 78")) == ["+33612345678"]


def test_opted_out_people_get_no_test(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    marketer.optout("EMAIL", ANN)

    with pytest.raises(Refused, match="NOT_SUBSCRIBED"):
        prove(marketer, campaign_id, ANN)


@pytest.mark.parametrize("address", ["nobody@example.com", "no address", "his@example.com"])
def test_strangers_get_no_test(marketer: Marketer, stranger: Marketer, address: str) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    (his,) = stranger.people("his@example.com")

    with pytest.raises(Missing, match=f"{address} in this account: import it first"):
        prove(marketer, campaign_id, ANN, address)
    with pytest.raises(Missing, match="no contact"):
        prove(marketer, campaign_id, ids=(his + 1000,))
    with pytest.raises(Missing):
        prove(stranger, campaign_id, "his@example.com")


def test_nobody_and_a_crowd_are_refused(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))

    for ids in ((), tuple(range(1, 102))):
        with pytest.raises(Refused, match="from 1 to 100"):
            prove(marketer, campaign_id, ids=ids)
