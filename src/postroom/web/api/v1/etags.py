"""Entity tags (RFC 9110, 8.8.3 and 13.1): which state of a resource an answer shows."""

from __future__ import annotations

import base64
import hashlib
import re

from postroom.web.errors import Stale

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def etag_of(representation: bytes) -> str:
    """Return the strong tag of a representation, quotes included."""
    digest = hashlib.blake2b(representation, digest_size=12).digest()
    return f'"{base64.urlsafe_b64encode(digest).decode()}"'


def names(header: str, etag: str, *, weakly: bool) -> bool:
    """Tell whether a list of tags, or `*`, names this one; weak ones (W/"…") count only `weakly`."""
    if header.strip() == "*":
        return True
    tags = _TAG.findall(header)
    return etag in ([tag.removeprefix("W/") for tag in tags] if weakly else tags)


def require_match(if_match: str, etag: str) -> None:
    """Raise Stale unless If-Match names the state that a resource is in."""
    if not names(if_match, etag, weakly=False):
        raise Stale("It has changed since you read it: read it again, and decide again.", code="CHANGED")
