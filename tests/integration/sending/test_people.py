"""Who got a campaign's message, who did not, and why: person by person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.contacts.campaigns import NotSentReason, PersonState
from postroom.contacts.errors import Refused
from postroom.drops.room import Room
from postroom.sending import campaigns as sending
from postroom.sending.people import count_all, read_people
from postroom.store.campaign_people import CampaignPerson, WhichPeople
from tests.conftest import Person
from tests.integration.sending.marketing import BY, Marketer

ANN, BOB, EVE, JOE = "ann@example.com", "bob@example.com", "eve@example.com", "joe@example.com"
EVERYBODY = WhichPeople()


def people(marketer: Marketer, campaign_id: int, which: WhichPeople = EVERYBODY) -> list[CampaignPerson]:
    with marketer.room.database.transaction() as connection:
        campaign = marketer.campaign(campaign_id)
        found = read_people(connection, campaign, which)
        assert count_all(connection, campaign, replace(which, limit=1)) >= len(found)
    return found


def told(found: list[CampaignPerson]) -> list[tuple[str | None, str, str | None]]:
    return [(each.address, each.state.value, each.reason and each.reason.value) for each in found]


@pytest.fixture
def cancelled(marketer: Marketer) -> int:
    """Return a campaign that two people were kept out of, and that was cancelled before anything went out."""
    news = marketer.news(ANN, BOB, EVE, JOE)
    for address in (BOB, JOE):
        marketer.optout("EMAIL", address)
    campaign_id = marketer.launch(news)
    sending.cancel(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    return campaign_id


def test_those_with_a_message_come_first_then_those_without_one(marketer: Marketer, cancelled: int) -> None:
    assert told(people(marketer, cancelled)) == [
        (ANN, "cancelled", "CAMPAIGN_CANCELLED"),
        (EVE, "cancelled", "CAMPAIGN_CANCELLED"),
        (BOB, "no_message", "NOT_SUBSCRIBED"),
        (JOE, "no_message", "NOT_SUBSCRIBED"),
    ]


def test_what_was_sent_says_when(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN))
    marketer.hand_over(campaign_id)

    (ann,) = people(marketer, campaign_id)

    assert ann.state is PersonState.SENT
    assert ann.sent_at == marketer.clock()
    assert ann.message_id in marketer.messages(campaign_id, "message_id")


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_listing_goes_on_behind_any_of_them(marketer: Marketer, cancelled: int, limit: int) -> None:
    found: list[CampaignPerson] = []
    which = WhichPeople(limit=limit)
    while page := people(marketer, cancelled, which):
        found += page
        which = replace(which, after=page[-1].place)

    assert [each.address for each in found] == [ANN, EVE, BOB, JOE]


@pytest.mark.parametrize(
    ("which", "addresses"),
    [
        (WhichPeople(state=PersonState.CANCELLED), [ANN, EVE]),
        (WhichPeople(state=PersonState.NO_MESSAGE), [BOB, JOE]),
        (WhichPeople(state=PersonState.SENT), []),
        (WhichPeople(reason=NotSentReason.CAMPAIGN_CANCELLED), [ANN, EVE]),
        (WhichPeople(reason=NotSentReason.NOT_SUBSCRIBED), [BOB, JOE]),
        (WhichPeople(reason=NotSentReason.BLACKLISTED), []),
        (WhichPeople(address=" Eve@EXAMPLE.com"), [EVE]),
        (WhichPeople(address=JOE, reason=NotSentReason.NOT_SUBSCRIBED), [JOE]),
    ],
)
def test_some_of_them_are_asked_for(
    marketer: Marketer, cancelled: int, which: WhichPeople, addresses: list[str]
) -> None:
    assert [each.address for each in people(marketer, cancelled, which)] == addresses
    with marketer.room.database.transaction() as connection:
        assert count_all(connection, marketer.campaign(cancelled), which) == len(addresses)


def test_who_asks_for_no_address_is_told_so(marketer: Marketer, cancelled: int) -> None:
    with pytest.raises(Refused, match="'Eve' is no address of the campaign's channel"):
        people(marketer, cancelled, WhichPeople(address="Eve"))


def test_other_campaigns_and_accounts_are_not_in_it(
    room: Room, marketer: Marketer, cancelled: int, charlie: Person
) -> None:
    theirs = Marketer(room, charlie)
    more = marketer.news("zoe@example.com", name="more")
    template_id = marketer.template("another")
    others = [marketer.launch(more, template_id), theirs.launch(theirs.news(ANN))]

    assert [each.address for each in people(marketer, others[0])] == ["zoe@example.com"]
    assert [each.state.value for each in people(theirs, others[1])] == ["waiting"]
    assert len(people(marketer, cancelled)) == 4
