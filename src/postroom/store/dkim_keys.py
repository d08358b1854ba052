"""Keys of DKIM, of accounts; their secrets are sealed, each for its account, domain and selector alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from postroom.contacts.errors import Conflict, Missing
from postroom.store.database import Connection
from postroom.store.sealing import Sealer
from postroom.store.statements import statements

_SQL = statements("dkim_keys")


class KeyState(StrEnum):
    """What a key does: one of each domain and kind signs, the one that was activated last."""

    WAITING = "waiting"
    SIGNING = "signing"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What may be told of a key; `kind` is rsa or ed25519, `public_key` in base64 as the DNS has it."""

    domain: str
    selector: str
    kind: str
    public_key: str
    created_at: datetime
    activated_at: datetime | None = None
    state: KeyState = KeyState.WAITING


@dataclass(frozen=True, slots=True)
class SecretKey:
    """The secret half of a key, in PKCS 8."""

    domain: str
    selector: str
    kind: str
    secret: bytes = field(repr=False)


def add_dkim_key(
    connection: Connection, sealer: Sealer, account_id: int, key: DkimKey, secret: bytes
) -> None:
    """Keep a key, which waits; raise Conflict when the account has one of that domain and selector."""
    parameters = {
        "account_id": account_id,
        "domain": key.domain,
        "selector": key.selector,
        "kind": key.kind,
        "public_key": key.public_key,
        "sealed_secret": sealer.seal(secret, _purpose(account_id, key.domain, key.selector)),
        "now": key.created_at,
    }
    if connection.execute(_SQL["add_dkim_key"], parameters).fetchone() is None:
        raise Conflict(
            f"The account has a key of {key.domain} under the selector {key.selector} already.",
            code="KEY_EXISTS",
        )


def activate_dkim_key(
    connection: Connection, account_id: int, domain: str, selector: str, now: datetime
) -> None:
    """Let a key sign from now on, instead of the one of its domain and kind that did.

    Raises:
        Missing: the account has no such key.
    """
    parameters = {"account_id": account_id, "domain": domain, "selector": selector, "now": now}
    if connection.execute(_SQL["activate_dkim_key"], parameters).fetchone() is None:
        raise _no_key(domain, selector)


def dkim_keys_of_account(connection: Connection, account_id: int) -> list[DkimKey]:
    """Return an account's keys, by domain, the newest first."""
    rows = connection.execute(_SQL["dkim_keys_of_account"], {"account_id": account_id})
    return [DkimKey(**{**row, "state": KeyState(row["state"])}) for row in rows]


def dkim_secrets(connection: Connection, sealer: Sealer, account_id: int) -> list[SecretKey]:
    """Return what signs an account's mails: of one domain and kind one key.

    Raises:
        Unavailable: a secret was sealed under another key of the installation.
    """
    rows = connection.execute(_SQL["dkim_secrets"], {"account_id": account_id}).fetchall()
    return [
        SecretKey(
            row["domain"],
            row["selector"],
            row["kind"],
            sealer.unseal(row["sealed_secret"], _purpose(account_id, row["domain"], row["selector"])),
        )
        for row in rows
    ]


def remove_dkim_key(connection: Connection, account_id: int, domain: str, selector: str) -> None:
    """Forget a key for good; raise Missing when the account has none such."""
    parameters = {"account_id": account_id, "domain": domain, "selector": selector}
    if connection.execute(_SQL["remove_dkim_key"], parameters).fetchone() is None:
        raise _no_key(domain, selector)


def _no_key(domain: str, selector: str) -> Missing:
    return Missing(f"The account has no key of {domain} under the selector {selector}.", code="NO_KEY")


def _purpose(account_id: int, domain: str, selector: str) -> str:
    return f"dkim-key/{account_id}/{domain}/{selector}"
