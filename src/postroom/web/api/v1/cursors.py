"""Cursors: where the next page of a listing begins, as text that only we can read.

A cursor holds the id of the last item on a page and a check over that and the listing it belongs to. It
keeps no secret (who forges one sees another page of what is theirs anyway), it tells mistakes: a cursor
that was cut, altered, or taken from another listing is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from postroom.contacts.errors import Refused

LENGTH: Final = 22
"""Characters of a cursor."""

_ID_BYTES: Final = 8
_CHECK_BYTES: Final = 8


def cursor_after(item_id: int, listing: str) -> str:
    """Return the cursor that follows an item; `listing` names what is listed, account and filters too."""
    return _cursor(item_id.to_bytes(_ID_BYTES, "big"), listing)


def cursor_after_key(key: str, listing: str) -> str:
    """Return the cursor that follows an item of a listing that is sorted by texts; longer than others."""
    return _cursor(key.encode(), listing)


def _cursor(position: bytes, listing: str) -> str:
    return base64.urlsafe_b64encode(position + _check(position, listing)).rstrip(b"=").decode()


def position_of(cursor: str, listing: str) -> int:
    """Return the id of the item that a cursor follows.

    Raises:
        Refused: it is no cursor of this listing.
    """
    item_id = int.from_bytes(_content(cursor)[:_ID_BYTES], "big")
    # Compared as text: several texts stand for the same bytes.
    if cursor != cursor_after(item_id, listing):
        raise _stray()
    return item_id


def key_of(cursor: str, listing: str) -> str:
    """Return the text by which the item is sorted that a cursor follows.

    Raises:
        Refused: it is no cursor of this listing.
    """
    key = _content(cursor)[:-_CHECK_BYTES].decode(errors="replace")
    if cursor != cursor_after_key(key, listing):
        raise _stray()
    return key


def _content(cursor: str) -> bytes:
    try:
        padding = b"=" * (-len(cursor) % 4)
        return base64.b64decode(cursor.encode("ascii") + padding, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""


def _stray() -> Refused:
    return Refused(
        "This cursor belongs to no listing like this one; start again without it.", code="BAD_CURSOR"
    )


def _check(position: bytes, listing: str) -> bytes:
    return hashlib.blake2b(position + listing.encode(), digest_size=_CHECK_BYTES, person=b"cursor").digest()
