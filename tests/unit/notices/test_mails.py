"""What a mail looks like, whatever the names are in it."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from postroom.notices.carrying import Parcel
from postroom.notices.mails import mail_of
from postroom.notices.message import Message

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
EVIL = 'x\r\nBcc: eve@example.com\r\n\r\n<script>alert("x")</script>\u202e.csv'


def parcel(name: str) -> Parcel:
    message = Message(
        type="drop.applied",
        about="1-1",
        at=NOON,
        data={},
        subject=f"Appliqué : {name}",
        opening=f"Le fichier {name} a été appliqué.",
        facts=[("liste", name), ("lignes", "12")],
    )
    return Parcel("msg_1", "ops@example.com", message.content("email"), NOON)


def sent(name: str) -> EmailMessage:
    """Return a mail as its reader's program gets it."""
    made = mail_of(parcel(name), sender="Postroom <postroom@example.com>")
    received = message_from_bytes(made.as_bytes(policy=SMTP), policy=default)
    assert isinstance(received, EmailMessage)
    return received


def test_a_mail_says_it_in_plain_text_and_in_html() -> None:
    mail = sent("été.csv")

    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == [
        "Le fichier été.csv a été appliqué.",
        "",
        "liste: été.csv",
        "lignes: 12",
    ]
    assert "<p>Le fichier été.csv a été appliqué.</p>" in html.get_content()
    assert '<th align="left">lignes</th><td>12</td>' in html.get_content()


def test_the_headers_say_who_when_and_that_nobody_wrote_it() -> None:
    mail = sent("a.csv")

    assert mail["From"] == "Postroom <postroom@example.com>"
    assert mail["To"] == "ops@example.com"
    assert mail["Subject"] == "Appliqué : a.csv"
    assert mail["Date"] == "Wed, 04 Mar 2026 12:00:00 +0000"
    assert mail["Message-ID"] == "<msg_1@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_it_is_the_same_mail_at_every_attempt() -> None:
    assert sent("a.csv")["Message-ID"] == sent("a.csv")["Message-ID"]


def test_a_hostile_name_makes_no_header_and_no_tag() -> None:
    mail = sent(EVIL)

    html = mail.get_body(("html",))
    assert html is not None
    assert mail["Bcc"] is None
    assert mail["Subject"] == 'Appliqué : x Bcc: eve@example.com <script>alert("x")</script>?.csv'
    assert "<script" not in html.get_content()
    assert "\u202e" not in html.get_content()


@pytest.mark.parametrize("name", ["x" * 5000, "é" * 300, "\U0001f4e6.csv", "=?utf-8?q?x?=", "\ud83d"])
def test_an_odd_name_is_sent_all_the_same(name: str) -> None:
    mail = sent(name)

    assert len(mail["Subject"]) <= 200
