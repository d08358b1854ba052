"""Single messages, which `send` asks for: each its own, judged like everybody's."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from postroom.contacts.campaigns import CampaignKind, NotSentReason
from postroom.contacts.channels import Channel
from postroom.store import campaigns
from postroom.store.campaigns import Campaign, NewCampaign, Options
from postroom.store.launching import Left, Single, make_single_messages
from tests.integration.sending.marketing import NOON, Marketer

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def orders(marketer: Marketer) -> Campaign:
    """Return a campaign that single messages go by."""
    content = marketer.campaign(marketer.draft(marketer.news(ANN, BOB))).content
    new = NewCampaign("Orders", CampaignKind.TRANSACTIONAL, 1, 1, content, Options(), "test", running=True)
    with marketer.room.database.transaction() as connection:
        return campaigns.create_campaign(connection, marketer.account_id, new, now=NOON)


def key_of(marketer: Marketer, address: str) -> UUID:
    with marketer.room.database.transaction() as connection:
        row = connection.execute("select dedup_key from contacts where email = %s", (address,)).fetchone()
    assert row is not None
    return UUID(str(row["dedup_key"]))


def make(marketer: Marketer, campaign: Campaign, *singles: Single, cancelled: bool = False) -> list[Left]:
    with marketer.room.database.transaction() as connection:
        return make_single_messages(connection, campaign, singles, cancelled=cancelled, now=NOON)


def test_somebody_may_get_several_each_with_its_own(marketer: Marketer, orders: Campaign) -> None:
    ann, bob = key_of(marketer, ANN), key_of(marketer, BOB)

    left = make(
        marketer,
        orders,
        Single(ann, 2, {"items": {"lines": [{"sku": "1"}]}}),
        Single(bob, 1, None),
        Single(ann, 99, {"items": {"lines": [{"sku": "2"}]}}),
    )

    assert left == []
    assert marketer.messages(orders.campaign_id, "address", "format", "own") == [
        (ANN, 2, {"items": {"lines": [{"sku": "1"}]}}),
        (BOB, 1, None),
        (ANN, 99, {"items": {"lines": [{"sku": "2"}]}}),
    ]


def test_those_who_get_none_are_named_by_their_places(
    marketer: Marketer, stranger: Marketer, orders: Campaign
) -> None:
    (his,) = stranger.people("his@example.com")
    ann, bob = key_of(marketer, ANN), key_of(marketer, BOB)
    marketer.optout("EMAIL", BOB)

    left = make(
        marketer,
        orders,
        Single(uuid4(), 1, None),
        Single(ann, 1, None),
        Single(bob, 1, None),
        Single(None, 1, None),
        Single(key_of(stranger, "his@example.com"), 1, None),
    )

    assert [(each.place, each.address, each.reason) for each in left] == [
        (0, None, NotSentReason.NO_ADDRESS),
        (2, BOB, NotSentReason.NOT_SUBSCRIBED),
        (3, None, NotSentReason.NO_ADDRESS),
        (4, None, NotSentReason.NO_ADDRESS),
    ]
    assert his not in [each.contact_id for each in left]
    assert marketer.messages(orders.campaign_id) == [ANN]


def test_nobody_gets_any_of_a_cancelled_campaign(marketer: Marketer, orders: Campaign) -> None:
    (left,) = make(marketer, orders, Single(key_of(marketer, ANN), 1, None), cancelled=True)

    assert left.reason is NotSentReason.CAMPAIGN_CANCELLED
    assert marketer.messages(orders.campaign_id) == []
    assert orders.channel is Channel.EMAIL
