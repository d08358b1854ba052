"""Several relays share the mails by weight, over connections that stay; those in trouble are left alone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from postroom.sending.carrying import Fate, Letter
from postroom.sending.mail.posting import PAUSES, RelayPost
from postroom.sending.mail.relays import Relay
from tests.integration.notices.receivers import make_certificate
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


def test_connections_that_fail_at_a_time_are_one_trouble() -> None:
    clock = Seconds()
    with post_by(nowhere(), monotonic=clock) as post:
        fates = carry(post, letters(40))

    assert {fates.of(letter.address).wait for letter in letters(40)} == {timedelta(seconds=PAUSES[0])}


def told_to_the_log(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    told = [(each.levelname, each.getMessage()) for each in caplog.records]
    caplog.clear()
    return told


def test_the_log_tells_of_a_wrong_password_once_and_never_what_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, certificate = Seconds(), make_certificate(tmp_path)
    with scripted_relay(certificate, tls="starttls", login=True) as script:
        wrong = relay_at(script.port, tls="starttls", authority=certificate, username="post", password="hare")
        with post_by(wrong, monotonic=clock) as post:
            carry(post, letters(20))
            first = told_to_the_log(caplog)
            clock.now += PAUSES[0]
            carry(post, letters(20))

    said = f"relay {wrong.name} does not work: it refuses our login: 535 5.7.8 "
    assert [level for level, _ in first] == ["WARNING"]
    assert first[0][1].startswith(said)
    assert first[0][1].endswith("; it is left alone for 5 s")
    assert "hare" not in first[0][1]
    assert told_to_the_log(caplog) == [], "the same answer again is nothing new"


def test_the_log_tells_when_a_trouble_is_another_one_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "postroom.sending")
    clock = Seconds()
    with scripted_relay() as script, post_by(relay_at(script.port), monotonic=clock) as post:
        for answer in ("421 4.3.2 Shutting down", "421 4.7.0 Too many of you", "250 OK"):
            script.to_sender = [answer]
            carry(post, letters(1))
            clock.now += PAUSES[-1]
        told = told_to_the_log(caplog)

    name = f"relay 127.0.0.1:{script.port}"
    assert told == [
        ("WARNING", f"{name} does not work: 421 4.3.2 Shutting down; it is left alone for 5 s"),
        ("WARNING", f"{name} does not work: 421 4.7.0 Too many of you; it is left alone for 15 s"),
        ("INFO", f"{name} works again"),
    ]


def test_the_log_tells_of_a_sender_that_is_refused_not_of_each_of_its_mails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "postroom.sending")
    with scripted_relay() as script, post_by(relay_at(script.port, connections=1)) as post:
        script.to_sender = [f"550 5.7.1 b{number}@example.com may not send" for number in range(3)]
        carry(post, letters(3))
        refused = told_to_the_log(caplog)
        carry(post, letters(3, 3))

    name = f"relay 127.0.0.1:{script.port}"
    why = "550 5.7.1 b0@example.com may not send; they are tried again later"
    assert refused == [("WARNING", f"{name} refuses mails from example.com: {why}")]
    assert told_to_the_log(caplog) == [("INFO", f"{name} takes mails from example.com again")]


def test_the_log_says_nothing_of_receivers_that_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    with scripted_relay() as script, post_by(relay_at(script.port)) as post:
        script.to_receiver = {"p0@example.org": ["550 5.1.1 No such user"], "p1@example.org": ["450 Later"]}
        carry(post, letters(3))

    assert told_to_the_log(caplog) == []
