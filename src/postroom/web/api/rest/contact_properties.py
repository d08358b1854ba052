"""The properties of a contact as the older API spells them, and what they are to us (spec 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.web.api.operations.contacts import ContactRecord
from postroom.web.api.rest.fields import Schema
from postroom.web.api.rest.output import Shown, camel, moment_text
from postroom.web.api.rest.parameters import refused
from postroom.web.api.rest.parsing import Value, Values, shown

FIELDS: Final[Mapping[str, str]] = {camel(field): field for field in DOCUMENTED_FIELDS}
"""Our fields by their names there."""

OPTOUTS: Final[Mapping[str, Medium]] = {f"{medium.lower()}Optout": medium for medium in Medium}
REASONS: Final[Mapping[str, OptOutReason]] = {
    "user": OptOutReason.ACCOUNT,
    "contact": OptOutReason.CONTACT,
    "hardbounced": OptOutReason.HARD_BOUNCE,
    "spam": OptOutReason.SPAM,
}
"""Who asked for an opt-out: `user` is the account. An e-mail address has all four, others the first two."""

NOT_KEPT: Final = ("longitude", "latitude", "locale")
"""What programs send and may ask for, and Postroom does not keep."""

_GIVEN: Final = ("id", "listIds", "dateUpdated", "dateCreated")
_PHONE_REASONS: Final = ("contact", "user")
_WORDS: Final = {reason: word for word, reason in REASONS.items()}
_SPELLED: Final = {name.lower(): name for name in (*FIELDS, *OPTOUTS, *NOT_KEPT, *_GIVEN)}

_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_NULL: Final[Schema] = {"type": "null"}
_WRITTEN: Final[Schema] = {"type": ["string", "number", "null"]}
_IGNORED: Final[Schema] = {"description": "Taken, and not kept."}


def _reasons(medium: Medium) -> list[str]:
    return list(REASONS if medium is Medium.EMAIL else _PHONE_REASONS)


def _optout_schema(medium: Medium) -> Schema:
    return {"type": ["string", "null"], "enum": [*_reasons(medium), None]}


PROPERTIES: Final[Mapping[str, Schema]] = {
    "id": _TEXT,
    "listIds": {"type": "array", "items": _TEXT},
    "dateUpdated": _TEXT,
    "dateCreated": _TEXT,
    **dict.fromkeys(FIELDS, _TEXT_OR_NULL),
    **dict.fromkeys(NOT_KEPT, _NULL),
    **{name: _optout_schema(medium) for name, medium in OPTOUTS.items()},
}

WRITABLE: Final[Schema] = {
    "type": "object",
    "description": "Names in any case.",
    "properties": {
        **dict.fromkeys(FIELDS, _WRITTEN),
        **dict.fromkeys(NOT_KEPT, _IGNORED),
        **{name: _optout_schema(medium) for name, medium in OPTOUTS.items()},
    },
    "minProperties": 1,
}
"""A contact as a program writes it."""


def _field_of(field: str) -> Callable[[ContactRecord], Shown]:
    def read(record: ContactRecord) -> Shown:
        value = record.values.get(field)
        return value.isoformat() if isinstance(value, date) else value

    return read


def _optout_of(medium: Medium) -> Callable[[ContactRecord], Shown]:
    def read(record: ContactRecord) -> Shown:
        reason = record.optouts.get(medium)
        return None if reason is None else _WORDS[reason]

    return read


def _nothing(_record: ContactRecord) -> Shown:
    return None


READ: Final[Mapping[str, Callable[[ContactRecord], Shown]]] = {
    "id": lambda record: str(record.contact_id),
    "listIds": lambda record: [str(each) for each in record.list_ids],
    "dateUpdated": lambda record: moment_text(record.updated_at),
    "dateCreated": lambda record: moment_text(record.created_at),
    **{name: _field_of(field) for name, field in FIELDS.items()},
    **dict.fromkeys(NOT_KEPT, _nothing),
    **{name: _optout_of(medium) for name, medium in OPTOUTS.items()},
}
"""How each property is read from a contact."""


def written(values: Values, where: str) -> dict[str, Any]:
    """Return a contact, or changes of one, as operations understand them.

    Fields are text or None; `optouts` has, by medium, a reason or None.

    Raises:
        Refused: an unknown property, one that Postroom gives itself, or a value that is no text.
    """
    row: dict[str, Any] = {}
    optouts: dict[Medium, OptOutReason | None] = {}
    seen: set[str] = set()
    for name, value in values.items():
        place = f"{where}.{name[:80]}"
        property_ = _SPELLED.get(name.lower())
        if property_ is None:
            raise refused(place, "is no property of a contact", code="UNKNOWN_PROPERTY")
        if property_ in seen:
            raise refused(place, "is there twice, in another case")
        seen.add(property_)
        if property_ in _GIVEN:
            raise refused(place, "cannot be set: Postroom gives it")
        if property_ in OPTOUTS:
            optouts[OPTOUTS[property_]] = reason_of(value, OPTOUTS[property_], place)
        elif property_ in FIELDS:
            row[FIELDS[property_]] = _text(value, place)
    return {**row, "optouts": optouts} if optouts else row


def reason_of(value: Value, medium: Medium, where: str) -> OptOutReason | None:
    """Return the reason of an opt-out, None when there is none: null, or in forms `null` or nothing."""
    known = _reasons(medium)
    if value is None or value in ("", "null"):
        return None
    if not isinstance(value, str) or value not in known:
        said = f", not {shown(value)}" if isinstance(value, str) else ""
        raise refused(where, f"must be null, {' or '.join(known)}{said}")
    return REASONS[value]


def _text(value: Value, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise refused(where, "must be one text")
