"""Writes of /v1: done once under a key, and only to the state that the caller knows.

With an Idempotency-Key or an If-Match, the whole call is one transaction: the key is claimed, the state is
compared, the operation is run, and its answer is kept. Whoever is killed in between leaves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Header
from fastapi.responses import Response
from pydantic import BaseModel

from postroom.contacts.errors import Missing, Refused
from postroom.drops.room import Room
from postroom.drops.tidying import delete_bytes
from postroom.store import idempotency
from postroom.store.accounts import lock_account_soon
from postroom.store.blobs import DeletingLater
from postroom.store.database import Joined
from postroom.store.idempotency import Answered, ClientKey
from postroom.web.api.v1 import etags
from postroom.web.api.v1.access import Call, call
from postroom.web.api.v1.models import Optional
from postroom.web.auth.caller import Caller
from postroom.web.errors import answer

REPLAYED: Final = "Idempotency-Replayed"
"""The header that tells an answer given again from the first."""

_KEPT_HEADERS: Final = ("content-type", "etag", "location")
_FINAL: Final = (Refused, Missing)
"""Errors that are kept as answers. All others (not now, not allowed, our bugs) may be gone next time."""

IdempotencyKey = Annotated[
    Optional[str],
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A text of your choice, such as a UUID: the same call with the same key takes effect "
        "once, and is answered alike, for 24 hours.",
        examples=["9f0c7a2e-6c1b-4b8e-9a55-0f3a4f6d2c11"],
    ),
]
IfMatch = Annotated[
    Optional[str],
    Header(
        alias="If-Match",
        max_length=1000,
        description="The `ETag` of what you read: when it has changed since, nothing is done, and it is 412.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Whole:
    """A write as one transaction, and the room whose transactions are parts of it."""

    joined: Joined
    room: Room
    act: Callable[[Room], Response]
    current: Callable[[Room], str] | None


@dataclass(frozen=True, slots=True)
class Writing:
    """One write: who asks, and how it is to be done."""

    call: Call
    key: str | None
    if_match: str | None = None

    @property
    def caller(self) -> Caller:
        """Return who asks."""
        return self.call.caller

    def answer(
        self,
        act: Callable[[Room], Response],
        *,
        asked: BaseModel | None = None,
        current: Callable[[Room], str] | None = None,
    ) -> Response:
        """Do it and return its answer, or the one that was given before under the same key.

        `act` runs the operation in the room that it is given. `asked` is what was asked beside method, URL
        and If-Match: what must be the same under the same key. For a change of one resource, `current`
        returns its present tag; others are kept from changing it then.

        Raises:
            Refused: the key was used for another request.
            Conflict: a request with this key is under way.
            Stale: what is to be changed is not what If-Match names.
        """
        if self.key is None and current is None:
            return act(self.call.room)
        room = self.call.room
        blobs = DeletingLater(room.blobs)
        with room.database.joined() as joined:
            whole = _Whole(joined, replace(room, database=joined, blobs=blobs), act, current)
            given = self._answer_once(whole, asked)
        room.between_steps("committed")
        delete_bytes(room, blobs.deleted)
        return given

    def _answer_once(self, whole: _Whole, asked: BaseModel | None) -> Response:
        key = self._client_key()
        if key is None:
            return self._act(whole)
        digest, connection, room = self._digest(asked), whole.joined.connection, whole.room
        if known := idempotency.claim(connection, key):
            return _again(known, digest)
        try:
            given = self._act(whole)
        except _FINAL as error:
            given = answer(self.call.request, error)
        room.between_steps("acted")
        kept = {name: given.headers[name] for name in _KEPT_HEADERS if name in given.headers}
        answered = Answered(digest, given.status_code, kept, bytes(given.body))
        idempotency.keep(connection, key, answered, now=room.clock())
        room.between_steps("answer kept")
        return given

    def _act(self, whole: _Whole) -> Response:
        # A refusal takes back what was done, though its answer is kept.
        with whole.joined.transaction() as connection:
            if self.if_match is not None and whole.current is not None:
                lock_account_soon(connection, self.caller.account_id)
                etags.require_match(self.if_match, whole.current(whole.room))
            return whole.act(whole.room)

    def _client_key(self) -> ClientKey | None:
        if self.key is None:
            return None
        return ClientKey(self.caller.account_id, self.caller.client_id, self.key)

    def _digest(self, asked: BaseModel | None) -> bytes:
        url = self.call.request.url
        parts = (self.call.request.method, url.path, url.query, self.if_match or "")
        digest = hashlib.sha256("\n".join(parts).encode())
        if asked is not None:
            digest.update(b"\n" + asked.model_dump_json(exclude_unset=True).encode())
        return digest.digest()


def _again(known: Answered, digest: bytes) -> Response:
    if known.digest != digest:
        raise Refused(
            "This Idempotency-Key was used for another request; take a new key for each.", code="KEY_REUSED"
        )
    return Response(known.body, known.status, {**known.headers, REPLAYED: "true"})


def write(known: Annotated[Call, Depends(call)], key: IdempotencyKey = None) -> Writing:
    """Return the write at hand; a route names the scopes it needs: `Security(write, scopes=[…])`."""
    return Writing(known, key)


def change(
    known: Annotated[Call, Depends(call)], key: IdempotencyKey = None, if_match: IfMatch = None
) -> Writing:
    """Return the change of one resource at hand, which may have an If-Match as well."""
    return Writing(known, key, if_match)
