"""What GnuPG encrypts we open, and the keys that it makes we take over."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.contacts.batches import FileRefused
from postroom.contacts.errors import Refused
from postroom.contacts.reasons import Reason
from postroom.ingest.pgp import decrypt
from postroom.ingest.pgp_keys import KeyPair, generate, read_key
from tests.gnupg import GnuPG, keyring

pytestmark = pytest.mark.clients

PEOPLE = b"Email;Nom\n" + b"".join(b"p%d@example.com;Liddell\n" % number for number in range(2_000))
ROOMY = 1 << 30


@pytest.fixture(scope="module")
def gpg() -> Iterator[GnuPG]:
    with keyring() as ring:
        yield ring


@pytest.fixture(scope="module", params=[False, True], ids=["curve25519", "rsa"])
def pair(request: pytest.FixtureRequest, gpg: GnuPG) -> KeyPair:
    made = generate("Postroom alice", rsa=request.param)
    gpg.run("--import", given=made.public_key.encode())
    return made


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--armor",),
        ("--armor", "--comment", "sent by night: 1"),
        ("--compress-algo", "zip"),
        ("--compress-algo", "zlib", "-z", "9"),
        ("-z", "0"),
        ("--throw-keyids",),
        ("--cipher-algo", "AES128"),
    ],
    ids=" ".join,
)
def test_a_message_of_gnupg_for_a_key_of_ours_is_opened(
    gpg: GnuPG, pair: KeyPair, options: tuple[str, ...]
) -> None:
    message = gpg.encrypt(PEOPLE, pair.secret.fingerprint, *options)

    assert decrypt(message, [pair.secret], ROOMY) == PEOPLE


@pytest.mark.parametrize(
    "options", [("--cipher-algo", "3DES"), ("--rfc2440",)], ids=["a broken cipher", "without a checksum"]
)
def test_what_no_longer_protects_is_refused(gpg: GnuPG, pair: KeyPair, options: tuple[str, ...]) -> None:
    message = gpg.encrypt(PEOPLE, pair.secret.fingerprint, *options)

    with pytest.raises(FileRefused) as refused:
        decrypt(message, [pair.secret], ROOMY)

    assert refused.value.reason is Reason.DAMAGED_PGP


def test_a_message_that_was_only_packed_by_gnupg_is_refused(gpg: GnuPG, pair: KeyPair) -> None:
    with pytest.raises(FileRefused) as refused:
        decrypt(gpg.run("--store", given=PEOPLE), [pair.secret], ROOMY)

    assert refused.value.reason is Reason.NOT_PGP


def test_a_message_with_a_password_is_refused(gpg: GnuPG, pair: KeyPair) -> None:
    with pytest.raises(FileRefused) as refused:
        decrypt(gpg.run("--symmetric", given=PEOPLE), [pair.secret], ROOMY)

    assert refused.value.reason is Reason.ENCRYPTED_ARCHIVE


@pytest.fixture(scope="module", params=[("rsa3072", "rsa3072"), ("ed25519", "cv25519")], ids=["rsa", "curve"])
def user(request: pytest.FixtureRequest, gpg: GnuPG) -> str:
    return gpg.make_key(f"{request.param[1]} <{request.param[1]}@example.com>", *request.param)


@pytest.mark.parametrize("armor", [(), ("--armor",)], ids=["binary", "armoured"])
def test_a_key_of_gnupg_is_taken_over_with_its_passphrase(
    gpg: GnuPG, user: str, armor: tuple[str, ...]
) -> None:
    taken = read_key(gpg.run(*armor, "--export-secret-keys", user), "tarts")

    assert taken.secret.fingerprint == user
    assert taken.user_id.endswith("@example.com>")
    assert decrypt(gpg.encrypt(PEOPLE, user, "--sign"), [taken.secret], ROOMY) == PEOPLE


@pytest.mark.parametrize("passphrase", ["", "cakes"])
def test_a_key_of_gnupg_with_another_passphrase_is_refused(gpg: GnuPG, user: str, passphrase: str) -> None:
    with pytest.raises(Refused, match="its passphrase is another"):
        read_key(gpg.run("--export-secret-keys", user), passphrase)


def test_every_subkey_of_a_key_opens_what_was_encrypted_for_it(gpg: GnuPG) -> None:
    user = gpg.make_key("rotated <rotated@example.com>", "ed25519", "cv25519")
    before = gpg.encrypt(PEOPLE, user)
    gpg.run("--quick-add-key", user, "cv25519", "encr", "never")

    taken = read_key(gpg.run("--export-secret-subkeys", user), "tarts")

    newest = f"{taken.key_ids[1]}!"
    assert len(taken.key_ids) == 2
    assert decrypt(before, [taken.secret], ROOMY) == PEOPLE
    assert decrypt(gpg.encrypt(PEOPLE, newest), [taken.secret], ROOMY) == PEOPLE


def test_a_public_key_is_not_taken_for_a_secret_one(gpg: GnuPG, user: str) -> None:
    with pytest.raises(Refused, match="no secret half"):
        read_key(gpg.run("--export", user), "tarts")


@pytest.mark.parametrize("content", [b"", b"tarts", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxx\n"])
def test_what_is_no_key_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="no secret PGP key"):
        read_key(content, "")


WITHIN_LIMITED_MEMORY = """
import resource, sys
from postroom.contacts.batches import FileRefused
from postroom.contacts.decryption import DecryptionKey
from postroom.ingest.pgp import decrypt
message, secret = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20),) * 2)
try:
    decrypt(message, [DecryptionKey("", secret)], 1 << 30)
except FileRefused as refused:
    print(refused.reason.value, refused.value)
"""


def test_a_bomb_runs_into_the_limit_on_memory_and_is_refused(
    gpg: GnuPG, pair: KeyPair, tmp_path: Path
) -> None:
    message, secret = tmp_path / "message", tmp_path / "secret"
    message.write_bytes(gpg.encrypt(bytes(600 << 20), pair.secret.fingerprint))
    secret.write_bytes(pair.secret.secret)

    told = subprocess.run(
        [sys.executable, "-c", WITHIN_LIMITED_MEMORY, str(message), str(secret)],
        capture_output=True,
        check=True,
        text=True,
    )

    assert message.stat().st_size < 1 << 20
    assert told.stdout == "ARCHIVE_TOO_BIG 128 MiB\n"
