"""Keys are made, taken over, listed, handed out and removed; their secret halves never come out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Person
from tests.gnupg import GnuPG, keyring
from tests.integration.cli.terminal import Terminal

BEGINNING = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
PEOPLE = b"Email;Nom\nalice@example.com;Liddell\n"


def test_a_key_is_made_and_its_public_half_shown(terminal: Terminal, alice: Person) -> None:
    told = terminal.run("account", "pgp", "generate", "alice")

    assert told.startswith("Key ")
    assert BEGINNING in told
    assert "PRIVATE" not in told


def test_the_newest_key_is_exported_unless_another_is_named(terminal: Terminal, alice: Person) -> None:
    old = terminal.json("account", "pgp", "generate", "alice")
    new = terminal.json("account", "pgp", "generate", "alice", "--rsa")

    listed = terminal.json("account", "pgp", "list", "alice")

    assert [key["fingerprint"] for key in listed] == [new["fingerprint"], old["fingerprint"]]
    assert all("public_key" not in key for key in listed)
    assert terminal.run("account", "pgp", "export", "alice") == new["public_key"]
    assert terminal.json("account", "pgp", "export", "alice") == new
    assert terminal.json("account", "pgp", "export", "alice", old["fingerprint"][-8:].lower()) == old


def test_a_table_for_people_names_what_each_key_opens(terminal: Terminal, alice: Person) -> None:
    made = terminal.json("account", "pgp", "generate", "alice")

    told = terminal.run("account", "pgp", "list", "alice")

    assert made["fingerprint"] in told
    assert made["key_ids"][0] in told


def test_an_account_without_keys_is_told_how_to_make_one(terminal: Terminal, alice: Person) -> None:
    assert "postroom account pgp generate alice" in terminal.run("account", "pgp", "list", "alice")
    assert terminal.error("account", "pgp", "export", "alice") == (3, "NO_KEY")


def test_a_key_is_removed_by_enough_of_its_fingerprint(terminal: Terminal, alice: Person) -> None:
    made = terminal.json("account", "pgp", "generate", "alice")

    assert terminal.error("account", "pgp", "remove", "alice", "A") == (2, "BAD_KEY")
    assert terminal.error("account", "pgp", "remove", "alice", "0" * 16) == (3, "NO_KEY")
    removed = terminal.json("account", "pgp", "remove", "alice", made["fingerprint"])

    assert removed["fingerprint"] == made["fingerprint"]
    assert terminal.json("account", "pgp", "list", "alice") == []


def test_charlie_has_none_of_alice_s_keys(terminal: Terminal, alice: Person, charlie: Person) -> None:
    made = terminal.json("account", "pgp", "generate", "alice")

    assert terminal.json("account", "pgp", "list", "charlie") == []
    assert terminal.error("account", "pgp", "export", "charlie", made["fingerprint"]) == (3, "NO_KEY")
    assert terminal.error("account", "pgp", "remove", "charlie", made["fingerprint"]) == (3, "NO_KEY")


@pytest.mark.parametrize(
    ("content", "code"), [(None, "BAD_KEY"), (b"", "BAD_KEY"), (b"no key", "BAD_KEY")], ids=repr
)
def test_what_is_no_key_is_not_imported(
    terminal: Terminal, alice: Person, tmp_path: Path, content: bytes | None, code: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)

    assert terminal.error("account", "pgp", "import", "alice", str(file)) == (2, code)


@pytest.fixture(scope="module")
def gpg() -> Iterator[GnuPG]:
    with keyring() as ring:
        yield ring


@pytest.mark.clients
def test_a_key_of_gnupg_is_imported_and_opens_a_file(
    terminal: Terminal, alice: Person, gpg: GnuPG, tmp_path: Path
) -> None:
    fingerprint = gpg.make_key("office <office@example.com>", "ed25519", "cv25519")
    secret = gpg.run("--armor", "--export-secret-keys", fingerprint)
    passphrase, deposit = tmp_path / "passphrase", tmp_path / "people.csv.pgp"
    passphrase.write_text("tarts\n")
    deposit.write_bytes(gpg.encrypt(PEOPLE, fingerprint))
    order = ("account", "pgp", "import", "alice", "-")

    assert terminal.error(*order, stdin=secret) == (2, "BAD_KEY")
    imported = terminal.json(*order, "--passphrase-file", str(passphrase), stdin=secret)
    tried = terminal.json("check", str(deposit), "--account", "alice")

    assert imported["fingerprint"] == fingerprint
    assert (tried["would_go_to"], tried["counts"]["created"]) == ("ok", 1)
    assert tried["list"] == {"name": "people"}
    assert terminal.error(*order, "--passphrase-file", str(passphrase), stdin=secret) == (5, "KEY_EXISTS")


def test_a_check_of_a_file_for_another_key_says_so(terminal: Terminal, alice: Person, tmp_path: Path) -> None:
    deposit = tmp_path / "people.csv.pgp"
    deposit.write_bytes(PEOPLE)

    answer = terminal.type("check", str(deposit), "--account", "alice", "--json")

    assert answer.exit_code == 2
    assert '"NOT_PGP"' in answer.output
