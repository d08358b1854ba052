"""What several stored contacts amount to once a criterion makes them one: the law of a criterion's change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.contacts.optouts import OptOutReason

Value = str | date | None
Standing = Mapping[tuple[Medium, str], OptOutReason]
"""Why addresses are opted out, by medium and address."""


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact as it is kept: its values by field, and when it was made and changed last."""

    contact_id: int
    created_at: datetime
    updated_at: datetime
    values: Mapping[str, Value]


def merged_contact(contacts: Sequence[StoredContact], *, now: datetime) -> StoredContact:
    """Tell what contacts of one key become: the one with the lowest id, with the newest values of all.

    Field by field the last value that is not empty wins, by when its contact was changed last, then by id. It
    was made when the first of them was.
    """
    values: dict[str, Value] = {}
    for contact in sorted(contacts, key=lambda each: (each.updated_at, each.contact_id)):
        values |= {name: value for name, value in contact.values.items() if value is not None}
    return StoredContact(
        contact_id=min(each.contact_id for each in contacts),
        created_at=min(each.created_at for each in contacts),
        updated_at=now,
        values=values,
    )


def carried_optouts(
    merged: StoredContact, contacts: Collection[StoredContact], standing: Standing
) -> dict[tuple[Medium, str], OptOutReason]:
    """Tell why the addresses of a merged contact must be opted out: the strictest that any of `contacts` had.

    So nobody is reached by way of a newer address on a medium on which they had opted out with an older one.
    """
    carried: dict[tuple[Medium, str], OptOutReason] = {}
    for medium, field in ADDRESS_FIELD.items():
        addresses = {str(each.values[field]) for each in contacts if each.values.get(field) is not None}
        reasons = [standing[medium, address] for address in addresses if (medium, address) in standing]
        if reasons:
            carried[medium, str(merged.values[field])] = max(reasons)
    return carried
