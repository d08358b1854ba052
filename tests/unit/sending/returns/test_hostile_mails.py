from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.sending.returns.parts import MOST_BYTES, read_mail
from postroom.sending.returns.reports import understand
from tests.unit.sending.returns.test_reports import MAILS, OURS, mail, names

SECONDS = 2.0
"""Far more than any takes, on a machine that does much else."""


def nested(levels: int) -> bytes:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(levels))
    return head.encode() + b"Content-Type: text/plain\r\n\r\nhello"


def mails_in_mails(levels: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * levels + b"Subject: x\r\n\r\nhello"


def parts(count: int) -> bytes:
    return (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n" * count
    )


def blocks(count: int) -> bytes:
    return (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Action: failed\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n"
        * count
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "a hundred thousand levels": lambda: nested(100_000),
    "mails in mails": lambda: mails_in_mails(50_000),
    "a hundred thousand parts": lambda: parts(100_000),
    "a hundred thousand recipients": lambda: blocks(100_000),
    "an endless header": lambda: b"Subject: " + b"x" * 10_000_000,
    "a header folded for ever": lambda: b"Subject: x\r\n" + b" y\r\n" * 2_000_000,
    "endless headers": lambda: b"X-A: b\r\n" * 1_000_000,
    "parameters without end": lambda: b'Content-Type: multipart/mixed; a="' + b"; b=c" * 1_000_000,
    "quotes without end": lambda: b"Content-Type: text/plain; charset=" + b'"\\' * 1_000_000,
    "encoded words without end": lambda: b"Subject: " + b"=?utf-8?q?a?=" * 500_000 + b"\r\n\r\nbody",
    "addresses without end": lambda: b"To: " + b"<a@b>, " * 500_000 + b"\r\n\r\n",
    "failed recipients without end": lambda: b"X-Failed-Recipients: " + b"((((" * 500_000 + b"\r\n\r\n",
    "an endless line of text": lambda: b"Subject: failure\r\n\r\n" + b"<a@b> " * 1_000_000,
    "many lines of text": lambda: (
        b"Subject: failure\r\n\r\nHi. This is the\r\n\r\n" + b"<a@b>:\r\n" * 1_000_000
    ),
    "empty lines": lambda: b"\r\n" * 3_000_000,
    "dashes": lambda: b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"\r\n--" * 1_000_000,
    "broken base64": lambda: b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A=" * 1_000_000,
    "zeros": lambda: b"\0" * 5_000_000,
    "a strange charset": lambda: b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a9" * 100_000,
    "a strange date": lambda: (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nArrival-Date: "
        + b"9"
        * 3000
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_mails_that_were_made_to_hurt_are_read_quickly(bomb: str) -> None:
    raw = BOMBS[bomb]()
    began = time.perf_counter()

    understand(raw, (OURS,), names, complaints=True)

    assert time.perf_counter() - began < SECONDS


def test_what_stands_beyond_the_bound_is_not_looked_at() -> None:
    report = mail("postfix-unknown-user")
    late = b"X-Filler: x\r\n" + report.replace(b"\r\n\r\n", b"\r\n\r\n" + b"x" * MOST_BYTES + b"\r\n", 1)

    assert understand(late, (OURS,), names) is None


@given(st.binary(max_size=4000))
@settings(max_examples=200)
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    understand(raw, (OURS,), names, complaints=True)


@given(st.sampled_from(MAILS), st.data())
@settings(max_examples=200)
def test_no_damage_to_a_real_report_breaks_the_reader(row: list[str], data: st.DataObject) -> None:
    raw = bytearray(mail(row[0]))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(raw) - 1))
        end = min(len(raw), place + data.draw(st.integers(0, 60)))
        raw[place:end] = data.draw(st.binary(max_size=20))
        if not raw:
            return

    understand(bytes(raw), (OURS,), names, complaints=True)


@given(st.lists(st.sampled_from([b"--b", b"--b--", b"\r\n", b"\n", b"x", b": ", b" ", b"Content-Type: "])))
@settings(max_examples=200)
def test_parts_are_never_more_than_what_they_were_read_from(pieces: list[bytes]) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(pieces)

    read = read_mail(raw)

    assert sum(len(part.body) for part in read.parts) <= len(raw)


def test_what_is_kept_of_a_report_can_be_stored() -> None:
    raw = mail("yahoo-arf").replace(b"bob@yahoo.com", b"bo\0b@yahoo.com").replace(b"Yahoo!", b"\xff\0\x1b")
    escaped = mail("vacation-unix").replace(b"Re: Our", b"=?unicode_escape?q?=5Cud800?= Our")

    complaint = understand(raw, (OURS,), names)
    absence = understand(escaped, (OURS,), names)

    assert complaint
    assert complaint.complaint
    assert (complaint.complaint.complainer or "").isprintable()
    assert complaint.complaint.source.isprintable()
    assert absence
    assert absence.bounce
    assert absence.bounce.text.isprintable()
