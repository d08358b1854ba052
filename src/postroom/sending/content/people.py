"""A contact as templates see it, from whatever it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from postroom.contacts.languages import language_of
from postroom.sending.content.models import Person
from postroom.sending.content.names import CUSTOM


def person_with(
    contact_id: int,
    values: Mapping[str, object],
    custom: Mapping[str, str | None],
    items: Mapping[str, Sequence[Mapping[str, str]]],
    *,
    language: str | None = None,
) -> Person:
    """Return a person with values by contact field, and by the names that the account gave to custom ones.

    `language` stands for the one that the custom fields tell.
    """
    fields = {name: _text_of(value) for name, value in values.items()}
    fields |= {CUSTOM + name: value for name, value in custom.items()}
    return Person(contact_id, fields, language or language_of(custom), items)


def _text_of(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
