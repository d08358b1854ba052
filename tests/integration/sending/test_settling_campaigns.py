"""All doubts of a campaign are settled in one go: what the relay took was sent, the others go out again."""

from __future__ import annotations

import pytest

from postroom.contacts.errors import Conflict, Refused
from postroom.contacts.events import EventType
from postroom.sending.settling import Settled, settle_campaign
from postroom.sending.sweeping import sweep
from tests.conftest import Person
from tests.integration.sending.going_out import Post

ANN, BOB, CAROL = "ann@example.org", "bob@example.org", "carol@example.org"


def dies_handing_over(post: Post, campaign_id: int, *addresses: str) -> list[int]:
    """Have a process die while it hands messages of a campaign over; return these."""
    messages = post.waiting(campaign_id, *addresses)
    with pytest.raises(KeyboardInterrupt):
        post.dying_at("handed over").deliver()
    return messages


def in_doubt(post: Post, campaign_id: int, *addresses: str) -> list[int]:
    messages = dies_handing_over(post, campaign_id, *addresses)
    post.clock.pass_by(minutes=5)
    sweep(post.mailroom)
    return messages


def settle(post: Post, campaign_id: int, *taken: int) -> tuple[Settled, Settled]:
    lines = {message_id: f"line {number}" for number, message_id in enumerate(taken, 1)}
    return settle_campaign(post.mailroom, post.account_id, campaign_id, lines)


def states(post: Post) -> dict[str, str]:
    return {row["address"]: row["state"] for row in post.rows()}


def test_what_was_taken_counts_as_sent_and_the_others_go_out_again(post: Post) -> None:
    campaign_id = post.campaign()
    ann, bob, carol = in_doubt(post, campaign_id, ANN, BOB, CAROL)

    sent, resent = settle(post, campaign_id, ann, carol)

    assert (list(sent.message_ids), list(resent.message_ids)) == ([ann, carol], [bob])
    assert states(post) == {ANN: "sent", BOB: "waiting", CAROL: "sent"}
    assert [event.message_id for event in post.events(EventType.SENT)] == [ann, carol]
    assert post.jobs()[-1] == (0, None)


def test_doubts_of_other_campaigns_stay(post: Post) -> None:
    one, other = post.campaign(), post.campaign()
    (ann,) = in_doubt(post, one, ANN)
    in_doubt(post, other, BOB)

    settle(post, one, ann)

    assert states(post) == {ANN: "sent", BOB: "in_doubt"}


def test_what_was_sent_without_a_doubt_may_be_in_the_file(post: Post) -> None:
    campaign_id = post.campaign()
    (ann,) = post.waiting(campaign_id, ANN)
    post.deliver()
    (bob,) = in_doubt(post, campaign_id, BOB)

    sent, _ = settle(post, campaign_id, ann, bob)

    assert list(sent.message_ids) == [bob]
    assert len(post.events(EventType.SENT)) == 2, "each is told of once"


def test_a_message_of_another_campaign_is_refused_with_its_line_and_nothing_is_settled(post: Post) -> None:
    one, other = post.campaign(), post.campaign()
    (ann,) = in_doubt(post, one, ANN)
    (bob,) = in_doubt(post, other, BOB)

    with pytest.raises(Refused, match=f"^line 2: {post.account_id}-{bob} is no message of this campaign"):
        settle(post, one, ann, bob)

    assert states(post) == {ANN: "in_doubt", BOB: "in_doubt"}


def test_a_message_whose_end_is_still_open_is_refused_with_its_line(post: Post) -> None:
    campaign_id = post.campaign()
    (ann,) = in_doubt(post, campaign_id, ANN)
    (bob,) = dies_handing_over(post, campaign_id, BOB)

    with pytest.raises(Conflict, match=f"^line 2: {post.account_id}-{bob} is claimed, not in doubt"):
        settle(post, campaign_id, ann, bob)

    assert states(post) == {ANN: "in_doubt", BOB: "claimed"}


def test_without_a_doubt_there_is_nothing_to_settle(post: Post) -> None:
    campaign_id = post.campaign()
    (ann,) = post.waiting(campaign_id, ANN)
    post.deliver()

    with pytest.raises(Conflict, match="No message of this campaign is in doubt"):
        settle(post, campaign_id, ann)


def test_charlie_settles_nothing_of_alices(post: Post, charlie: Person) -> None:
    campaign_id = post.campaign()
    (ann,) = in_doubt(post, campaign_id, ANN)

    with pytest.raises(Refused):
        settle_campaign(post.mailroom, charlie.account.account_id, campaign_id, {ann: "line 1"})

    assert states(post) == {ANN: "in_doubt"}
