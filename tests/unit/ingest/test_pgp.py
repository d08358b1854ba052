"""A PGP message is opened wholly and unchanged with the right key, or refused with the reason."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysequoia import Cert, encrypt

from postroom.contacts.batches import FileRefused
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.reasons import Reason
from postroom.ingest.archives import open_data
from postroom.ingest.pgp import decrypt
from postroom.ingest.pgp_keys import KeyPair, generate

PEOPLE = b"Email;Nom\nalice@example.com;Liddell\n"
ROOMY = 1 << 20


def key_of(name: str, *, rsa: bool = False) -> KeyPair:
    return _generated(name, rsa)


@cache
def _generated(name: str, rsa: bool) -> KeyPair:  # noqa: FBT001  # cached by it
    return generate(name, rsa=rsa)


def sealed_for(*names: str, content: bytes = PEOPLE, armor: bool = False, rsa: bool = False) -> bytes:
    recipients = [Cert.from_bytes(key_of(name, rsa=rsa).public_key.encode()) for name in names]
    return encrypt(content, recipients=recipients, armor=armor)


def with_password(content: bytes = PEOPLE) -> bytes:
    return encrypt(content, passwords=["sesame"], armor=False)


def refusal(message: bytes, *names: str, allowed: int = ROOMY) -> tuple[Reason, str]:
    with pytest.raises(FileRefused) as refused:
        decrypt(message, [key_of(name).secret for name in names], allowed)
    return refused.value.reason, refused.value.value


def opened(message: bytes, filename: str) -> tuple[str, bytes]:
    with open_data(io.BytesIO(message), filename, keys=[key_of("alice").secret]) as data:
        return data.name, data.stream.read()


@pytest.mark.parametrize("rsa", [False, True], ids=["curve25519", "rsa"])
@pytest.mark.parametrize("armor", [False, True], ids=["binary", "armoured"])
def test_the_right_key_opens_a_message(*, armor: bool, rsa: bool) -> None:
    message = sealed_for("alice", armor=armor, rsa=rsa)

    assert decrypt(message, [key_of("alice", rsa=rsa).secret], ROOMY) == PEOPLE


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_after_a_change_of_keys_both_open_what_was_encrypted_for_them(order: tuple[str, str]) -> None:
    keys = [key_of(name).secret for name in order]

    assert decrypt(sealed_for("old"), keys, ROOMY) == PEOPLE
    assert decrypt(sealed_for("new"), keys, ROOMY) == PEOPLE


def test_a_message_for_several_opens_for_each_of_them() -> None:
    message = sealed_for("bob", "alice")

    assert decrypt(message, [key_of("alice").secret], ROOMY) == PEOPLE
    assert decrypt(message, [key_of("bob").secret], ROOMY) == PEOPLE


def test_charlie_s_key_never_opens_what_was_encrypted_for_alice() -> None:
    reason, value = refusal(sealed_for("alice"), "charlie")

    assert reason is Reason.WRONG_KEY
    assert value == f"{key_of('alice').key_ids[0]} / {key_of('charlie').key_ids[0]}"


def test_an_account_without_a_key_opens_nothing() -> None:
    assert refusal(sealed_for("alice")) == (Reason.NO_DECRYPTION_KEY, "")


def test_a_message_with_a_password_alone_is_refused_for_it() -> None:
    assert refusal(with_password(), "alice") == (Reason.ENCRYPTED_ARCHIVE, "")


NOT_MESSAGES = {
    "nothing": b"",
    "a csv": PEOPLE,
    "a csv in utf-8 with a byte order mark": b"\xef\xbb\xbf" + PEOPLE,
    "a zip": b"PK\x03\x04" + bytes(60),
    "a public key": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n",
    "a public key in binary": b"\x98\x33\x04" + bytes(60),
    "text that was only signed": b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nEmail\n",
    "armour without a message": b"-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----\n",
    "colons without end": b"-----BEGIN PGP MESSAGE-----\n" + b":" * 100_000,
    # Tag 11, literal data (as `gpg --store` writes it), and tag 8, compressed data.
    "a message that is not encrypted": b"\xcb\x0eb\x00\x00\x00\x00\x00Email\n\x00\x00",
    "a message that is only compressed": b"\xc8\x05\x01xxxx",
}


@pytest.mark.parametrize("kind", NOT_MESSAGES)
def test_what_is_no_encrypted_message_is_refused(kind: str) -> None:
    assert refusal(NOT_MESSAGES[kind], "alice") == (Reason.NOT_PGP, "")


def test_compressed_data_behind_a_session_key_never_reaches_the_library() -> None:
    message = sealed_for("alice")
    session_key = message[: 2 + message[1]]

    assert refusal(session_key + b"\xc8\x05\x01xxxx", "alice") == (Reason.DAMAGED_PGP, "")


@pytest.mark.parametrize("armor", [False, True], ids=["binary", "armoured"])
def test_a_message_changed_anywhere_is_refused_or_says_exactly_what_was_sent(*, armor: bool) -> None:
    message = sealed_for("alice", armor=armor)
    seen: Counter[str] = Counter()

    for at in range(len(message)):
        broken = message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]
        try:
            assert decrypt(broken, [key_of("alice").secret], ROOMY) == PEOPLE
            seen["opened"] += 1
        except FileRefused as refused:
            seen[refused.reason.value] += 1

    assert set(seen) <= {"opened", "DAMAGED_PGP", "WRONG_KEY", "NOT_PGP", "ENCRYPTED_ARCHIVE"}
    assert seen["DAMAGED_PGP"] > len(message) / 2


@pytest.mark.parametrize("armor", [False, True], ids=["binary", "armoured"])
def test_a_message_cut_anywhere_is_refused(*, armor: bool) -> None:
    message = sealed_for("alice", armor=armor)
    # What ends the armour carries nothing.
    whole = message.find(b"\n-----END") - 5 if armor else len(message)

    reasons = {refusal(message[:length], "alice")[0] for length in range(whole)}

    assert reasons <= {Reason.DAMAGED_PGP, Reason.NOT_PGP}


@given(at=st.integers(0, 400), gone=st.integers(0, 40), put=st.binary(max_size=40), armor=st.booleans())
@settings(max_examples=200)
def test_whatever_is_put_into_a_message_it_is_refused_or_says_exactly_what_was_sent(
    *, at: int, gone: int, put: bytes, armor: bool
) -> None:
    message = sealed_for("alice", armor=armor)

    try:
        said = decrypt(message[:at] + put + message[at + gone :], [key_of("alice").secret], ROOMY)
    except FileRefused:
        return

    assert said == PEOPLE


def test_a_damaged_message_leaves_the_key_usable() -> None:
    message = sealed_for("alice")

    assert refusal(message[:-1], "alice")[0] is Reason.DAMAGED_PGP
    assert decrypt(message, [key_of("alice").secret], ROOMY) == PEOPLE


def test_more_than_allowed_is_refused() -> None:
    assert refusal(sealed_for("alice"), "alice", allowed=len(PEOPLE) - 1)[0] is Reason.ARCHIVE_TOO_BIG


def zipped(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, PEOPLE)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("filename", "content", "name"),
    [
        ("people.csv.pgp", PEOPLE, "people.csv"),
        ("people.csv.GPG", PEOPLE, "people.csv"),
        ("people.txt.asc", PEOPLE, "people.txt"),
        ("people.pgp", PEOPLE, "people"),
        ("people.zip.pgp", zipped("inside.csv"), "inside.csv"),
        ("people.pgp", zipped("inside.csv"), "inside.csv"),
        ("people.csv.gz.gpg", gzip.compress(PEOPLE), "people.csv"),
    ],
    ids=["csv", "capitals", "armoured", "bare", "zip", "bare zip", "gzip"],
)
def test_what_a_message_holds_is_unpacked_as_if_it_had_been_sent(
    filename: str, content: bytes, name: str
) -> None:
    assert opened(sealed_for("alice", content=content), filename) == (name, PEOPLE)


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("people.pdf.pgp", PEOPLE),
        ("people.csv.pgp.pgp", PEOPLE),
        ("people.zip.pgp", zipped("people.csv.pgp")),
    ],
    ids=["a pdf", "a message", "a message in a zip"],
)
def test_a_message_may_not_hold_what_could_not_be_sent(filename: str, content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        opened(sealed_for("alice", content=content), filename)

    assert refused.value.reason is Reason.UNKNOWN_FORMAT


def test_a_key_shows_nothing_of_its_secret() -> None:
    key = DecryptionKey("ABCD", b"the queen of hearts", "tarts")

    assert repr(key) == "DecryptionKey(fingerprint='ABCD')"


@pytest.mark.parametrize("passphrase", ["", "tarts", "tartes à la crème"])
def test_a_key_survives_being_written_and_read(passphrase: str) -> None:
    key = DecryptionKey("ABCD", b"\n\x00secret\n", passphrase)

    assert DecryptionKey.from_bytes("ABCD", key.to_bytes()) == key
