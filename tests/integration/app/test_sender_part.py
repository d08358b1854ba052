"""The part that sends, as it is put together: its worker finds the jobs of campaigns and does them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from postroom.app.bootstrap import build
from postroom.app.parts.sender import make_sender
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.drops.room import Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.worker import Worker
from postroom.sending import campaigns as sending
from postroom.store import campaigns
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.drops.batching import realm_of
from tests.integration.sending.marketing import BY, Clock, Marketer

JANE, BOB = "jane@domain.com", "bob@domain.com"


@pytest.fixture
def sender(database: Database, database_url: str, tmp_path: Path) -> Worker:
    """Return the worker of a part that has nobody to hand messages to."""
    settings = Settings.load({"data": tmp_path / "data"})
    postroom = build(settings, database_url, database, Readers())
    return make_sender(postroom, make_mailroom(settings, postroom.room))


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    return Marketer(room, alice, Clock(room.clock() - timedelta(seconds=1)))


def test_a_launch_becomes_messages(sender: Worker, marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(JANE, BOB))
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)

    sender.run_until_idle()

    assert sorted(marketer.messages(campaign_id)) == [BOB, JANE]
    assert marketer.campaign(campaign_id).state is CampaignState.RUNNING


def test_what_a_batch_asks_for_becomes_messages(sender: Worker, marketer: Marketer, room: Room) -> None:
    realm = realm_of(room, marketer.person)
    news, template = realm.new_list(), marketer.template()
    realm.run(
        f"cmd=send&list_id={news}&template_id={template}&campaign_name=Orders&data=email^{JANE}",
        f"cmd=launch&list_id={news}&template_id={template}&format=1&campaign_name=May",
    )

    sender.run_until_idle()

    with room.database.transaction() as connection:
        may, orders = campaigns.campaigns_of_account(connection, marketer.account_id, campaigns.Which())
    assert (may.name, may.kind, may.state) == ("May", CampaignKind.ONE_SHOT, CampaignState.RUNNING)
    assert (orders.name, orders.kind) == ("Orders", CampaignKind.TRANSACTIONAL)
    assert marketer.messages(may.campaign_id) == [JANE]
    assert marketer.messages(orders.campaign_id) == [JANE]


def test_a_campaign_that_is_not_due_is_left_alone(sender: Worker, marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(JANE))
    at = marketer.clock() + timedelta(days=1)
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY, at=at)

    sender.run_until_idle()

    assert marketer.messages(campaign_id) == []
    assert marketer.campaign(campaign_id).state is CampaignState.SCHEDULED
