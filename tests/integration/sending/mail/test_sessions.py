"""What relays answer, and what becomes of each mail: taken, to be tried later, refused, or in doubt."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from postroom.sending.carrying import Fate, Letter
from postroom.sending.mail.session import Session, SessionEndedError
from tests.integration.notices.receivers import make_certificate
from tests.integration.sending.mail.scripted import (
    DROP,
    HANG,
    Fates,
    Script,
    letter_to,
    relay_at,
    scripted_relay,
)

ALICE, BOB, CHARLIE = "alice@example.org", "bob@example.org", "charlie@example.org"


@pytest.fixture(params=[True, False], ids=["pipelined", "one by one"])
def script(request: pytest.FixtureRequest) -> Iterator[Script]:
    with scripted_relay(pipelining=request.param) as running:
        yield running


def carry(script: Script, *letters: Letter, **options: Any) -> tuple[Fates, SessionEndedError | None]:
    """Hand letters over by one connection; return what was told, and how it ended when that was early."""
    fates, waiting = Fates(), iter(letters)
    session = Session(relay_at(script.port, **options), hello="postroom.test")
    try:
        session.open()
        session.carry(lambda: next(waiting, None), fates)
    except SessionEndedError as ended:
        return fates, ended
    finally:
        session.close()
    return fates, None


def letters_to(*addresses: str) -> list[Letter]:
    return [letter_to(address, message_id=number) for number, address in enumerate(addresses, 1)]


def test_mails_arrive_one_after_another_over_one_connection(script: Script) -> None:
    fates, ended = carry(script, *letters_to(ALICE, BOB, CHARLIE))

    assert ended is None
    assert fates.by_address() == {ALICE: Fate.SENT, BOB: Fate.SENT, CHARLIE: Fate.SENT}
    assert script.receivers() == [ALICE, BOB, CHARLIE]
    assert script.connections == 1
    assert script.name == "postroom.test"
    assert fates.of(ALICE).provider == f"127.0.0.1:{script.port}"
    assert fates.of(ALICE).provider_id == "Q1"


def test_a_mail_arrives_as_it_was_with_its_dots(script: Script) -> None:
    body = b"Subject: Dots\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n\r\n."
    carry(script, letter_to(ALICE, body=body, sender="b-1-2-x@bounces.example.com"))

    (got,) = script.got
    assert got.content == body + b"\r\n"
    assert got.sender == "b-1-2-x@bounces.example.com"
    assert f"SIZE={len(body) + 2}" in got.options


def test_nothing_in_a_mail_passes_for_its_end_and_a_second_mail(script: Script) -> None:
    body = b"Subject: Hi\r\n\r\nHello\n.\nMAIL FROM:<x@example.com>\n.\r\nRCPT TO:<y@example.com>\r\n"
    fates, _ = carry(script, letter_to(ALICE, body=body), letter_to(BOB))

    assert fates.by_address() == {ALICE: Fate.SENT, BOB: Fate.SENT}
    assert script.receivers() == [ALICE, BOB]


def test_who_is_greylisted_is_tried_later_and_who_is_refused_never_and_the_others_get_theirs(
    script: Script,
) -> None:
    script.to_receiver = {ALICE: ["451 4.7.1 Greylisted, come back later"], BOB: ["550 5.1.1 No such user"]}

    fates, ended = carry(script, *letters_to(ALICE, BOB, CHARLIE))

    assert ended is None
    assert fates.by_address() == {ALICE: Fate.LATER, BOB: Fate.REFUSED, CHARLIE: Fate.SENT}
    assert (fates.of(BOB).code, fates.of(BOB).status) == ("550", "5.1.1")
    assert fates.of(BOB).answer == "550 5.1.1 No such user"
    assert script.receivers() == [CHARLIE]


def test_a_mail_may_be_refused_for_what_it_says(script: Script) -> None:
    script.to_mail = {ALICE: ["554 5.7.1 Looks like spam"], BOB: ["452 4.3.1 Full"]}

    fates, ended = carry(script, *letters_to(ALICE, BOB, CHARLIE))

    assert ended is None
    assert fates.by_address() == {ALICE: Fate.REFUSED, BOB: Fate.LATER, CHARLIE: Fate.SENT}


def test_a_sender_that_is_refused_is_ours_to_mend_so_nobody_bounces(script: Script) -> None:
    script.to_sender = ["550 5.7.1 Who are you?", "552 5.3.4 Too big"]

    fates, _ = carry(script, *letters_to(ALICE, BOB, CHARLIE))

    assert fates.by_address() == {ALICE: Fate.LATER, BOB: Fate.REFUSED, CHARLIE: Fate.SENT}


@pytest.mark.parametrize("place", ["to_receiver", "to_mail"])
def test_a_relay_that_closes_has_the_mail_later_and_the_next_one_not_at_all(
    script: Script, place: str
) -> None:
    setattr(script, place, {ALICE: ["421 4.3.2 Closing, too much"]})

    fates, ended = carry(script, *letters_to(ALICE, BOB))

    assert fates.by_address() == {ALICE: Fate.LATER}
    assert ended is not None
    assert (ended.left.address if ended.left else BOB) == BOB


def test_nobody_knows_what_became_of_a_mail_when_the_connection_breaks_after_its_end(script: Script) -> None:
    script.to_mail = {ALICE: [DROP]}

    fates, ended = carry(script, *letters_to(ALICE, BOB))

    assert fates.by_address() == {ALICE: Fate.IN_DOUBT}
    assert ended is not None
    assert (ended.left.address if ended.left else BOB) == BOB, "whose mail was certainly not taken"


def test_nor_when_no_answer_comes_in_time(script: Script) -> None:
    script.to_mail = {ALICE: [HANG]}

    fates, ended = carry(script, *letters_to(ALICE, BOB), final_seconds=0.2)

    assert fates.by_address() == {ALICE: Fate.IN_DOUBT}
    assert ended is not None


@pytest.mark.parametrize("how", [DROP, HANG])
def test_a_connection_that_breaks_before_the_end_leaves_no_doubt(script: Script, how: str) -> None:
    script.to_receiver = {ALICE: [how]}

    fates, ended = carry(script, *letters_to(ALICE, BOB), timeout_seconds=0.2)

    assert fates.by_address() == {ALICE: Fate.LATER}
    assert ended is not None


def test_a_connection_gets_no_more_mails_than_its_share(script: Script) -> None:
    fates, ended = carry(script, *letters_to(ALICE, BOB, CHARLIE), messages=2)

    assert ended is None
    assert fates.by_address() == {ALICE: Fate.SENT, BOB: Fate.SENT}


def test_a_relay_that_is_not_there_was_given_nothing() -> None:
    with scripted_relay() as script:
        port = script.port
    fates, ended = carry(Script(port), *letters_to(ALICE))

    assert fates.told == {}
    assert ended is not None
    assert (ended.handover.fate, ended.handover.provider) == (Fate.LATER, "")
    assert "refused" in ended.handover.answer


def test_a_mail_that_is_larger_than_the_relay_takes_is_not_sent_at_all() -> None:
    with scripted_relay(data_size_limit=100) as script:
        fates, ended = carry(script, letter_to(ALICE, body=b"x" * 99), letter_to(BOB, body=b"x" * 98))

    assert ended is None
    assert fates.of(ALICE).status == "5.3.4"
    assert fates.by_address() == {ALICE: Fate.REFUSED, BOB: Fate.SENT}


def test_an_address_that_is_not_ascii_needs_a_relay_that_takes_such() -> None:
    accented = "héloïse@example.org"
    with scripted_relay() as script:
        fates, _ = carry(script, letter_to(accented), letter_to("bob@exämple.org"))
    assert fates.by_address() == {accented: Fate.REFUSED, "bob@exämple.org": Fate.SENT}
    assert script.receivers() == ["bob@xn--exmple-cua.org"]

    with scripted_relay(enable_SMTPUTF8=True) as script:
        fates, _ = carry(script, letter_to(accented))
    assert fates.by_address() == {accented: Fate.SENT}
    assert "SMTPUTF8" in script.got[0].options


def test_a_mail_with_bytes_beyond_ascii_says_so(script: Script) -> None:
    carry(script, letter_to(ALICE, body="Subject: x\r\n\r\nété\r\n".encode()))

    assert "BODY=8BITMIME" in script.got[0].options


@pytest.mark.parametrize(
    "address", ["a@example.org>\r\nRCPT TO:<b@example.org", "a b@example.org", "a\x00@example.org"]
)
def test_no_address_can_hold_a_command(script: Script, address: str) -> None:
    fates, ended = carry(script, letter_to(address, body=b"x\r\n"), letter_to(BOB))

    assert ended is None
    assert fates.by_address() == {address: Fate.REFUSED, BOB: Fate.SENT}
    assert script.receivers() == [BOB]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mails_travel_encrypted_after_a_login(tls: Any, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with scripted_relay(certificate, tls=tls, login=tls == "starttls") as script:
        known = {"username": "postroom", "password": "rabbit"} if tls == "starttls" else {}
        fates, ended = carry(script, *letters_to(ALICE, BOB), tls=tls, authority=certificate, **known)

    assert ended is None
    assert fates.by_address() == {ALICE: Fate.SENT, BOB: Fate.SENT}
    assert script.encrypted == [True, True]
    assert script.logins == (["postroom"] if tls == "starttls" else [])


def test_a_relay_that_knows_us_not_gets_nothing(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with scripted_relay(certificate, tls="starttls", login=True) as script:
        login = {"username": "postroom", "password": "wrong"}
        fates, ended = carry(script, *letters_to(ALICE), tls="starttls", authority=certificate, **login)

    assert fates.told == {}
    assert ended is not None
    assert ended.handover.code == "535"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_broken_encryption_is_a_reason_to_come_back_later(tls: Any, tmp_path: Path) -> None:
    with scripted_relay(make_certificate(tmp_path), tls=tls) as script:
        fates, ended = carry(script, *letters_to(ALICE), tls=tls)

    assert fates.told == {}
    assert ended is not None
    assert "self-signed certificate" in ended.handover.answer


def test_a_relay_without_encryption_gets_nothing_unless_that_was_set() -> None:
    with scripted_relay() as script:
        _, ended = carry(script, *letters_to(ALICE), tls="starttls")

    assert ended is not None
    assert "STARTTLS" in ended.handover.answer
    assert script.got == []


def test_a_relay_that_speaks_something_else_gets_nothing() -> None:
    with scripted_relay() as script:
        _, ended = carry(script, *letters_to(ALICE), tls="tls")

    assert ended is not None
    assert "does not begin with TLS" in ended.handover.answer
    assert isinstance(ssl.SSLError(), OSError)
