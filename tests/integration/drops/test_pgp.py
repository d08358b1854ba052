"""Encrypted deposits: applied with the account's own key, else in `ko` with the reason, and nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pysequoia import Cert, encrypt

from postroom.contacts.errors import Conflict, Missing, Unavailable
from postroom.drops.processing import process_account
from postroom.drops.room import Room
from postroom.ingest.pgp_keys import KeyPair, generate
from postroom.store import contacts, pgp_keys
from postroom.store.drops import Drop
from postroom.store.sealing import Sealer
from tests.conftest import Person
from tests.gnupg import keyring
from tests.integration.drops.sender import Sender

KO = "contacts/import/ko"
OK = "contacts/import/ok"
PEOPLE = b"Email;Nom\nalice@example.com;Liddell\nbob@example.com;Builder\n"


def give_key(room: Room, person: Person, name: str = "Postroom") -> KeyPair:
    pair = generate(name)
    key = pgp_keys.PublicPgpKey(
        pair.secret.fingerprint, pair.key_ids, pair.user_id, pair.public_key, None, datetime.now(UTC)
    )
    with room.database.transaction() as connection:
        pgp_keys.add_key(connection, room.sealer, person.account.account_id, key, pair.secret)
    return pair


def message(pair: KeyPair, content: bytes = PEOPLE) -> bytes:
    return encrypt(content, recipients=[Cert.from_bytes(pair.public_key.encode())], armor=False)


def failure(drop: Drop) -> tuple[str, str]:
    assert drop.outcome is not None
    return drop.outcome["failure"]["code"], drop.outcome["failure"]["value"]


def stored(sender: Sender) -> int:
    with sender.room.database.transaction() as connection:
        return contacts.count_contacts(connection, sender.account_id)


@pytest.fixture
def sender(room: Room, alice: Person) -> Sender:
    return Sender(room, alice)


def test_an_encrypted_file_is_applied_and_its_list_bears_the_plain_name(
    sender: Sender, room: Room, alice: Person
) -> None:
    pair = give_key(room, alice)

    done = sender.drop("people.csv.pgp", message(pair))

    assert done.state == "applied"
    assert done.outcome is not None
    assert done.outcome["counts"]["created"] == 2
    assert done.outcome["list"]["name"] == "people"
    assert sender.names(OK) == [f"{done.prefix}_people.csv.pgp"]


def test_an_encrypted_zip_is_applied_too(sender: Sender, room: Room, alice: Person) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", PEOPLE)

    done = sender.drop("people.zip.gpg", message(give_key(room, alice), packed.getvalue()))

    assert done.state == "applied"
    assert stored(sender) == 2


def test_refused_rows_come_back_readable(sender: Sender, room: Room, alice: Person) -> None:
    done = sender.drop("people.csv.pgp", message(give_key(room, alice), PEOPLE + b"nobody;Nobody\n"))

    report = sender.read(OK, f"{done.prefix}_people.csv.pgp.errors.csv")
    assert report == "Email;Nom;Ligne;Code;Motif\nnobody;Nobody;4;INVALID_EMAIL;e-mail invalide : nobody\n"


def test_old_and_new_keys_both_open_and_a_removed_one_no_longer(
    sender: Sender, room: Room, alice: Person
) -> None:
    old, new = give_key(room, alice), give_key(room, alice)
    for number, pair in enumerate((old, new)):
        assert sender.drop(f"people{number}.csv.pgp", message(pair)).state == "applied"

    with room.database.transaction() as connection:
        pgp_keys.remove_key(connection, sender.account_id, old.secret.fingerprint)

    assert failure(sender.drop("late.csv.pgp", message(old)))[0] == "WRONG_KEY"
    assert sender.drop("fresh.csv.pgp", message(new)).state == "applied"


def test_what_was_encrypted_for_alice_never_opens_for_charlie(
    room: Room, alice: Person, charlie: Person
) -> None:
    ours, theirs = give_key(room, alice), give_key(room, charlie)
    charlie_sends = Sender(room, charlie)

    refused = charlie_sends.drop("people.csv.pgp", message(ours))

    assert refused.state == "refused"
    assert failure(refused) == ("WRONG_KEY", f"{ours.key_ids[0]} / {theirs.key_ids[0]}")
    assert stored(charlie_sends) == 0


def test_without_a_key_the_file_is_refused_and_sent_again_later_applied(
    sender: Sender, room: Room, alice: Person
) -> None:
    for_somebody = message(generate("somebody"))
    refused = sender.drop("people.csv.pgp", for_somebody)

    applied = sender.drop("people.csv.pgp", message(give_key(room, alice)))

    assert failure(refused) == ("NO_DECRYPTION_KEY", "")
    assert applied.state == "applied"


def test_a_plain_file_that_claims_to_be_encrypted_is_refused(
    sender: Sender, room: Room, alice: Person
) -> None:
    give_key(room, alice)

    refused = sender.drop("people.csv.pgp", PEOPLE)

    assert failure(refused) == ("NOT_PGP", "")
    french, english = sender.read(KO, f"{refused.prefix}_people.csv.pgp.error.txt").splitlines()
    assert french == "le nom annonce un message PGP chiffré, le contenu n'en est pas un"
    assert english == "the name promises an encrypted PGP message, the content is none"


def places(length: int) -> Sequence[int]:
    """Spread twelve places over a message, its last byte among them."""
    return [length - 1 - number * length // 12 for number in range(12)]


def test_a_message_changed_on_its_way_is_never_applied_and_never_parked(
    sender: Sender, room: Room, alice: Person
) -> None:
    sent = message(give_key(room, alice), PEOPLE * 40)
    # Behind the session key, where what is changed is what was said.
    start = 2 + sent[1] + 8

    for place in places(len(sent) - start):
        broken = bytearray(sent)
        broken[start + place] ^= 0x10
        assert failure(sender.drop("people.csv.pgp", bytes(broken))) == ("DAMAGED_PGP", "")

    assert stored(sender) == 0


def test_a_message_cut_short_is_never_applied_and_never_parked(
    sender: Sender, room: Room, alice: Person
) -> None:
    sent = message(give_key(room, alice), PEOPLE * 40)

    for length in (1, 2, 40, len(sent) // 2, len(sent) - 22, len(sent) - 1):
        assert sender.drop("people.csv.pgp", sent[:length]).state == "refused"

    assert stored(sender) == 0


@pytest.mark.clients
@pytest.mark.slow
def test_a_bomb_in_a_message_is_refused_and_the_next_file_applied(
    sender: Sender, room: Room, alice: Person
) -> None:
    pair = give_key(room, alice)
    with keyring() as gpg:
        gpg.run("--import", given=pair.public_key.encode())
        bomb = gpg.encrypt(bytes(1100 << 20), pair.secret.fingerprint)

    refused = sender.drop("people.csv.pgp", bomb)
    applied = sender.drop("people.csv.pgp", message(pair))

    assert len(bomb) < 2 << 20
    assert failure(refused) == ("ARCHIVE_TOO_BIG", "128 MiB")
    assert applied.state == "applied"


def test_a_key_sealed_under_another_key_of_the_installation_refuses_nothing(
    sender: Sender, room: Room, alice: Person
) -> None:
    """It is the operator who must act, so the deposit waits."""
    sender.leave("people.csv.pgp", message(give_key(room, alice)))
    moved = Room(room.database, room.blobs, room.queue, Sealer([bytes(32)]), room.readers)

    with pytest.raises(Unavailable, match=r"keys/secret\.key"):
        process_account(moved, sender.account_id)

    assert stored(sender) == 0
    assert sender.names(KO) == []


def test_a_key_copied_to_charlie_s_account_stays_shut(room: Room, alice: Person, charlie: Person) -> None:
    give_key(room, alice)
    with room.database.transaction() as connection:
        connection.execute(
            "update pgp_keys set account_id = %s where account_id = %s",
            (charlie.account.account_id, alice.account.account_id),
        )

        with pytest.raises(Unavailable):
            pgp_keys.secret_keys(connection, room.sealer, charlie.account.account_id)


def test_the_database_holds_no_secret_half_in_the_clear(room: Room, alice: Person) -> None:
    pair = give_key(room, alice)

    with room.database.transaction() as connection:
        (row,) = connection.execute("select sealed_secret, pgp_keys::text as all from pgp_keys").fetchall()

    assert pair.secret.secret[40:72] not in row["sealed_secret"]
    assert pair.secret.secret[40:72].hex() not in row["all"]


def test_the_same_key_is_kept_once_for_an_account_and_charlie_cannot_remove_it(
    room: Room, alice: Person, charlie: Person
) -> None:
    pair = give_key(room, alice)
    with room.database.transaction() as connection:
        (kept,) = pgp_keys.keys_of_account(connection, alice.account.account_id)

        with pytest.raises(Missing):
            pgp_keys.remove_key(connection, charlie.account.account_id, pair.secret.fingerprint)
        with pytest.raises(Conflict):
            pgp_keys.add_key(connection, room.sealer, alice.account.account_id, kept, pair.secret)
        assert pgp_keys.keys_of_account(connection, charlie.account.account_id) == []
