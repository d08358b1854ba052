"""Signed tokens: JWTs by RS256, and the keys behind them, sealed at rest and shared by all nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from postroom.contacts.errors import Conflict, Denied
from postroom.store.database import Connection
from postroom.store.sealing import Sealer
from postroom.store.statements import statements

TOKEN_LIFETIME: Final = timedelta(hours=1)
KEYS_LAG: Final = timedelta(minutes=2)
"""For so long a node may go on signing with a key that was replaced; clocks that differ are in it."""

_SQL = statements("signing")
_ALGORITHM: Final = "RS256"
_KEY_BITS: Final = 2048


class UnknownKey(Denied):
    """The token names a key that is not among these: it may be a new one."""


class KeyRing:
    """The keys of one moment: the first one signs, all of them verify."""

    def __init__(self, signing: RSAKey, verifying: Sequence[RSAKey]) -> None:
        """Take the private key that signs, and the public keys that verify, its own included."""
        self._signing = signing
        self._verifying = {key.kid: key for key in verifying}

    def knows(self, kid: str) -> bool:
        """Tell whether the key verifies."""
        return kid in self._verifying

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return a token with these claims, in their order."""
        header = {"typ": "JWT", "alg": _ALGORITHM, "kid": self._signing.kid}
        return jwt.encode(header, dict(claims), self._signing, algorithms=[_ALGORITHM])

    def verified(self, token: str, *, audience: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """Return the id of the key and the claims of a token that is ours and has not expired.

        Raises:
            UnknownKey: no key of that id is here.
            Denied: it is anything else.
        """
        # The algorithm is ours to say, not the token's: "none" and HS256 with the public key fail.
        rules = JWTClaimsRegistry(
            now=int(now.timestamp()),
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            ver={"essential": True},
        )
        try:
            decoded = jwt.decode(token, self._key_of, algorithms=[_ALGORITHM])
            # An issuer's clock may be ahead of ours; iat decides nothing.
            rules.validate({name: value for name, value in decoded.claims.items() if name != "iat"})
        except (JoseError, ValueError, TypeError, RecursionError) as wrong:
            raise Denied(f"The token is not valid: {type(wrong).__name__}.", code="INVALID_TOKEN") from None
        return str(decoded.header["kid"]), decoded.claims

    def published(self) -> dict[str, object]:
        """Return the public keys as a JSON Web Key Set (RFC 7517)."""
        return {"keys": [_public(key) for key in self._verifying.values()]}

    def _key_of(self, token: GuestProtocol) -> RSAKey:
        kid = token.headers().get("kid")
        if not isinstance(kid, str) or kid not in self._verifying:
            raise UnknownKey("The token was signed with a key that is not in use.", code="INVALID_TOKEN")
        return self._verifying[kid]


def key_ring(connection: Connection, sealer: Sealer, now: datetime) -> KeyRing:
    """Return the keys of the installation; the first call of all makes one.

    Raises:
        Unavailable: the key was sealed under another key of the installation.
    """
    rows = _rows(connection, now)
    if not rows or rows[0]["retired_at"] is not None:
        _add_key(connection, sealer, now)  # or another node was faster: then its key is there now
        rows = _rows(connection, now)
    newest = rows[0]
    secret = sealer.unseal(newest["sealed_secret"], _purpose(newest["kid"]))
    return KeyRing(
        RSAKey.import_key(json.loads(secret)), [RSAKey.import_key(row["public_key"]) for row in rows]
    )


def rotate_keys(connection: Connection, sealer: Sealer, now: datetime, *, end_tokens: bool = False) -> str:
    """Let a new key sign and return its id; the older one verifies until its tokens are gone.

    With `end_tokens` older keys are forgotten at once, and every token with them.

    Raises:
        Unavailable: the older key was sealed under another key of the installation, and whoever has that
            could not open the new one. Not with `end_tokens`: it is the way out when that key is lost.
        Conflict: somebody else does the same right now.
    """
    if not end_tokens:
        key_ring(connection, sealer, now)
    connection.execute(_SQL["retire_signing_key"], {"now": now})
    oldest = now if end_tokens else now - TOKEN_LIFETIME - KEYS_LAG
    connection.execute(_SQL["forget_signing_keys"], {"oldest": oldest})
    kid = _add_key(connection, sealer, now)
    if kid is None:
        raise Conflict("Somebody else is changing the signing keys; look again.", code="KEYS_CHANGING")
    return kid


def _rows(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    oldest = now - TOKEN_LIFETIME - KEYS_LAG
    return connection.execute(_SQL["keys_that_verify"], {"oldest": oldest}).fetchall()


def _add_key(connection: Connection, sealer: Sealer, now: datetime) -> str | None:
    key = RSAKey.generate_key(_KEY_BITS, auto_kid=True)
    kid = str(key.kid)
    secret = json.dumps(key.as_dict(private=True)).encode()
    parameters = {
        "kid": kid,
        "public_key": json.dumps(_public(key)),
        "sealed_secret": sealer.seal(secret, _purpose(kid)),
        "now": now,
    }
    row = connection.execute(_SQL["add_signing_key"], parameters).fetchone()
    return kid if row else None


def _public(key: RSAKey) -> dict[str, object]:
    shown = {**key.as_dict(private=False), "use": "sig", "alg": _ALGORITHM}
    return cast("dict[str, object]", shown)


def _purpose(kid: str) -> str:
    return f"signing-key/{kid}"
