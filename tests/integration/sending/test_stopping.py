"""Campaigns that are stopped while their messages go out, and relays that do not answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.app.waiting import until
from tests.integration.sending.going_out import FakeCarrier, Post

BOB, CAROL = "bob@example.org", "carol@example.org"


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_what_is_claimed_stays_when_its_campaign_is_stopped(
    post: Post, carrier: FakeCarrier, state: str
) -> None:
    campaign_id = post.campaign()
    other = post.campaign(name="Other")
    post.waiting(campaign_id, *(f"{number}@example.org" for number in range(5)))
    post.waiting(other, BOB)
    few = replace(post, options={"at_once": 2})
    carrier.before = lambda: post.set_state(campaign_id, state)

    few.deliver()

    assert carrier.addresses() == ["0@example.org", "1@example.org", BOB]
    assert post.counts() == {"sent": 3, "waiting": 3}
    assert {row["attempts"] for row in post.rows() if row["state"] == "waiting"} == {0}
    assert post.claims() == 0


def test_a_campaign_that_goes_on_sends_the_rest(post: Post, carrier: FakeCarrier) -> None:
    campaign_id = post.campaign()
    post.waiting(campaign_id, BOB, CAROL)
    carrier.before = lambda: post.set_state(campaign_id, "paused")
    replace(post, options={"at_once": 1}).deliver()

    carrier.before = lambda: None
    post.set_state(campaign_id, "running")
    post.deliver()

    assert carrier.addresses() == [BOB, CAROL]


def test_what_is_due_need_not_wait_for_an_answer_that_does_not_come(post: Post, carrier: FakeCarrier) -> None:
    def answer_late() -> None:
        carrier.before = lambda: None
        post.waiting(post.campaign(name="Other"), CAROL)
        until(lambda: (1, None) in post.jobs())
        post.deliver(lane=1)

    post.waiting(post.campaign(), BOB)
    carrier.before = answer_late
    replace(post, options={"relief_seconds": 0.01}).deliver()

    assert carrier.addresses() == [CAROL, BOB]
