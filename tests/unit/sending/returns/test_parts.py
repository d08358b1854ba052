from __future__ import annotations

from postroom.sending.returns.parts import header_blocks, read_headers, read_mail


def lines(*text: str) -> bytes:
    return "\r\n".join(text).encode()


def test_a_plain_mail_has_headers_and_a_text() -> None:
    mail = read_mail(lines("Subject: Hello", "X-A: 1", "x-a: 2", "", "Bonjour", "", "Alice"))

    assert mail.kind == "text/plain"
    assert mail.headers == {"subject": ("Hello",), "x-a": ("1", "2")}
    assert mail.header("subject") == "Hello"
    assert mail.header("nothing") == ""
    assert mail.text() == "Bonjour\r\n\r\nAlice"


def test_folded_headers_are_one_line_and_encoded_words_are_read() -> None:
    mail = read_mail(lines("Subject: =?utf-8?Q?Bo=C3=AEte?=", "\t=?iso-8859-1?Q?_pleine_=E9t=E9?=", "", ""))

    assert mail.headers["subject"] == ("=?utf-8?Q?Bo=C3=AEte?= =?iso-8859-1?Q?_pleine_=E9t=E9?=",)
    assert mail.header("subject") == "Boîte pleine été"


def test_an_encoded_word_that_is_none_is_left_as_it_is() -> None:
    assert read_mail(b"Subject: =?nonsense?Q?a?=\r\n\r\n").header("subject") == "=?nonsense?Q?a?="


def test_parts_stand_between_their_boundaries_and_nothing_else_counts() -> None:
    mail = read_mail(
        lines(
            'Content-Type: Multipart/Mixed; charset=x; boundary="a b"',
            "",
            "Before all",
            "--a b",
            "",
            "no header",
            "--a b  ",
            "Content-Type: text/html",
            "",
            "<p>--a bc</p>",
            "--a b--",
            "After all",
            "--a b",
            "",
            "too late",
        )
    )

    assert mail.kind == "multipart/mixed"
    assert [(part.kind, part.text()) for part in mail.parts] == [
        ("text/plain", "no header"),
        ("text/html", "<p>--a bc</p>"),
    ]


def test_a_mail_within_a_mail_is_its_single_part() -> None:
    mail = read_mail(
        lines("Content-Type: message/rfc822", "", "Message-ID: <1@example.com>", "Subject: Inner", "", "Text")
    )

    (inner,) = mail.parts
    assert inner.header("message-id") == "<1@example.com>"
    assert [part.kind for part in mail.walk()] == ["message/rfc822", "text/plain"]


def test_texts_are_read_as_they_were_before_their_transfer() -> None:
    printable = read_mail(
        lines(
            "Content-Type: text/plain; charset=iso-8859-1",
            "Content-Transfer-Encoding: Quoted-Printable",
            "",
            "=E9t=E9 =",
            "fin",
        )
    )
    coded = read_mail(lines("Content-Transfer-Encoding: base64", "", "w6l0w6k"))
    broken = read_mail(lines("Content-Transfer-Encoding: base64", "", "w6l0w"))

    assert printable.text() == "été fin"
    assert coded.text() == "été"
    assert broken.text() == "ét"


def test_a_charset_that_mails_do_not_have_is_read_as_if_none_was_said() -> None:
    mail = read_mail(lines("Content-Type: text/plain; charset=unicode_escape", "", r"\ud800 été"))

    assert mail.text() == r"\ud800 été"


def test_a_text_is_read_no_further_than_is_asked_for() -> None:
    assert read_mail(b"\r\n" + b"x" * 1000).text(10) == "x" * 10


def test_what_is_no_header_is_passed_over() -> None:
    assert read_headers(b"From somebody\r\nA: b\r\n: c\r\nnothing\r\n d\r\nE:f") == {"a": ("b",), "e": ("f",)}


def test_blocks_of_a_report_are_parted_by_empty_lines() -> None:
    blocks = header_blocks(b"\r\nA: 1\r\n\r\n \r\nB: 2\r\nC: 3\r\n\r\n\r\n")

    assert blocks == [{"a": ("1",)}, {"b": ("2",), "c": ("3",)}]


def test_there_are_bounds_to_what_is_read() -> None:
    many = read_mail(b"".join(b"X-%d: y\r\n" % number for number in range(1000)) + b"\r\nbody")
    long = read_mail(b"Subject: " + b"x" * 10_000 + b"\r\n\r\n")
    deep = read_mail(b"Content-Type: message/rfc822\r\n\r\n" * 50)
    wide = read_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1000)

    assert len(many.headers) == 200
    assert len(long.header("subject")) < 2048
    assert len(list(deep.walk())) == 6
    assert len(wide.parts) <= 40
