"""What relays answer, word for word, and what that makes of a mail."""

from __future__ import annotations

import smtplib

import pytest

from postroom.sending.carrying import Fate
from postroom.sending.mail.relays import Relay
from postroom.sending.mail.replies import Reply, from_error, lost, one_line, refusal_of

RELAY = Relay("relay.example.com", 587)
GOOD, GO_ON = Reply(250, "2.1.0 Ok"), Reply(354, "Go ahead")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.1.1 No such user", "5.1.1"),
        ("4.7.1", "4.7.1"),
        ("No such user", ""),
        ("5.1.1x", ""),
        ("9.1.1 x", ""),
    ],
)
def test_an_enhanced_status_stands_at_the_beginning_or_not_at_all(text: str, status: str) -> None:
    assert Reply(550, text).status == status


@pytest.mark.parametrize(
    ("replies", "fate"),
    [
        ((Reply(450, "later"),), Fate.LATER),
        ((Reply(550, "who are you"),), Fate.LATER),
        ((Reply(552, "too large"),), Fate.REFUSED),
        ((GOOD, Reply(450, "greylisted"), Reply(503, "no receiver")), Fate.LATER),
        ((GOOD, Reply(550, "no such user"), Reply(503, "no receiver")), Fate.REFUSED),
        ((GOOD, Reply(550, "no such user"), GO_ON), Fate.REFUSED),
        ((GOOD, GOOD, Reply(554, "no")), Fate.REFUSED),
        ((GOOD, GOOD, Reply(250, "what?")), Fate.LATER),
    ],
)
def test_the_first_answer_that_is_not_good_decides(replies: tuple[Reply, ...], fate: Fate) -> None:
    refusal = refusal_of(replies, "relay")

    assert refusal is not None
    assert refusal.fate is fate


def test_a_mail_may_follow_when_all_answers_are_good() -> None:
    assert refusal_of((GOOD, GOOD, GO_ON), "relay") is None


def test_the_name_of_a_mail_at_the_relay_is_kept() -> None:
    sent = Reply(250, "2.0.0 Ok: queued as 4XyZ-1.a").handover(Fate.SENT, "relay")

    assert sent.provider_id == "4XyZ-1.a"
    assert Reply(450, "queued as 4XyZ").handover(Fate.LATER, "relay").provider_id is None


def test_an_answer_is_one_printable_line_of_bounded_length() -> None:
    assert one_line("first\r\n second\tthird\x1b[31m") == "first second third?[31m"
    assert len(one_line("x" * 10_000)) == 300


def test_what_kept_us_from_connecting_is_told_with_its_code() -> None:
    refused = from_error(smtplib.SMTPAuthenticationError(535, b"5.7.8 wrong password"), RELAY)

    assert (refused.fate, refused.provider, refused.code, refused.status) == (Fate.LATER, "", "535", "5.7.8")
    assert refused.answer == "it refuses our login: 535 5.7.8 wrong password"
    assert from_error(smtplib.SMTPConnectError(554, "go away"), RELAY).answer == "554 go away"
    assert lost(ConnectionResetError(), Fate.IN_DOUBT, "relay").answer == "ConnectionResetError"
