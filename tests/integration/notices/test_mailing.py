"""One attempt at a mail, against a real mail server."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from postroom.notices import targets
from postroom.notices.carrying import Answer, Parcel, Verdict
from postroom.notices.delivering import attempt
from postroom.notices.mails import MailConfig, MailPost, NoMail
from postroom.notices.message import Event
from tests.integration.drops.clock import Clock
from tests.integration.notices.conftest import Notices
from tests.integration.notices.receivers import Mailbox, mail_server, make_certificate

CONTENT = {
    "subject": "Refusé : été.csv",
    "opening": "Le fichier a été refusé.",
    "facts": [["compte", "acme"]],
}
DELIVERED = Answer(Verdict.DELIVERED, "taken by the mail server")


def send(port: int, to: str = "ops@example.com", **options: Any) -> Answer:
    config = MailConfig(
        host="127.0.0.1",
        port=port,
        sender="postroom@example.com",
        timeout_seconds=5.0,
        **{"tls": "none", **options},
    )
    return MailPost(config).carry(Parcel("msg_1", to, CONTENT, datetime.now(UTC)))


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    certificate = make_certificate(tmp_path)
    return certificate, ssl.create_default_context(cafile=str(certificate))


def test_a_mail_arrives() -> None:
    with mail_server() as mailbox:
        assert send(mailbox.port) == DELIVERED

    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("ops@example.com", "Refusé : été.csv")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_travels_encrypted_after_a_login(tls: str, trusted: tuple[Path, ssl.SSLContext]) -> None:
    certificate, trust = trusted
    with mail_server(certificate, tls=tls, login=tls == "starttls") as mailbox:
        login = {"username": "postroom", "password": "rabbit"} if tls == "starttls" else {}
        answer = send(mailbox.port, tls=tls, trust=trust, **login)

    assert answer == DELIVERED
    assert mailbox.encrypted == [True]
    assert mailbox.logins == ([("postroom", "rabbit")] if tls == "starttls" else [])


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_is_not_given_to_a_server_that_nobody_vouches_for(
    tls: str, trusted: tuple[Path, ssl.SSLContext]
) -> None:
    certificate, _ = trusted
    with mail_server(certificate, tls=tls) as mailbox:
        answer = send(mailbox.port, tls=tls)

    assert answer.verdict is Verdict.LATER
    assert "self-signed certificate" in answer.text
    assert mailbox.mails == []


def test_a_mail_is_not_given_to_a_server_without_encryption_unless_that_was_set() -> None:
    with mail_server() as mailbox:
        answer = send(mailbox.port, tls="starttls")

    assert answer == Answer(Verdict.LATER, "STARTTLS extension not supported by server.")
    assert mailbox.mails == []


def test_a_wrong_password_is_for_the_operator_to_mend(trusted: tuple[Path, ssl.SSLContext]) -> None:
    certificate, trust = trusted
    with mail_server(certificate, tls="starttls", login=True) as mailbox:
        answer = send(mailbox.port, tls="starttls", trust=trust, username="postroom", password="carrot")

    assert answer.verdict is Verdict.LATER
    assert answer.text.startswith("535")
    assert "carrot" not in answer.text


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("550 no such user", Verdict.NEVER), ("450 greylisted, come back", Verdict.LATER)],
)
@pytest.mark.parametrize("where", ["to_receiver", "to_mail"])
def test_what_the_server_refuses_for_good_is_not_tried_again(where: str, said: str, verdict: Verdict) -> None:
    with mail_server() as mailbox:
        setattr(mailbox, where, said)
        answer = send(mailbox.port)

    assert answer == Answer(verdict, said)


def test_no_server_is_an_answer() -> None:
    with mail_server() as mailbox:
        port = mailbox.port

    answer = send(port)

    assert answer.verdict is Verdict.LATER
    assert "Connection refused" in answer.text


def test_an_address_with_accents_is_an_answer_either_way() -> None:
    with mail_server() as mailbox:
        answer = send(mailbox.port, "zoé@example.com")

    assert answer in (DELIVERED, Answer(Verdict.LATER, answer.text))
    assert len(mailbox.mails) == (answer == DELIVERED)


def test_without_a_server_mails_wait_and_say_so() -> None:
    answer = NoMail().carry(Parcel("msg_1", "ops@example.com", CONTENT, datetime.now(UTC)))

    assert answer.verdict is Verdict.LATER
    assert "POSTROOM_SMTP_HOST" in answer.text


def test_the_password_is_not_shown_with_the_configuration() -> None:
    config = MailConfig("127.0.0.1", "a@example.com", 25, username="a", password="rabbit")

    assert "rabbit" not in repr(config)


def test_a_name_from_a_stranger_reaches_the_reader_as_text() -> None:
    evil = {**CONTENT, "subject": "x\r\nBcc: eve@example.com"}
    with mail_server() as mailbox:
        config = MailConfig("127.0.0.1", "a@example.com", mailbox.port, tls="none")
        MailPost(config).carry(Parcel("msg_1", "ops@example.com", evil, datetime.now(UTC)))

    assert_one_receiver(mailbox)


def assert_one_receiver(mailbox: Mailbox) -> None:
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Bcc"], mail["Cc"]) == ("ops@example.com", None, None)


def test_a_mail_server_that_comes_up_again_gets_what_it_missed(alices: Notices, clock: Clock) -> None:
    with mail_server() as first:
        port = first.port
    config = MailConfig("127.0.0.1", "postroom@example.com", port, tls="none", timeout_seconds=5.0)
    mailing = replace(alices.office, carriers={"email": MailPost(config)})
    with mailing.database.transaction() as connection:
        targets.add_email(mailing, connection, alices.account_id, "ops@example.com", list(Event))
    (delivery,) = alices.post()
    attempt(mailing, alices.account_id, delivery.delivery_id)
    clock.pass_by(10)

    with mail_server(port=port) as second:
        attempt(mailing, alices.account_id, delivery.delivery_id)

    assert [mail["Subject"] for mail in second.mails] == ["Applied"]
    (arrived,) = alices.log()
    assert (arrived.state, arrived.attempts) == ("delivered", 2)
