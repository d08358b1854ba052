"""Secrets at rest open with the installation's key, for the purpose they were sealed for, and else not."""

from __future__ import annotations

import base64
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from postroom.contacts.errors import Refused, Unavailable
from postroom.store.sealing import KEY_BYTES, Sealer, ensure_key_file, read_keys

OLD, NEW = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
SECRET = b"the white rabbit's watch"


@pytest.mark.parametrize("secret", [b"", SECRET, bytes(100_000)], ids=["empty", "short", "long"])
def test_what_was_sealed_is_unsealed(secret: bytes) -> None:
    sealer = Sealer([OLD])

    assert sealer.unseal(sealer.seal(secret, "alice"), "alice") == secret


def test_what_is_sealed_shows_nothing_and_never_looks_the_same_twice() -> None:
    sealer = Sealer([OLD])

    first, second = sealer.seal(SECRET, "alice"), sealer.seal(SECRET, "alice")

    assert first != second
    assert SECRET not in first


def test_charlie_cannot_open_what_was_sealed_for_alice() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(SECRET, "pgp/alice")

    with pytest.raises(Unavailable, match="pgp/charlie"):
        sealer.unseal(sealed, "pgp/charlie")


def test_another_key_opens_nothing_and_the_message_says_what_to_restore() -> None:
    sealed = Sealer([OLD]).seal(SECRET, "alice")

    with pytest.raises(Unavailable, match=r"restore keys/secret\.key"):
        Sealer([NEW]).unseal(sealed, "alice")


def test_after_a_change_of_keys_the_old_secrets_open_and_new_ones_need_the_new_key() -> None:
    sealed = Sealer([OLD]).seal(SECRET, "alice")
    both = Sealer([NEW, OLD])

    assert both.unseal(sealed, "alice") == SECRET
    assert Sealer([NEW]).unseal(both.seal(SECRET, "alice"), "alice") == SECRET


def test_a_changed_or_shortened_secret_does_not_open() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(SECRET, "alice")
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    shortened = [sealed[:length] for length in range(len(sealed))]

    for broken in changed + shortened:
        with pytest.raises(Unavailable):
            sealer.unseal(broken, "alice")


def test_keys_are_read_in_both_alphabets_of_base64_and_however_they_are_separated() -> None:
    text = f"{base64.b64encode(NEW).decode()}\n {base64.urlsafe_b64encode(OLD).decode()},"

    assert read_keys(text) == [NEW, OLD]


@pytest.mark.parametrize("text", ["", "\n", "rabbit", base64.b64encode(b"short").decode(), "é" * 44])
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="32 random bytes in base64") as refused:
        read_keys(text)

    assert not text.strip() or text not in str(refused.value)


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret.key"

    first, second = ensure_key_file(path), ensure_key_file(path)

    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]


def test_of_several_first_starts_at_once_all_use_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: ensure_key_file(tmp_path / "secret.key"), range(4)))

    assert found == [found[0]] * 4


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    ensure_key_file(path)
    path.chmod(0o640)

    with pytest.raises(Refused, match="chmod 600"):
        ensure_key_file(path)


def test_a_key_file_with_something_else_is_refused_by_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text("hatter")
    path.chmod(0o600)

    with pytest.raises(Refused, match=r"secret\.key holds no secret key") as refused:
        ensure_key_file(path)

    assert "hatter" not in str(refused.value)


def test_a_key_file_that_is_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir(mode=0o700)

    with pytest.raises(Refused, match="cannot be read"):
        ensure_key_file(tmp_path / "secret.key")


def test_what_was_signed_verifies_and_nothing_else_does() -> None:
    sealer = Sealer([OLD])
    signature = sealer.signature("errors of 1")

    assert sealer.verifies(signature, "errors of 1")
    assert not sealer.verifies(signature, "errors of 2")
    assert not Sealer([NEW]).verifies(signature, "errors of 1")


@pytest.mark.parametrize("forged", ["", "é", "\udcff", "="])
def test_nonsense_is_no_signature(forged: str) -> None:
    assert not Sealer([OLD]).verifies(forged, "errors of 1")


def test_no_character_of_a_signature_may_change() -> None:
    """The last one of base64 has two bits that decoding would drop."""
    sealer = Sealer([OLD])
    signature = sealer.signature("errors of 1")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    for place, own in enumerate(signature):
        for other in set(alphabet) - {own}:
            assert not sealer.verifies(signature[:place] + other + signature[place + 1 :], "errors of 1")


def test_a_newer_key_signs_and_the_older_one_still_verifies() -> None:
    signature = Sealer([OLD]).signature("errors of 1")

    assert Sealer([NEW, OLD]).verifies(signature, "errors of 1")
    assert Sealer([NEW, OLD]).signature("errors of 1") == Sealer([NEW]).signature("errors of 1")


def test_a_short_signature_is_the_beginning_of_a_whole_one_and_no_other() -> None:
    sealer = Sealer([OLD])
    short = sealer.signature("errors of 1", characters=22)

    assert len(short) == 22
    assert sealer.verifies(short, "errors of 1", characters=22)
    assert not sealer.verifies(short, "errors of 1")
    assert not sealer.verifies(short[:21], "errors of 1", characters=22)
    assert not sealer.verifies(sealer.signature("errors of 1"), "errors of 1", characters=22)
