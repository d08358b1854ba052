"""A launch is killed wherever it may be: each person has one message or one reason in the end, never two."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from postroom.contacts.campaigns import CampaignState
from postroom.drops.room import Room
from postroom.sending import campaigns as sending
from postroom.store import campaigns
from tests.conftest import Person
from tests.crash.killing import asked, forking
from tests.integration.drops.batching import realm_of
from tests.integration.sending.marketing import BY, Marketer

pytestmark = pytest.mark.crash

PEOPLE = [f"p{number}@example.com" for number in range(20)]
Launch = Callable[[int | None, str], int]


@contextmanager
def killable(url: str, blobs: Path, account_id: int) -> Iterator[Launch]:
    """Yield what launches a campaign, or carries out requests, until a step; it returns the signal."""
    with forking("tests.crash.killable_launcher", url, str(blobs)) as process:

        def launch(campaign_id: int | None, step: str) -> int:
            order = {"account_id": account_id, "campaign_id": campaign_id, "step": step}
            return int(asked(process, json.dumps(order)))

        yield launch


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    return Marketer(room, alice)


def test_a_launch_that_dies_anywhere_is_made_once(
    marketer: Marketer, database_url: str, tmp_path: Path
) -> None:
    news = marketer.news(*PEOPLE)
    for address in PEOPLE[:5]:
        marketer.optout("EMAIL", address)
    campaign_id = marketer.draft(news)
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)

    with killable(database_url, tmp_path / "blobs", marketer.account_id) as launch:
        for step in ("campaign locked", "messages made", "campaign running", "events recorded"):
            assert launch(campaign_id, step) == signal.SIGKILL
            assert marketer.messages(campaign_id) == []
            assert marketer.not_sent(campaign_id) == {}
        assert launch(campaign_id, "committed") == signal.SIGKILL
        for _again in range(2):
            assert launch(campaign_id, "") == 0

    assert sorted(marketer.messages(campaign_id)) == sorted(PEOPLE[5:])
    assert sorted(str(each) for each in marketer.not_sent(campaign_id)) == PEOPLE[:5]
    assert marketer.campaign(campaign_id).state is CampaignState.RUNNING
    assert marketer.states(campaign_id) == ["scheduled", "running"]


def test_requests_that_are_carried_out_by_the_dying_are_carried_out_once(
    marketer: Marketer, room: Room, database_url: str, tmp_path: Path
) -> None:
    realm = realm_of(room, marketer.person)
    news, template = realm.new_list(), marketer.template()
    data = "^".join(PEOPLE)
    realm.run(
        f"cmd=send&list_id={news}&template_id={template}&campaign_name=Orders&data=email^{data}",
        f"cmd=launch&list_id={news}&template_id={template}&format=1&campaign_name=May",
    )

    with killable(database_url, tmp_path / "blobs", marketer.account_id) as carry_out:
        for step in ("requests taken", "requests settled", "requests recorded", "requests committed"):
            assert carry_out(None, step) == signal.SIGKILL
        assert carry_out(None, "") == 0

    with room.database.transaction() as connection:
        may, orders = campaigns.campaigns_of_account(connection, marketer.account_id, campaigns.Which())
    assert (may.name, may.state, orders.name) == ("May", CampaignState.SCHEDULED, "Orders")
    assert marketer.messages(orders.campaign_id) == PEOPLE
    assert marketer.states(orders.campaign_id) == ["running"]
