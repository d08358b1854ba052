"""Finding the contacts that a program asks for: by an index where what it knows of them identifies contacts.

That is so of the values of an account's criterion, and of any one identifier where one is enough. For all
other values the contacts of the account are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from postroom.contacts.criteria import KEY_FIELDS, dedup_key, identifiers
from postroom.contacts.records import ContactFilter
from postroom.contacts.settings import AccountSettings
from postroom.store.database import Connection
from postroom.store.identifiers import owners
from postroom.store.selecting import Selection


def selection_of(
    connection: Connection, account_id: int, settings: AccountSettings, wanted: ContactFilter
) -> Selection | None:
    """Return what to select for a filter; None when it asks for a value that no contact can have."""
    values = wanted.sought(settings)
    if values is None:
        return None
    return Selection(
        account_id,
        ids=_among(wanted.ids, _known_by(connection, account_id, settings, values)),
        values=values,
        dedup_key=_key(settings, values),
        list_id=wanted.list_id,
        optouts=wanted.optouts,
        updated_since=wanted.updated_since,
    )


def _key(settings: AccountSettings, values: Mapping[str, str]) -> UUID | None:
    """Return the key of whoever has these values, where they are all that makes one."""
    if settings.matches_any or not set(KEY_FIELDS[settings.criterion]) <= set(values):
        return None
    return dedup_key(settings.criterion, values)


def _known_by(
    connection: Connection, account_id: int, settings: AccountSettings, values: Mapping[str, str]
) -> list[int] | None:
    """Return whom one of these values identifies by itself; None where none does."""
    if not settings.matches_any:
        return None
    known = next((each for each in identifiers(settings.criterion, values) if each), None)
    if known is None:
        return None
    lines = owners(connection, account_id, f"{{{known}}}").splitlines()
    return [int(line.partition(",")[2]) for line in lines]


def _among(asked: Sequence[int] | None, known: Sequence[int] | None) -> Sequence[int] | None:
    if asked is None or known is None:
        return asked if known is None else known
    return sorted(set(asked) & set(known))
