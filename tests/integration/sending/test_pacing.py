"""No account and no domain gets more a minute than it may, however many processes send."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from postroom.contacts.paces import Paces
from postroom.contacts.settings import AccountSettings
from postroom.drops.room import Room
from postroom.sending.carrying import Fate, Handover
from postroom.sending.claiming import paces_of
from postroom.sending.recording import BUSY_AFTER, BUSY_FOR
from postroom.sending.sweeping import sweep
from tests.conftest import Person
from tests.integration.sending.going_out import START, FakeCarrier, Post

GREYLISTED = Handover(Fate.LATER, "fake", code="451", status="4.7.1", answer="451 4.7.1 Greylisted")


def throttle(post: Post, per_minute: int = 0, **domains: int) -> None:
    named = {name.replace("_", "."): limit for name, limit in domains.items()}
    post.options = {"paces": Paces(per_minute, named)}


def sent_within(post: Post, carrier: FakeCarrier, seconds: int, step: int = 5) -> list[int]:
    """Let time pass; return how many messages had gone after each step."""
    counts = []
    for _ in range(0, seconds, step):
        post.deliver()
        counts.append(len(carrier.letters))
        post.clock.pass_by(seconds=step)
    return counts


def test_an_account_sends_no_more_than_it_may(post: Post, carrier: FakeCarrier) -> None:
    throttle(post, 60)
    post.many(post.campaign(), 200)

    counts = sent_within(post, carrier, 120)

    # One a second, and what could have gone in the ten seconds before.
    assert counts[0] == 11
    assert [count - counts[0] for count in counts] == [5 * step for step in range(24)]


def test_a_pace_holds_for_all_lanes_together(post: Post, carrier: FakeCarrier) -> None:
    throttle(post, 60)
    post.many(post.campaign(), 50)

    for lane in range(4):
        post.deliver(lane)

    assert len(carrier.letters) == 11
    assert post.jobs()[-1][1] == START + timedelta(seconds=10), "soon enough for the burst"


def test_each_domain_has_its_own_pace_and_the_others_go_at_once(post: Post, carrier: FakeCarrier) -> None:
    throttle(post, gmail_com=6)
    campaign_id = post.campaign()
    post.many(campaign_id, 20, "gmail.com")
    post.many(campaign_id, 20, "example.org")

    post.deliver()
    domains = Counter(each.rpartition("@")[2] for each in carrier.addresses())
    assert domains == {"example.org": 20, "gmail.com": 1}
    counts = sent_within(post, carrier, 60, step=10)
    assert [count - 21 for count in counts] == [0, 1, 2, 3, 4, 5]


def test_a_message_is_put_off_once_not_again_and_again(post: Post, carrier: FakeCarrier) -> None:
    throttle(post, gmail_com=60)
    post.many(post.campaign(), 30, "gmail.com")

    post.deliver()

    later = sorted(row["due_at"] for row in post.rows() if row["state"] == "waiting")
    assert len(later) == 29
    assert later == [START + timedelta(seconds=second) for second in range(1, 30)]
    post.clock.pass_by(seconds=5)
    post.deliver()
    assert sorted(row["due_at"] for row in post.rows() if row["state"] == "waiting") == later[5:]


def test_a_star_is_every_other_domain(post: Post, carrier: FakeCarrier) -> None:
    post.options = {"paces": Paces(0, {"*": 6, "example.org": 0})}
    campaign_id = post.campaign()
    for domain in ("example.org", "gmail.com", "orange.fr"):
        post.many(campaign_id, 5, domain)

    post.deliver()

    domains = Counter(each.rpartition("@")[2] for each in carrier.addresses())
    assert domains == {"example.org": 5, "gmail.com": 1, "orange.fr": 1}


def test_turns_that_a_pause_made_everybody_miss_are_given_anew(post: Post, carrier: FakeCarrier) -> None:
    throttle(post, gmail_com=60)
    campaign_id = post.campaign()
    post.many(campaign_id, 60, "gmail.com")
    post.deliver()
    assert len(carrier.letters) == 1
    post.set_state(campaign_id, "paused")
    post.clock.pass_by(hours=1)
    post.set_state(campaign_id, "running")

    post.deliver()

    assert len(carrier.letters) == 2, "not all at once"


def test_an_account_may_say_otherwise_than_the_installation() -> None:
    general = Paces(600, {"gmail.com": 60, "*": 300})
    own = AccountSettings().changed(
        {"send_per_minute": "100", "domains_per_minute": "gmail.com=30, orange.fr=5"}
    )

    assert paces_of(AccountSettings(), general) == general
    assert paces_of(own, general) == Paces(100, {"gmail.com": 30, "orange.fr": 5, "*": 300})


def test_an_accounts_own_pace_is_kept(post: Post, carrier: FakeCarrier) -> None:
    post.many(post.campaign(), 50)
    with post.room.database.transaction() as connection:
        connection.execute(
            "update accounts set settings = settings || '{\"send_per_minute\": 60}' where account_id = %s",
            [post.account_id],
        )

    post.deliver()

    assert len(carrier.letters) == 11


def test_a_domain_that_puts_everybody_off_is_left_alone_for_a_while(post: Post, carrier: FakeCarrier) -> None:
    campaign_id = post.campaign()
    post.many(campaign_id, BUSY_AFTER, "busy.example")
    carrier.otherwise = GREYLISTED
    post.deliver()
    carrier.otherwise = FakeCarrier().otherwise
    tried = len(carrier.letters)
    post.waiting(campaign_id, "bob@busy.example", "bob@example.org")

    post.deliver()

    assert carrier.addresses()[tried:] == ["bob@example.org"]
    bob = next(row for row in post.rows() if row["address"] == "bob@busy.example")
    assert (bob["attempts"], bob["due_at"]) == (0, START + BUSY_FOR)

    post.clock.pass_by(seconds=BUSY_FOR.total_seconds())
    sweep(post.mailroom)
    post.deliver()
    assert "bob@busy.example" in carrier.addresses()


def test_one_mail_that_was_taken_shows_that_a_domain_is_not_busy(post: Post, carrier: FakeCarrier) -> None:
    campaign_id = post.campaign()
    post.many(campaign_id, BUSY_AFTER + 1, "example.org")
    carrier.otherwise = GREYLISTED
    carrier.answers = {"p1@example.org": Handover(Fate.SENT, "fake", answer="250 OK")}
    post.deliver()
    tried = len(carrier.letters)
    post.waiting(campaign_id, "bob@example.org")

    post.deliver()

    assert carrier.addresses()[tried:] == ["bob@example.org"]


def test_charlies_messages_do_not_use_up_alices_pace(
    post: Post, carrier: FakeCarrier, room: Room, charlie: Person
) -> None:
    throttle(post, 60)
    post.many(post.campaign(), 20)
    charlies = Post(room, charlie, FakeCarrier(), options=post.options)
    charlies.many(charlies.campaign(), 20)

    charlies.deliver()
    post.deliver()

    assert len(carrier.letters) == 11
