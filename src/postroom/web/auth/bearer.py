"""Tokens on the way in: is this one ours, and does the client behind it still stand?"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from anyio import to_thread

from postroom.contacts.errors import Denied
from postroom.store import clients
from postroom.store.clients import Client
from postroom.store.database import Database
from postroom.store.signing import UnknownKey
from postroom.web.auth.issuing import AUDIENCE
from postroom.web.auth.keys import Keys
from postroom.web.errors import Unauthorized

STANDING_SECONDS: Final = 5
"""For so long a client that was disabled, removed or given a new secret may go on."""

_LONGEST: Final = 50_000
_MOST: Final = 10_000
_EXPIRED: Final = "The token has expired or is not valid; ask for a new one."


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a token that passed once says; the signature need not be checked again while its key is in use."""

    kid: str
    client_id: str
    secret_version: int
    expires_at: float


class Bearers:
    """Checks tokens. For one event loop: what it remembers is touched by no other thread."""

    def __init__(self, database: Database, keys: Keys, clock: Callable[[], datetime]) -> None:
        """Remember nothing yet."""
        self._database = database
        self._keys = keys
        self._clock = clock
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self._standing: OrderedDict[str, tuple[Client | None, datetime]] = OrderedDict()

    async def client_of(self, authorization: str | None) -> Client:
        """Return the client of a header `Authorization: Bearer TOKEN`.

        Raises:
            Unauthorized: there is no token, it is not valid or has expired, or its client is switched off.
        """
        token = _token_of(authorization)
        found = await self._verify(token)
        if found.expires_at <= self._clock().timestamp():
            raise Unauthorized(_EXPIRED)
        client = await self._client(found.client_id)
        if client is None or not client.enabled or client.secret_version != found.secret_version:
            raise Unauthorized(_EXPIRED)
        return client

    async def _verify(self, token: str) -> _Verified:
        digest = hashlib.sha256(token.encode()).digest()
        ring = self._keys.cached()
        known = self._verified.get(digest)
        if known is not None and ring is not None and ring.knows(known.kid):
            return known
        found = await to_thread.run_sync(self._check, token)
        _remember(self._verified, digest, found)
        return found

    def _check(self, token: str) -> _Verified:
        now = self._clock()
        try:
            try:
                kid, claims = self._keys.ring().verified(token, audience=AUDIENCE, now=now)
            except UnknownKey:
                kid, claims = self._keys.newer_ring().verified(token, audience=AUDIENCE, now=now)
        except Denied:
            raise Unauthorized(_EXPIRED) from None
        return _Verified(kid, claims["sub"], claims["ver"], claims["exp"])

    async def _client(self, client_id: str) -> Client | None:
        client, read_at = self._standing.get(client_id, (None, None))
        now = self._clock()
        if read_at is None or abs(now - read_at) >= timedelta(seconds=STANDING_SECONDS):
            client = await to_thread.run_sync(self._read_client, client_id)
            _remember(self._standing, client_id, (client, now))
        return client

    def _read_client(self, client_id: str) -> Client | None:
        with self._database.reading() as connection:
            return clients.client_by_id(connection, client_id)


def _token_of(authorization: str | None) -> str:
    # The name of a scheme has no case (RFC 9110, 11.1), whatever the case of programs that send it.
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("A token is needed: Authorization: Bearer TOKEN.", code="NO_TOKEN", given=False)
    if len(token) > _LONGEST:
        raise Unauthorized(_EXPIRED)
    return token


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _MOST:
        memory.popitem(last=False)
