"""Tokens on their way out: who shows a client's id and secret gets one that is good for an hour."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.store import clients
from postroom.store.clients import Client
from postroom.store.credentials import secret_fits
from postroom.store.database import Database
from postroom.store.lockout import Lockout
from postroom.store.signing import TOKEN_LIFETIME
from postroom.web.auth.keys import Keys

_LOG = logging.getLogger("postroom.web.auth")

AUDIENCE: Final = "postroom-api"
"""Whom tokens are for."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client gets; `scope` is what it was given, with spaces between."""

    token: str
    expires_in: int
    scope: str


class GrantRefused(Exception):
    """No token: the error code is one of RFC 6749, section 5.2."""

    def __init__(
        self, error: str, description: str, *, status: int = 400, retry_seconds: int | None = None
    ) -> None:
        """Say which error, why, the HTTP status, and when to come back if that helps."""
        self.error = error
        self.description = description
        self.status = status
        self.retry_seconds = retry_seconds
        super().__init__(description)


class Issuer:
    """Checks secrets against the database, counts failures there, and signs tokens; blocks: use a thread."""

    def __init__(
        self,
        database: Database,
        keys: Keys,
        clock: Callable[[], datetime],
        lockout: Lockout,
        *,
        issuer: str,
    ) -> None:
        """Sign as `issuer`, a URL or a name."""
        self._database = database
        self._keys = keys
        self._clock = clock
        self._lockout = lockout
        self._issuer = issuer

    def grant(self, client_id: str, secret: str, peer: str) -> Grant:
        """Return a token for the client.

        Raises:
            GrantRefused: with the same words and after the same work whatever is wrong.
        """
        client = self._unlocked(client_id, peer)
        fits = secret_fits(client.secret_hash if client else None, secret)
        if client is None or not fits or not client.enabled:
            self._count_failure(client_id, peer)
            raise GrantRefused("invalid_client", "The client_id or the client_secret is wrong.")
        with self._database.transaction() as connection:
            self._lockout.forget_failures(connection, _who(client_id), peer)
        scope = " ".join(client.scopes)
        return Grant(self._sign(client, scope), int(TOKEN_LIFETIME.total_seconds()), scope)

    def _sign(self, client: Client, scope: str) -> str:
        now = int(self._clock().timestamp())
        token_id = secrets.token_hex(16)
        claims = {
            "id": token_id,  # programs written for the older API expect it to come first
            "jti": token_id,
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": client.client_id,
            "iat": now,
            "exp": now + int(TOKEN_LIFETIME.total_seconds()),
            "account": client.account_name,
            "scope": scope,
            "ver": client.secret_version,
        }
        return self._keys.ring().sign(claims)

    def _unlocked(self, client_id: str, peer: str) -> Client | None:
        now = self._clock()
        with self._database.transaction() as connection:
            until = self._lockout.locked_until(connection, _who(client_id), peer, now)
            if until is None:
                return clients.client_by_id(connection, client_id)
        _LOG.warning("client %.80r from %s refused: locked until %s", client_id, peer, until)
        raise GrantRefused(
            "invalid_client",
            "Too many failed attempts; try again later.",
            status=429,
            retry_seconds=max(1, int((until - now).total_seconds())),
        )

    def _count_failure(self, client_id: str, peer: str) -> None:
        _LOG.warning("client %.80r from %s failed to get a token", client_id, peer)
        with self._database.transaction() as connection:
            self._lockout.count_failure(connection, _who(client_id), peer, self._clock())


def _who(client_id: str) -> str:
    return f"client {client_id}"
