"""Signatures hold for receivers, whatever relays do on the way, and break when a mail is changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.sending.mail.dkim_keys import (
    KeyKind,
    NewKey,
    SigningKey,
    new_key,
    record_name,
    record_strings,
    record_value,
)
from postroom.sending.mail.signing import Signer, relaxed_body, sign

MAIL = b"""\
From: =?utf-8?q?L=27=C3=A9t=C3=A9?= <news@example.com>
To: alice@example.org
Subject: A long subject that is folded because it is so long, which is nothing\r
 unusual
Date: Wed, 04 Mar 2026 12:00:00 +0000
Message-ID: <1-2-x@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
List-Unsubscribe: <https://news.example.com/t/l/1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello  Alice, \t
\tyou have won.\t

.
..
""".replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

NOW = 1_772_625_600


@cache
def key(kind: KeyKind) -> NewKey:
    return new_key(kind)


def signer(kind: KeyKind) -> Signer:
    return Signer("example.com", f"s-{kind}", SigningKey(kind, key(kind).secret))


def published(*kinds: KeyKind) -> Callable[..., bytes | None]:
    """Return what the DNS answers, as dkimpy asks it."""
    records = {
        f"{record_name('example.com', f's-{kind}')}.".encode(): record_value(
            kind, key(kind).public_key
        ).encode()
        for kind in kinds
    }
    return lambda name, timeout=5: records.get(name)


def holds(mail: bytes, *kinds: KeyKind, which: int = 0) -> bool:
    try:
        return bool(dkim.DKIM(mail).verify(idx=which, dnsfunc=published(*kinds)))
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("kind", KeyKind)
def test_a_receiver_finds_the_signature_good(kind: KeyKind) -> None:
    assert holds(sign(MAIL, [signer(kind)], at=NOW), kind)


def test_a_mail_may_have_a_signature_for_those_who_know_ed25519_and_one_for_all_others() -> None:
    signed = sign(MAIL, [signer(KeyKind.ED25519), signer(KeyKind.RSA)], at=NOW)

    assert holds(signed, *KeyKind, which=0)
    assert holds(signed, *KeyKind, which=1)
    assert signed.endswith(MAIL)


@pytest.mark.parametrize(
    ("was", "became"),
    [
        (b"you have won", b"you have lost"),
        (b"To: alice", b"To: charlie"),
        (b"List-Unsubscribe-Post: ", b"X-Was: "),
        (b"news.example.com/t", b"charlie.example/t"),
        (b"From: ", b"From: charlie@example.net\r\nFrom: "),
        (b"To: ", b"Subject: Another one\r\nTo: "),
    ],
)
def test_whoever_changes_a_signed_mail_breaks_it(was: bytes, became: bytes) -> None:
    signed = sign(MAIL, [signer(KeyKind.ED25519)], at=NOW)
    changed = signed.replace(was, became)

    assert changed != signed
    assert not holds(changed, KeyKind.ED25519)


@pytest.mark.parametrize(
    ("was", "became"),
    [
        (b"is so long, which", b"is so long,\r\n which"),
        (b"Hello  Alice, \t\r\n", b"Hello Alice,\r\n"),
        (b"\r\n..\r\n", b"\r\n..\r\n\r\n\r\n"),
        (b"To: alice", b"to:  alice"),
        (b"From: ", b"Received: by a relay\r\nFrom: "),
    ],
)
def test_what_relays_do_on_the_way_does_not_break_it(was: bytes, became: bytes) -> None:
    signed = sign(MAIL, [signer(KeyKind.ED25519)], at=NOW)
    changed = signed.replace(was, became)

    assert changed != signed
    assert holds(changed, KeyKind.ED25519)


def test_no_line_of_a_signature_is_longer_than_mails_should_have() -> None:
    signed = sign(MAIL, [signer(KeyKind.RSA)], at=NOW)
    added = signed.removesuffix(MAIL)

    assert max(map(len, added.splitlines())) <= 78


def test_who_has_no_key_signs_nothing() -> None:
    assert sign(MAIL, [], at=NOW) == MAIL


@settings(max_examples=200)
@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"  ", b"b \r\n", b"\r\n\r\n"]), max_size=12))
def test_bodies_are_hashed_as_dkimpy_hashes_them(pieces: list[bytes]) -> None:
    body = b"".join(pieces) + b"\r\n"

    assert relaxed_body(body) == dkim.canonicalization.Relaxed.canonicalize_body(body)


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from([b" ", b"\r\n", b"a", b"\t", b"b. \r\n", b".\r\n", b"\xc3\xa9"]), max_size=20)
)
def test_any_body_is_signed_so_that_it_holds(pieces: list[bytes]) -> None:
    head = MAIL.partition(b"\r\n\r\n")[0]

    mail = head + b"\r\n\r\n" + b"".join(pieces) + b"\r\n"

    assert holds(sign(mail, [signer(KeyKind.ED25519)], at=NOW), KeyKind.ED25519)


def test_a_record_of_the_dns_is_cut_into_strings_that_it_takes() -> None:
    value = record_value(KeyKind.RSA, key(KeyKind.RSA).public_key)
    strings = record_strings(value)

    assert "".join(strings) == value
    assert [len(string) <= 255 for string in strings] == [True, True]


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(key(KeyKind.ED25519))
