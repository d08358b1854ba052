"""Who may come in: passwords and keys, with a lock-out that all nodes share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from postroom.contacts.errors import Denied
from postroom.gateway.remembering import RememberedPasswords
from postroom.gateway.seam import Principal, Vfs
from postroom.store import logins
from postroom.store.credentials import key_fingerprint, password_fits
from postroom.store.database import Database
from postroom.store.lockout import Lockout
from postroom.store.logins import Login

_LOG = logging.getLogger("postroom.gateway.auth")

_REFUSAL = "The login or its password is wrong."


class ComparesPasswords(Protocol):
    """Compares a password with a hash in the same time, whether there is a hash or not."""

    def __call__(self, password_hash: str | None, password: str, /) -> bool:
        """Tell whether the password fits; never without a hash."""
        ...


class OpensVfs(Protocol):
    """Makes the tree of a login."""

    def __call__(self, principal: Principal) -> Vfs:
        """Return the tree for one session."""
        ...


class Auth:
    """Checks passwords and keys against the database, and counts failures there; blocks: use a thread."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        open_vfs: OpensVfs,
        lockout: Lockout,
        *,
        hashes_at_once: int = 4,
        fits: ComparesPasswords = password_fits,
        remembered: RememberedPasswords | None = None,
    ) -> None:
        """Bound the memory of password hashing: `hashes_at_once` times 19 MiB."""
        self._database = database
        self._clock = clock
        self._open_vfs = open_vfs
        self._lockout = lockout
        self._fits = fits
        self._remembered = remembered or RememberedPasswords()
        self._hashing = threading.BoundedSemaphore(hashes_at_once)

    def password(self, login: str, secret: str, peer: str, proto: str) -> Principal:
        """Check a password; raise Denied with the same words and after the same work whatever is wrong."""
        known = self._unlocked(login, peer)
        fits = self._password_fits(known.password_hash if known else None, secret)
        if known is None or not fits or not known.enabled:
            self._count_failure(login, peer, proto)
            raise Denied(_REFUSAL, code="LOGIN_REFUSED")
        return self._welcome(known, peer)

    def public_key(self, login: str, key_blob: bytes, peer: str) -> Principal:
        """Check a public key; raise Denied. A wrong key is not counted: clients offer all they have."""
        known = self._unlocked(login, peer)
        with self._database.transaction() as connection:
            fits = logins.has_key(connection, login, key_fingerprint(key_blob))
        if known is None or not fits or not known.enabled:
            raise Denied(_REFUSAL, code="LOGIN_REFUSED")
        return self._welcome(known, peer)

    def open_vfs(self, principal: Principal) -> Vfs:
        """Return the tree of this login, for one session."""
        return self._open_vfs(principal)

    def _password_fits(self, password_hash: str | None, secret: str) -> bool:
        if password_hash and self._remembered.knows(password_hash, secret):
            return True
        with self._hashing:
            # Of many sessions that came at once, one paid while the others waited.
            if password_hash and self._remembered.knows(password_hash, secret):
                return True
            fits = self._fits(password_hash, secret)
        if password_hash and fits:
            self._remembered.remember(password_hash, secret)
        return fits

    def _unlocked(self, login: str, peer: str) -> Login | None:
        with self._database.transaction() as connection:
            until = self._lockout.locked_until(connection, _who(login), peer, self._clock())
            if until is not None:
                _LOG.warning("login %r from %s refused: locked until %s", login, peer, until)
                raise Denied("Too many failed logins; try again later.", code="LOCKED_OUT")
            return logins.login_by_name(connection, login)

    def _count_failure(self, login: str, peer: str, proto: str) -> None:
        _LOG.warning("login %r from %s by %s failed", login, peer, proto)
        with self._database.transaction() as connection:
            self._lockout.count_failure(connection, _who(login), peer, self._clock())

    def _welcome(self, known: Login, peer: str) -> Principal:
        with self._database.transaction() as connection:
            self._lockout.forget_failures(connection, _who(known.login), peer)
        return Principal(known.login, known.account_id, known.account_name)


def _who(login: str) -> str:
    return f"login {login}"
