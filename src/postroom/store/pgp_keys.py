"""PGP keys of accounts; their secret halves are sealed, each for its account and fingerprint alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.errors import Conflict, Missing
from postroom.store.database import Connection
from postroom.store.sealing import Sealer
from postroom.store.statements import statements

_SQL = statements("pgp_keys")


@dataclass(frozen=True, slots=True)
class PublicPgpKey:
    """What may be told of a key: `key_ids` of the parts that open messages, `public_key` armoured."""

    fingerprint: str
    key_ids: Sequence[str]
    user_id: str
    public_key: str
    expires_at: datetime | None
    created_at: datetime


def add_key(
    connection: Connection, sealer: Sealer, account_id: int, key: PublicPgpKey, secret: DecryptionKey
) -> None:
    """Keep a key pair; raise Conflict when the account has it already."""
    parameters = {
        "account_id": account_id,
        "fingerprint": key.fingerprint,
        "key_ids": list(key.key_ids),
        "user_id": key.user_id,
        "public_key": key.public_key,
        "sealed_secret": sealer.seal(secret.to_bytes(), _purpose(account_id, key.fingerprint)),
        "expires_at": key.expires_at,
        "now": key.created_at,
    }
    if connection.execute(_SQL["add_pgp_key"], parameters).fetchone() is None:
        raise Conflict(f"The account has the PGP key {key.fingerprint} already.", code="KEY_EXISTS")


def keys_of_account(connection: Connection, account_id: int) -> list[PublicPgpKey]:
    """Return an account's keys, newest first."""
    rows = connection.execute(_SQL["pgp_keys_of_account"], {"account_id": account_id}).fetchall()
    return [PublicPgpKey(**row) for row in rows]


def secret_keys(connection: Connection, sealer: Sealer, account_id: int) -> list[DecryptionKey]:
    """Return what opens an account's files, newest first.

    Raises:
        Unavailable: a secret was sealed under another key of the installation.
    """
    rows = connection.execute(_SQL["pgp_secrets_of_account"], {"account_id": account_id}).fetchall()
    return [
        DecryptionKey.from_bytes(
            row["fingerprint"],
            sealer.unseal(row["sealed_secret"], _purpose(account_id, row["fingerprint"])),
        )
        for row in rows
    ]


def remove_key(connection: Connection, account_id: int, fingerprint: str) -> None:
    """Forget a key pair for good; raise Missing when the account has none of this fingerprint."""
    parameters = {"account_id": account_id, "fingerprint": fingerprint}
    if connection.execute(_SQL["remove_pgp_key"], parameters).fetchone() is None:
        raise Missing(f"The account has no PGP key {fingerprint}.", code="NO_KEY")


def _purpose(account_id: int, fingerprint: str) -> str:
    return f"pgp-key/{account_id}/{fingerprint}"
