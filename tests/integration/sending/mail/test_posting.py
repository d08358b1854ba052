"""Several relays share the mails by weight, over connections that stay; those in trouble are left alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from postroom.sending.carrying import Fate, Letter
from postroom.sending.mail.posting import PAUSES, RelayPost
from postroom.sending.mail.relays import Relay
from tests.integration.sending.mail.scripted import (
    DROP,
    Fates,
    letter_to,
    relay_at,
    scripted_relay,
)


class Seconds:
    """A clock of the relays that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def post_by(*relays: Relay, monotonic: Any = None) -> Iterator[RelayPost]:
    post = RelayPost(relays, **({"monotonic": monotonic} if monotonic else {}))
    try:
        yield post
    finally:
        post.close()


def letters(count: int, start: int = 0) -> list[Letter]:
    return [letter_to(f"p{number}@example.org", message_id=number) for number in range(start, start + count)]


def carry(post: RelayPost, sent: list[Letter]) -> Fates:
    fates = Fates()
    post.carry(sent, fates)
    assert set(fates.told) == {letter.address for letter in sent}, "each is told of once"
    return fates


def nowhere() -> Relay:
    with scripted_relay() as script:
        return relay_at(script.port)


def test_relays_share_the_mails_by_their_weights() -> None:
    with (
        scripted_relay() as big,
        scripted_relay() as small,
        post_by(relay_at(big.port, weight=3), relay_at(small.port)) as post,
    ):
        fates = carry(post, letters(40))

    assert set(fates.by_address().values()) == {Fate.SENT}
    assert (len(big.got), len(small.got)) == (30, 10)
    assert len({*big.receivers(), *small.receivers()}) == 40


def test_connections_stay_for_the_next_mails_and_are_no_more_than_set() -> None:
    with scripted_relay() as script, post_by(relay_at(script.port, connections=2)) as post:
        for start in range(0, 200, 50):
            carry(post, letters(50, start))

        assert len(script.got) == 200
        assert script.connections <= 2


def test_a_few_mails_need_one_connection() -> None:
    with scripted_relay() as script, post_by(relay_at(script.port, connections=8)) as post:
        carry(post, letters(3))

        assert script.connections == 1


def test_a_connection_is_closed_after_its_share() -> None:
    with scripted_relay() as script, post_by(relay_at(script.port, connections=1, messages=10)) as post:
        carry(post, letters(25))

        assert len(script.got) == 25
        assert script.connections == 3


def test_connections_are_shared_by_all_who_send_at_a_time() -> None:
    with scripted_relay() as script, post_by(relay_at(script.port, connections=2)) as post:
        senders = [
            threading.Thread(target=carry, args=(post, letters(30, 100 * number))) for number in range(4)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()

    assert len(set(script.receivers())) == len(script.got) == 120
    assert script.most_at_once <= 2


def test_what_a_relay_in_trouble_was_to_have_goes_by_another() -> None:
    with scripted_relay() as script, post_by(nowhere(), relay_at(script.port)) as post:
        fates = carry(post, letters(20))

    assert set(fates.by_address().values()) == {Fate.SENT}
    assert len(script.got) == 20


def test_where_no_relay_is_mails_wait_and_the_relay_is_left_alone_for_longer_each_time() -> None:
    clock = Seconds()
    with post_by(nowhere(), monotonic=clock) as post:
        for pause in (*PAUSES, PAUSES[-1]):
            handover = carry(post, letters(1)).of("p0@example.org")
            assert (handover.fate, handover.provider) == (Fate.LATER, "")
            assert handover.wait == timedelta(seconds=pause)
            assert "refused" in handover.answer
            clock.now += pause


def test_a_relay_that_is_back_is_used_again() -> None:
    clock = Seconds()
    with scripted_relay() as script, post_by(relay_at(script.port), monotonic=clock) as post:
        script.to_sender = ["421 4.3.2 Shutting down"]
        first = carry(post, letters(2))
        assert set(first.by_address().values()) == {Fate.LATER}
        assert script.got == []

        assert carry(post, letters(1)).of("p0@example.org").provider == "", "it is left alone"
        clock.now += PAUSES[0]
        assert carry(post, letters(1)).of("p0@example.org").fate is Fate.SENT


def test_a_connection_that_died_while_it_rested_costs_no_mail_its_attempt() -> None:
    with scripted_relay() as script, post_by(relay_at(script.port, connections=1)) as post:
        carry(post, letters(1))
        script.hang_up()
        fates = carry(post, letters(1, 1))

        assert fates.of("p1@example.org").fate is Fate.SENT
        assert script.connections == 2


def test_a_mail_in_doubt_is_not_sent_by_another_connection() -> None:
    with scripted_relay() as script, post_by(relay_at(script.port, connections=1)) as post:
        script.to_mail = {"p3@example.org": [DROP]}
        fates = carry(post, letters(10))

    assert fates.of("p3@example.org").fate is Fate.IN_DOUBT
    assert sorted(script.receivers()) == sorted(letter.address for letter in letters(10))
    assert list(fates.by_address().values()).count(Fate.SENT) == 9


def test_a_relay_that_breaks_off_at_every_mail_is_not_asked_for_all_of_them() -> None:
    clock = Seconds()
    with scripted_relay() as script, post_by(relay_at(script.port, connections=1), monotonic=clock) as post:
        script.to_receiver = {letter.address: [DROP] for letter in letters(50)}
        fates = carry(post, letters(50))

    assert set(fates.by_address().values()) == {Fate.LATER}
    assert script.connections == 1
