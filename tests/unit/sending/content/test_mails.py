from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.sending.content.mails import BOTH, HTML, TEXT, build_mail, is_address
from postroom.sending.content.models import Rendered

NOON = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
WORDS = Rendered("fr", "Bonjour Bob", "<p>Déjà là, Bob</p>\n", "Déjà là, Bob\n")


def mail(rendered: Rendered = WORDS, **given_: Any) -> bytes:
    wanted: dict[str, Any] = {
        "sender": "Alice <alice@shop.example>",
        "to": "bob@mail.example",
        "message_id": "7-12@shop.example",
        "date": NOON,
        "format": BOTH,
        **given_,
    }
    return build_mail(rendered, **wanted)


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))


def texts(raw: bytes) -> dict[str, str]:
    parts = [each for each in read(raw).walk() if not each.is_multipart()]
    return {each.get_content_type(): str(each.get_content()) for each in parts}


def test_a_mail_of_both_formats_offers_the_text_first_and_the_html_last() -> None:
    found = read(mail())

    assert found.get_content_type() == "multipart/alternative"
    assert list(texts(mail())) == ["text/plain", "text/html"]
    assert texts(mail())["text/html"].replace("\r\n", "\n").strip() == WORDS.html.strip()
    assert found.defects == []


@pytest.mark.parametrize(("format_", "type_"), [(TEXT, "text/plain"), (HTML, "text/html")])
def test_a_mail_of_one_format_has_one_part(format_: int, type_: str) -> None:
    found = read(mail(format=format_))

    assert found.get_content_type() == type_
    assert "Déjà là, Bob" in found.get_content()


@pytest.mark.parametrize("format_", [TEXT, HTML, BOTH])
def test_what_there_is_none_of_is_not_offered(format_: int) -> None:
    only_text = Rendered("fr", "Bonjour", "", "Déjà là\n")

    assert read(mail(only_text, format=format_)).get_content_type() == "text/plain"


def test_one_click_comes_with_the_header_that_makes_it_one() -> None:
    found = read(mail(one_click="https://news.example/t/u/abc", optout_mail="stop@shop.example"))

    assert found["List-Unsubscribe"] == "<mailto:stop@shop.example>, <https://news.example/t/u/abc>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_address_alone_takes_no_post() -> None:
    found = read(mail(optout_mail="stop@shop.example"))

    assert found["List-Unsubscribe"] == "<mailto:stop@shop.example>"
    assert "List-Unsubscribe-Post" not in found


def test_a_receipt_has_no_way_out() -> None:
    assert "List-Unsubscribe" not in read(mail())


def test_names_subjects_and_domains_of_any_language_arrive_as_written() -> None:
    subject = "Été à 50 % : " + "des prix très doux " * 6
    found = read(
        mail(
            Rendered("fr", subject.strip(), "<p>x</p>", "x"),
            sender='"Café, le Bon" <alice@café.example>',
            reply_to="Зинаида <z@shop.example>",
        )
    )

    assert found["Subject"] == subject.strip()
    assert found["From"].addresses[0].display_name == "Café, le Bon"
    assert found["From"].addresses[0].domain == "xn--caf-dma.example"
    assert found["Reply-To"].addresses[0].display_name == "Зинаида"


def test_a_message_id_stands_in_angles_once() -> None:
    assert read(mail(message_id="<7-12@shop.example>"))["Message-ID"] == "<7-12@shop.example>"


def test_russian_is_sent_in_the_encoding_that_is_shorter() -> None:
    raw = mail(Rendered("ru", "Привет", "<p>" + "Привет, Боб! " * 50 + "</p>", "Привет"), format=HTML)

    assert b"Content-Transfer-Encoding: base64" in raw
    assert "Привет, Боб!" in read(raw).get_content()


@pytest.mark.parametrize("address", ["", "nobody", "a b@shop.example", "@shop.example", "bob@", "a@b..c"])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(Refused):
        mail(to=address)


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\nBcc"])
def test_what_is_no_header_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        mail(headers={name: "1"})


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60))
def test_no_value_adds_a_header_or_a_part(subject: str, name: str, extra: str) -> None:
    raw = mail(
        Rendered("fr", subject + "\r\nBcc: charlie@evil.example", "<p>x</p>", "x"),
        headers={"X-Campaign": f"{extra}\r\n\r\nhello"},
        sender=f'"{name.translate({34: None, 92: None})}\r\nBcc: charlie@evil.example" <alice@shop.example>',
    )
    found = read(raw)

    assert "Bcc" not in found
    assert set(found.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "X-Campaign", "MIME-Version", "Content-Type")
    }
    assert len(list(found.iter_parts())) == 2
    assert found["From"].addresses[0].addr_spec == "alice@shop.example"


@given(st.text(max_size=2000), st.sampled_from([TEXT, HTML, BOTH]))
def test_every_line_is_short_ascii_and_ends_in_crlf_whatever_it_says(said: str, format_: int) -> None:
    text = said.encode("utf-8", "replace").decode()
    raw = mail(Rendered("fr", text, f"<p>{text}</p>", text or "-"), format=format_)

    assert raw.isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    for found in texts(raw).values():
        assert sameness(text) in sameness(found)


def sameness(text: str) -> str:
    """Return a text whose line ends are written in one way and end nothing."""
    return re.sub(r"\r\n|\r|\n", "\n", text).rstrip("\n")


# ----------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        ("Bonjour", "Subject: Bonjour"),
        ("", "Subject: "),
        ("=?utf-8?b?eA==?=", "Subject: =?utf-8?b?PT91dGYtOD9iP2VBPT0/PQ==?="),
        ("Été", "Subject: =?utf-8?b?w4l0w6k=?="),
        ("a\r\n b\tc\u2028d", "Subject: a b c d"),
        ("\u202eevil\u200b", "Subject: evil"),
    ],
)
def test_subjects_as_they_are_written(subject: str, written: str) -> None:
    raw = mail(Rendered("fr", subject, "<p>x</p>", "x")).decode()

    assert f"\r\n{written}\r\n" in raw


def test_a_long_subject_is_folded_at_its_blanks() -> None:
    subject = "word " * 40 + "end"
    raw = mail(Rendered("fr", subject, "<p>x</p>", "x"))

    assert read(raw)["Subject"] == subject
    assert b"=?" not in raw
    assert b"Subject: word word" in raw


def test_a_subject_without_blanks_is_cut_where_it_may_be() -> None:
    subject = "x" * 300

    assert read(mail(Rendered("fr", subject, "<p>x</p>", "x")))["Subject"] == subject


@pytest.mark.parametrize(
    ("sender", "written"),
    [
        ("alice@shop.example", "From: alice@shop.example"),
        ("<alice@shop.example>", "From: alice@shop.example"),
        ("Alice <alice@shop.example>", "From: Alice <alice@shop.example>"),
        ('"Alice" <alice@shop.example>', "From: Alice <alice@shop.example>"),
        ('"Shop, Alice\'s" <alice@shop.example>', 'From: "Shop, Alice\'s" <alice@shop.example>'),
        ('"A \\"B\\" C" <alice@shop.example>', 'From: "A \\"B\\" C" <alice@shop.example>'),
        ("Zoé <alice@shop.example>", "From: =?utf-8?b?Wm/DqQ==?= <alice@shop.example>"),
        ("Alice <alice+spring@shop.example>", "From: Alice <alice+spring@shop.example>"),
        ("Alice <alice@bücher.example>", "From: Alice <alice@xn--bcher-kva.example>"),
    ],
)
def test_senders_as_they_are_written(sender: str, written: str) -> None:
    assert mail(sender=sender).decode().startswith(f"{written}\r\n")


@pytest.mark.parametrize(
    "name",
    ["Zoé " * 30, "A" * 90, "Very long name " * 8, "日本語" * 20],
)
def test_long_names_arrive_as_they_are(name: str) -> None:
    found = email.message_from_bytes(mail(sender=f'"{name.strip()}" <alice@shop.example>'))

    # The newer parser leaves blanks between encoded words, against RFC 2047 section 6.2.
    written = str(make_header(decode_header(str(found["From"]))))
    assert written.replace('"', "") == f"{name.strip()} <alice@shop.example>"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "bob@mail.example",
            "Bob <bob@mail.example>",
            "b.o'b+c_d-e=f@mail.example",
            "bob@mail.x--y.example",
        ),
        *("josé@mail.example", "bob@münchen.example"),
    ],
)
def test_what_is_an_address_is_taken(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("bob", "bob@", "@mail.example", "bob@@mail.example", "bob@mail..example", "bob bob@mail.example"),
        *(
            "bob@mail.example, charlie@evil.example",
            "bob@mail.example\r\nBcc: x@y.example",
            "<>",
            '"a b"@c.d',
        ),
        *("x" * 65 + "@mail.example", "bob@" + "x" * 64 + ".example"),
    ],
)
def test_what_is_no_single_address_is_not(address: str) -> None:
    if not is_address(address):
        with pytest.raises(Refused):
            mail(to=address)
        return
    found = read(mail(to=address))
    assert [each.domain for each in found["To"].addresses] == ["mail.example"]
    assert "Bcc" not in found


def test_headers_of_our_own_are_added() -> None:
    found = read(mail(headers={"Feedback-ID": "7:spring", "X-Note": "été"}))

    assert (found["Feedback-ID"], found["X-Note"]) == ("7:spring", "été")


# ------------------------------------------------------------------------------------------ bodies


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a=b", b"a=3Db"),
        ("un été doux et long", b"un =C3=A9t=C3=A9 doux et long"),
        ("a ", b"a=20"),
        ("a\t\nb", b"a=09\r\nb"),
        (".", b"=2E"),
        ("a\n.\nb", b"a\r\n=2E\r\nb"),
        ("a\r\nb\rc", b"a\r\nb\r\nc"),
        ("x" * 80, b"x" * 75 + b"=\r\nxxxxx"),
        ("a\n\n\n", b"a"),
    ],
)
def test_texts_as_they_are_encoded(text: str, encoded: bytes) -> None:
    raw = mail(Rendered("fr", "s", "", text), format=TEXT)

    assert raw.endswith(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded + b"\r\n")


def test_a_very_long_line_is_broken_softly() -> None:
    said = "été " * 2000
    raw = mail(Rendered("fr", "s", f"<p>{said}</p>", "x"), format=HTML)

    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert read(raw).get_content().strip() == f"<p>{said}</p>"


def test_parts_do_not_contain_their_boundary() -> None:
    first = mail()
    boundary = read(first).get_boundary()
    text = f"--{boundary}\n--{boundary}--\n"

    found = read(mail(Rendered("fr", "s", f"<p>{text}</p>", text)))

    assert len(list(found.iter_parts())) == 2
    assert found.get_boundary() == boundary


def test_two_mails_of_one_campaign_differ_in_nothing_but_what_they_say() -> None:
    bob = mail(Rendered("fr", "s", "<p>Bob</p>", "Bob"))
    eve = mail(Rendered("fr", "s", "<p>Eve</p>", "Eve"))

    assert bob.replace(b"Bob", b"Eve") == eve
