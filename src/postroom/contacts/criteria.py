"""When two contacts are one: the seven criteria as one key (architecture 2.5, seed 000 section 2.4.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

SEPARATOR = "\x1f"


class Criterion(StrEnum):
    """What identifies a contact within an account."""

    NONE = "none"
    TRIPLET = "triplet"
    EXTENDED = "extended"
    REFERENCE = "reference"
    EMAIL = "email"
    MOBILE = "mobile"
    PHONE = "phone"


class Match(StrEnum):
    """Whether all that a criterion names must be the same, or any one of its identifiers."""

    ALL = "all"
    ANY = "any"


KEY_FIELDS: dict[Criterion, tuple[str, ...]] = {
    Criterion.NONE: (),
    Criterion.TRIPLET: ("email", "phone", "mobile"),
    Criterion.EXTENDED: (
        "email",
        "phone",
        "mobile",
        "facebook_id",
        "twitter_id",
        "address1",
        "city",
        "zipcode",
    ),
    Criterion.REFERENCE: ("reference",),
    Criterion.EMAIL: ("email",),
    Criterion.MOBILE: ("mobile",),
    Criterion.PHONE: ("phone",),
}

IDENTIFIERS: dict[Criterion, tuple[tuple[str, ...], ...]] = {
    Criterion.TRIPLET: (("email",), ("phone",), ("mobile",)),
    Criterion.EXTENDED: (
        ("email",),
        ("phone",),
        ("mobile",),
        ("facebook_id",),
        ("twitter_id",),
        ("address1", "city", "zipcode"),
    ),
}
"""What tells a contact by itself where any is enough; the fields of one belong together."""

FOLDED_FIELDS = frozenset({"email", "address1", "city"})
"""Fields compared without regard to case."""


def dedup_key(criterion: Criterion, values: Mapping[str, str | None]) -> UUID | None:
    """Hash the normalised fields that `criterion` names; None when they are all empty.

    The key is the first 16 bytes of SHA-256 over the criterion and its values, joined by U+001F;
    an empty value counts as an empty string, so the triplet compares all three together.
    """
    parts = [_comparable(field, values.get(field)) for field in KEY_FIELDS[criterion]]
    if not any(parts):
        return None
    return _hashed(criterion.value, *parts)


def identifiers(criterion: Criterion, values: Mapping[str, str | None]) -> tuple[UUID | None, ...]:
    """Hash each identifier that `criterion` has (IDENTIFIERS); None for one of which a field is empty.

    The hash is that of a key, over the names of the fields and their values.
    """
    return tuple(_identifier(fields, values) for fields in IDENTIFIERS[criterion])


def duplicate_key(address: str, first_name: str, number: int = 0) -> UUID:
    """Return the key of one more contact with an address that another has (specs, command batches 3.4).

    The first contact of an address has the key of criterion email. `number` tells apart contacts of which
    another still has the key of a first name that it had before.
    """
    again = (str(number),) if number else ()
    return _hashed("email first", address.lower(), first_name.strip().lower(), *again)


def _identifier(fields: tuple[str, ...], values: Mapping[str, str | None]) -> UUID | None:
    parts = [_comparable(field, values.get(field)) for field in fields]
    return _hashed(*fields, *parts) if all(parts) else None


def _hashed(*parts: str) -> UUID:
    return UUID(bytes=hashlib.sha256(SEPARATOR.join(parts).encode()).digest()[:16])


def _comparable(field: str, value: str | None) -> str:
    if value is None:
        return ""
    return value.lower() if field in FOLDED_FIELDS else value
