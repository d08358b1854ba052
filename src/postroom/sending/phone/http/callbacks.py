"""Reading what a provider calls us with: receipts, and what phones send, in its own words and shape."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from postroom.contacts.errors import Refused
from postroom.sending.phone.inbound import Inbound
from postroom.sending.phone.providers.described import Door, Meanings
from postroom.sending.phone.receipts import Receipt

MOST_BYTES: Final = 256 * 1024
"""The largest body that is read."""
MOST_AT_ONCE: Final = 1000
"""The most receipts or answers of one call."""
_MOST_FIELDS: Final = 200


def may_enter(door: Door, given: str | None) -> bool:
    """Tell whether a secret that was given, in header or path, is that of a door, in constant time."""
    return hmac.compare_digest((given or "").encode(), door.secret.reveal().encode())


def receipts_of(door: Door, meanings: Meanings, called: object) -> list[Receipt]:
    """Return the receipts of what `read_call` read that tell of an end; those on the way are left out."""
    found = []
    for values in _each(door, called):
        outcome = meanings.of(values.get("status", ""), values.get("code", ""))
        if outcome is not None and (values.get("id") or values.get("reference")):
            found.append(
                Receipt(
                    outcome,
                    provider_id=values.get("id", ""),
                    reference=values.get("reference", ""),
                    status=values.get("status", ""),
                    code=values.get("code", ""),
                    text=values.get("text", ""),
                    network=values.get("network", ""),
                    at=moment(values.get("at", "")),
                )
            )
    return found


def inbound_of(door: Door, called: object) -> list[Inbound]:
    """Return what phones sent, of what `read_call` read."""
    return [
        Inbound(
            values["from"],
            values.get("text", ""),
            values.get("to", ""),
            values.get("id", ""),
            moment(values.get("at", "")),
        )
        for values in _each(door, called)
        if values.get("from")
    ]


def read_call(body: bytes, content_type: str, query: str) -> object:
    """Read a call: JSON, or a form, or (without a body) the address after its question mark.

    Raises Refused when it is too large or neither.
    """
    if len(body) > MOST_BYTES:
        raise Refused(f"A call has at most {MOST_BYTES} bytes.", code="TOO_LARGE")
    try:
        if not body.strip():
            return dict(parse_qsl(query, max_num_fields=_MOST_FIELDS, keep_blank_values=True))
        if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            text = body.decode("utf-8", errors="replace")
            return dict(parse_qsl(text, max_num_fields=_MOST_FIELDS, keep_blank_values=True))
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("Expected JSON or a form.", code="BAD_CALL") from None


def moment(text: str) -> datetime | None:
    """Read a time: ISO 8601, or seconds or milliseconds since 1970; one without a zone is in UTC."""
    try:
        if text.isascii() and text.isdigit() and len(text) in {10, 13}:
            return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _each(door: Door, called: object) -> Iterator[Mapping[str, str]]:
    """Yield the values of each receipt or answer, by our names."""
    inner = door.each.value(called) if door.each else called
    several = inner if isinstance(inner, list) else [inner]
    if len(several) > MOST_AT_ONCE:
        raise Refused(f"A call tells of at most {MOST_AT_ONCE} messages.", code="TOO_LARGE")
    for one in several:
        yield {name: finder.within(one, "") for name, finder in door.fields.items()}
