"""When `postroom campaign show` says that nothing of a campaign goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from postroom.cli.campaign_facts import stuck
from postroom.contacts.campaigns import CampaignState
from postroom.store.campaign_counts import Counts
from postroom.store.campaigns import Campaign
from tests.unit.sending.test_reporting import NOON, SPRING

WAITING = Counts(targeted=3, waiting=3)
RUNNING = replace(SPRING, state=CampaignState.RUNNING)


def test_after_ten_minutes_without_a_message_sent_it_is_said() -> None:
    said = stuck(RUNNING, WAITING, NOON + timedelta(minutes=12))

    assert said is not None
    assert "12 minutes" in said
    assert "EMAIL" in said


@pytest.mark.parametrize(
    ("campaign", "counts", "minutes"),
    [
        (RUNNING, WAITING, 9),
        (RUNNING, replace(WAITING, sent=1), 60),
        (RUNNING, Counts(), 60),
        (replace(RUNNING, state=CampaignState.PAUSED), WAITING, 60),
        (replace(RUNNING, state=CampaignState.SCHEDULED, launched_at=None), WAITING, 60),
    ],
)
def test_before_that_and_otherwise_it_is_not(campaign: Campaign, counts: Counts, minutes: int) -> None:
    assert stuck(campaign, counts, NOON + timedelta(minutes=minutes)) is None
