"""Campaigns as they are kept: found, listed, fed by `send`, linked; each account's its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.templates import Content, Variant
from postroom.store import campaigns
from postroom.store.campaigns import Campaign, NewCampaign, Options, Which
from postroom.store.database import Connection, Database
from tests.conftest import Person

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
CONTENT = Content(Channel.EMAIL, {"": Variant("Hello", "<p>Hello</p>")}, sender="news@example.com")
NEW = NewCampaign(
    name="Spring",
    kind=CampaignKind.ONE_SHOT,
    list_id=7,
    template_id=2,
    content=CONTENT,
    options=Options(),
    created_by="alice",
)
ORDERS = replace(NEW, name="Orders", kind=CampaignKind.TRANSACTIONAL, running=True)


@dataclass(frozen=True)
class Link:
    """A link of a content."""

    link_id: int
    url: str
    name: str = ""
    categories: list[str] = field(default_factory=list)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def alices(alice: Person) -> int:
    return alice.account.account_id


@pytest.fixture
def charlies(charlie: Person) -> int:
    return charlie.account.account_id


def make(connection: Connection, account_id: int, **changes: Any) -> Campaign:
    return campaigns.create_campaign(connection, account_id, replace(NEW, **changes), now=NOW)


def links(connection: Connection, campaign: Campaign) -> list[tuple[int, str, str, list[str]]]:
    rows = connection.execute(
        "select link_id, url, name, categories from campaign_links where campaign_id = %s order by link_id",
        (campaign.campaign_id,),
    )
    return [(row["link_id"], row["url"], row["name"], row["categories"]) for row in rows]


def test_a_campaign_is_read_as_it_was_written(connection: Connection, alices: int) -> None:
    options = Options(
        segment_id=3,
        seed_list_id=4,
        format=99,
        subject="Now",
        notify_email="boss@example.com",
        target_rss=True,
        partner={"columns": ["city"]},
    )
    made = make(connection, alices, options=options)

    assert campaigns.campaign_by_id(connection, alices, made.campaign_id) == made
    assert (made.options, made.content, made.state) == (options, CONTENT, CampaignState.DRAFT)
    assert (made.created_at, made.created_by, made.launched_at) == (NOW, "alice", None)


def test_what_is_as_usual_is_not_kept() -> None:
    assert Options().as_json() == {}
    assert Options(format=2).as_json() == {"format": 2}


def test_a_campaign_is_found_by_id_and_by_name_the_newest(connection: Connection, alices: int) -> None:
    first, second = make(connection, alices), make(connection, alices)
    make(connection, alices, is_test=True)

    assert campaigns.campaign_named(connection, alices, str(first.campaign_id)) == first
    assert campaigns.campaign_named(connection, alices, "Spring") == second
    for absent in ("Summer", "999999", str(2**70)):
        with pytest.raises(Missing):
            campaigns.campaign_named(connection, alices, absent)


def test_campaigns_are_listed_the_newest_first(connection: Connection, alices: int) -> None:
    made = [make(connection, alices).campaign_id for _ in range(4)]
    locked = campaigns.lock_campaign(connection, alices, made[0])
    campaigns.update_campaign(connection, locked, state=CampaignState.CANCELLED)

    def listed(which: Which) -> list[int]:
        return [each.campaign_id for each in campaigns.campaigns_of_account(connection, alices, which)]

    assert listed(Which()) == made[::-1]
    assert listed(Which(limit=2)) == made[:1:-1]
    assert listed(Which(before=made[2])) == made[1::-1]
    assert listed(Which(state=CampaignState.CANCELLED)) == made[:1]
    assert listed(Which(before=2**70)) == made[::-1]
    assert campaigns.count_campaigns(connection, alices, Which()) == 4
    assert campaigns.count_campaigns(connection, alices, Which(state=CampaignState.CANCELLED)) == 1
    assert campaigns.count_campaigns(connection, alices, Which(is_test=True)) == 0


def test_a_change_keeps_what_it_does_not_name(connection: Connection, alices: int) -> None:
    made = make(connection, alices)
    sms = replace(CONTENT, channel=Channel.SMS)

    changed = campaigns.update_campaign(
        connection, made, state=CampaignState.SCHEDULED, scheduled_at=NOW, content=sms
    )

    assert changed == campaigns.campaign_by_id(connection, alices, made.campaign_id)
    assert (changed.channel, changed.name, changed.scheduled_at) == (Channel.SMS, "Spring", NOW)


def test_what_send_feeds_is_one_for_each_list_name_template_and_subject(
    connection: Connection, alices: int
) -> None:
    first, made = campaigns.sticky_campaign(connection, alices, ORDERS, now=NOW)
    again, anew = campaigns.sticky_campaign(connection, alices, ORDERS, now=NOW + timedelta(days=1))

    assert (made, anew) == (True, False)
    assert again == first
    assert (first.state, first.launched_at) == (CampaignState.RUNNING, NOW)
    for other in (
        replace(ORDERS, list_id=8),
        replace(ORDERS, name="Other"),
        replace(ORDERS, template_id=3),
        replace(ORDERS, options=Options(subject="Now")),
    ):
        assert campaigns.sticky_campaign(connection, alices, other, now=NOW)[1]


def test_a_mended_template_is_mended_for_all_messages_to_come(connection: Connection, alices: int) -> None:
    first, _made = campaigns.sticky_campaign(connection, alices, ORDERS, now=NOW)
    mended = replace(CONTENT, variants={"": Variant("Hello!", "<p>Hello!</p>")})

    again, anew = campaigns.sticky_campaign(connection, alices, replace(ORDERS, content=mended), now=NOW)

    assert (again.campaign_id, anew, again.content) == (first.campaign_id, False, mended)


def test_links_keep_their_numbers_and_none_is_forgotten(connection: Connection, alices: int) -> None:
    campaign = make(connection, alices)
    campaigns.set_links(
        connection, campaign, [Link(1, "https://a.example"), Link(2, "https://b.example", "B", ["x", "y"])]
    )
    campaigns.set_links(connection, campaign, [Link(1, "https://c.example", "C")])
    campaigns.set_links(connection, campaign, [])

    assert links(connection, campaign) == [
        (1, "https://c.example", "C", []),
        (2, "https://b.example", "B", ["x", "y"]),
    ]


def test_campaigns_that_are_due_or_quiet_are_found(connection: Connection, alices: int) -> None:
    due, later, quiet = (make(connection, alices) for _ in range(3))
    campaigns.update_campaign(connection, due, state=CampaignState.SCHEDULED, scheduled_at=NOW)
    hour = timedelta(hours=1)
    campaigns.update_campaign(connection, later, state=CampaignState.SCHEDULED, scheduled_at=NOW + hour)
    campaigns.update_campaign(connection, quiet, state=CampaignState.RUNNING, launched_at=NOW)
    campaigns.sticky_campaign(connection, alices, ORDERS, now=NOW)

    assert campaigns.due_campaigns(connection, NOW) == [(alices, due.campaign_id, NOW)]
    assert campaigns.quiet_campaigns(connection) == [(alices, quiet.campaign_id)]
    assert not campaigns.has_open_messages(connection, alices, quiet.campaign_id)


def test_nothing_of_alices_is_charlies(connection: Connection, alices: int, charlies: int) -> None:
    made = make(connection, alices)
    campaigns.sticky_campaign(connection, alices, ORDERS, now=NOW)

    for read in (campaigns.campaign_by_id, campaigns.lock_campaign):
        with pytest.raises(Missing):
            read(connection, charlies, made.campaign_id)
    with pytest.raises(Missing):
        campaigns.campaign_named(connection, charlies, "Spring")
    assert campaigns.campaigns_of_account(connection, charlies, Which()) == []
    assert campaigns.sticky_campaign(connection, charlies, ORDERS, now=NOW)[1]
