from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postroom.app.certificates import ensure_certificate
from postroom.contacts.errors import Unavailable
from postroom.jobs.queue import Queue
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.applying import apply_all
from postroom.sending.returns.listening import ListenerConfig, ReturnsListener
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.sending.returns.conftest import DOMAIN, GoldenMail, verp
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import kinds

FBL = "fbl@bounces.example.com"
CONFIG = ListenerConfig("127.0.0.1", 0, DOMAIN, frozenset({FBL}))


@contextmanager
def listening(mailroom: Mailroom, config: ListenerConfig = CONFIG) -> Iterator[int]:
    server = ReturnsListener(config, mailroom)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture
def port(mailroom: Mailroom) -> Iterator[int]:
    with listening(mailroom) as port:
        yield port


@contextmanager
def client(port: int) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
        yield smtp


def test_a_bounce_that_is_mailed_back_is_kept_before_it_is_answered(
    mailroom: Mailroom, port: int, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with client(port) as smtp:
        smtp.sendmail("", [verp(mailroom, message)], golden_mail("gmail-no-such-user", message))

    apply_all(mailroom)

    assert kinds(database, alice) == ["message.bounced", "suppression.changed"]


def test_case_gets_lost_on_the_way_and_does_not_matter(
    mailroom: Mailroom, port: int, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with client(port) as smtp:
        smtp.sendmail("", [verp(mailroom, message).upper()], golden_mail("qmail", message))

    apply_all(mailroom)

    assert kinds(database, alice)[0] == "message.bounced"


def test_complaints_come_to_addresses_of_their_own(
    mailroom: Mailroom, port: int, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@hotmail.com")
    with client(port) as smtp:
        smtp.sendmail("staff@hotmail.com", [FBL.upper()], golden_mail("hotmail-jmrp", message))

    apply_all(mailroom)

    assert kinds(database, alice)[0] == "complaint.received"


def test_nothing_is_relayed_and_no_other_address_is_there(
    mailroom: Mailroom, port: int, database: Database, alice: Person
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    good = verp(mailroom, message)
    forged = good.replace(f"-{message.message_id}-", f"-{message.message_id + 1}-")

    with client(port) as smtp:
        smtp.ehlo()
        smtp.mail("eve@evil.example")
        answers = [
            smtp.rcpt(address)[0]
            for address in ("bob@gmail.com", f"postmaster@{DOMAIN}", forged, good.replace("@", "%x@"), good)
        ]
        assert "auth" not in smtp.esmtp_features

    assert answers == [550, 550, 550, 550, 250]


def test_a_mail_that_says_nothing_is_taken_and_forgotten(
    mailroom: Mailroom, port: int, database: Database, alice: Person
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with client(port) as smtp:
        smtp.sendmail("", [verp(mailroom, message)], b"Subject: hello\r\n\r\nBuy this!\r\n")

    apply_all(mailroom)

    assert kinds(database, alice) == []


def test_a_person_who_answers_is_told_that_nobody_reads_it_and_the_log_says_which_message(
    mailroom: Mailroom,
    port: int,
    database: Database,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    answer = b"From: Bob <Bob@Gmail.com>\r\nSubject: Re: Sale\r\n\r\nPlease unsubscribe me\r\n"

    with client(port) as smtp, pytest.raises(smtplib.SMTPDataError) as refused:
        smtp.sendmail("bob@gmail.com", [verp(mailroom, message)], answer)

    assert refused.value.smtp_code == 550
    assert b"To unsubscribe follow the link" in refused.value.smtp_error
    (logged,) = [each.getMessage() for each in caplog.records if each.name == "postroom.returns"]
    name = f"{message.account_id}-{message.message_id}"
    assert f"from gmail.com came back for message {name} and is no report" in logged
    assert "bob" not in logged.lower(), "the address is a person's"


def test_what_comes_to_an_address_for_complaints_is_taken_whatever_it_says(port: int) -> None:
    with client(port) as smtp:
        assert smtp.sendmail("staff@hotmail.com", [FBL], b"Subject: hello\r\n\r\nHello.\r\n") == {}


def test_while_the_database_is_away_the_mail_stays_with_who_brings_it(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with Database("postgresql://nobody@127.0.0.1:1/nothing", patience_seconds=0.2) as away:
        broken = replace(mailroom, database=away, queue=Queue(away.url))
        with listening(broken) as port, client(port) as smtp, pytest.raises(smtplib.SMTPDataError) as later:
            smtp.sendmail("", [verp(mailroom, message)], golden_mail("qmail", message))

    assert later.value.smtp_code == 451


def test_a_mail_that_is_too_large_is_refused_whether_it_says_so_or_not(
    mailroom: Mailroom, database: Database, alice: Person
) -> None:
    address = verp(mailroom, posted(database, alice, "bob@gmail.com"))
    with listening(mailroom, replace(CONFIG, most_bytes=10_000)) as port, client(port) as smtp:
        smtp.ehlo()
        announced = smtp.docmd("MAIL FROM:<> SIZE=20000")
        smtp.docmd("MAIL FROM:<>")
        smtp.rcpt(address)
        silent = smtp.data(b"Subject: x\r\n\r\n" + b"y" * 70 * 300)

    assert (announced[0], silent[0]) == (552, 552)


def test_a_line_without_an_end_ends_the_connection(mailroom: Mailroom, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.recv(1000)
        with pytest.raises(OSError):  # noqa: PT011  # whichever way the system says that it is closed
            raw.sendall(b"x" * 100_000_000)


def test_whoever_says_nothing_is_let_go(mailroom: Mailroom) -> None:
    with (
        listening(mailroom, replace(CONFIG, seconds=0.1)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=20) as raw,
    ):
        assert raw.recv(1000).startswith(b"220")
        while raw.recv(1000):
            pass


def test_whoever_stays_for_too_long_is_let_go_whatever_they_say(mailroom: Mailroom) -> None:
    with (
        listening(mailroom, replace(CONFIG, longest_seconds=0.1)) as port,
        client(port) as smtp,
        pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)),
    ):
        list(iter(smtp.noop, None))


def test_more_connections_than_allowed_are_told_to_come_later(mailroom: Mailroom) -> None:
    with listening(mailroom, replace(CONFIG, connections=1)) as port, client(port) as first:
        with pytest.raises(smtplib.SMTPConnectError) as later:
            smtplib.SMTP("127.0.0.1", port, timeout=20)
        assert first.noop()[0] == 250

    assert later.value.smtp_code == 421


def test_whoever_asks_for_tls_gets_it(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail, tmp_path: Path
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    made = ensure_certificate(tmp_path, now=datetime.now(UTC))
    context = ssl.create_default_context(cafile=str(made.chain))
    context.check_hostname = False
    config = replace(CONFIG, certificate=(made.chain, made.key))

    with listening(mailroom, config) as port, client(port) as smtp:
        smtp.starttls(context=context)
        smtp.sendmail("", [verp(mailroom, message)], golden_mail("qmail", message))
    apply_all(mailroom)

    assert kinds(database, alice)[0] == "message.bounced"


def test_a_port_that_is_taken_is_told(mailroom: Mailroom, port: int) -> None:
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
        ReturnsListener(replace(CONFIG, port=port), mailroom).start()
