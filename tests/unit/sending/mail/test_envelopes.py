"""What is said before a mail: nothing in it can end a line, an address or the mail itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.channels import Channel
from postroom.sending.carrying import Fate, Letter
from postroom.sending.mail.envelopes import Envelope, content_of, sayable, unfit


def letter(body: bytes = b"x\r\n", address: str = "bob@example.org", sender: str = "b@example.com") -> Letter:
    return Letter(1, 2, Channel.EMAIL, sender, address, body)


def test_an_envelope_says_what_the_relay_wants_to_hear() -> None:
    offers = {"size": "1000", "8bitmime": "", "smtputf8": ""}

    plain = Envelope.of(letter(), {})
    full = Envelope.of(letter("é\r\n".encode(), "josé@example.org"), offers)

    assert list(plain.commands) == [
        b"MAIL FROM:<b@example.com>\r\n",
        b"RCPT TO:<bob@example.org>\r\n",
        b"DATA\r\n",
    ]
    assert full.commands[0] == b"MAIL FROM:<b@example.com> SIZE=4 BODY=8BITMIME SMTPUTF8\r\n"
    assert full.commands[1] == "RCPT TO:<josé@example.org>\r\n".encode()


@given(st.text(max_size=40))
def test_what_is_fit_is_three_lines(address: str) -> None:
    asked = letter(address=address)
    if unfit(asked, {"smtputf8": "", "8bitmime": ""}, "relay") is None:
        commands = b"".join(Envelope.of(asked, {"smtputf8": ""}).commands)
        assert commands.count(b"\n") == commands.count(b"\r\n") == 3
        assert commands.count(b"<") == commands.count(b">") == 2


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"a", b"\r"]), max_size=12))
def test_nothing_within_a_mail_is_its_end(pieces: list[bytes]) -> None:
    content = content_of(letter(b"".join(pieces)))

    assert content.endswith(b"\r\n")
    assert b"\n.\r" not in content
    assert b"\n.\n" not in content
    assert not content.startswith((b".\r", b".\n"))


@given(st.lists(st.sampled_from([b".", b"\r\n", b"a", b"..", b".a"]), max_size=12))
def test_a_relay_reads_the_mail_that_was_meant(pieces: list[bytes]) -> None:
    body = b"".join(pieces) + b"\r\n"
    lines = content_of(letter(body)).split(b"\r\n")

    assert b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines) == body


def test_a_domain_is_said_in_ascii_where_it_can_be() -> None:
    assert sayable("bob@exämple.org") == "bob@xn--exmple-cua.org"
    assert sayable("bob@example.org") == "bob@example.org"
    assert sayable("bob@" + "ä" * 300) == "bob@" + "ä" * 300


def test_what_a_relay_cannot_have_it_is_not_offered() -> None:
    large = unfit(letter(b"x" * 100), {"size": "50"}, "relay")
    foreign = unfit(letter(address="josé@example.org"), {}, "relay")
    eight_bits = unfit(letter("é".encode()), {}, "relay")

    assert large is not None
    assert foreign is not None
    assert eight_bits is not None
    assert (large.fate, large.status) == (Fate.REFUSED, "5.3.4")
    assert (foreign.fate, foreign.status) == (Fate.REFUSED, "5.6.7")
    assert eight_bits.fate is Fate.LATER, "another relay may take it"
    assert unfit(letter(b"x" * 100), {"size": "0"}, "relay") is None, "0 is no limit (RFC 1870)"
