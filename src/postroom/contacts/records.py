"""Contacts as programs find, read and write them (contact folders and lists API, section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from postroom.contacts.cells import clean, is_storable
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.rows import mean
from postroom.contacts.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A contact as it is stored: its filled fields, its lists, and why its addresses are opted out.

    `custom` has the account's custom fields by name, None where they are empty.
    """

    contact_id: int
    created_at: datetime
    updated_at: datetime
    values: Mapping[str, str | date]
    list_ids: tuple[int, ...]
    optouts: Mapping[Medium, OptOutReason]
    custom: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts: those for which all that is given is so; None and an empty mapping ask nothing.

    Values may be written in any usual way. `optouts` has True for opted out for whatever reason, False for
    not opted out (or without an address), or the reason; `updated_since` counts that moment in.
    """

    ids: Sequence[int] | None = None
    email: str | None = None
    mobile: str | None = None
    phone: str | None = None
    reference: str | None = None
    list_id: int | None = None
    optouts: Mapping[Medium, bool | OptOutReason] = field(default_factory=dict)
    updated_since: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether this asks nothing, so that it finds everybody."""
        return self == ContactFilter()

    def sought(self, settings: AccountSettings) -> dict[str, str] | None:
        """Return the values asked for as contacts have them; None when one is a value that none has."""
        given = {
            "email": self.email,
            "mobile": self.mobile,
            "phone": self.phone,
            "reference": self.reference,
        }
        found: dict[str, str] = {}
        for name, raw in given.items():
            if raw is not None:
                value = _sought(name, raw, settings.region)
                if value is None:
                    return None
                found[name] = value
        return found


@dataclass(frozen=True, slots=True)
class WrittenContact:
    """A contact, or changes of one, as a program writes it: raw texts by field, and opt-outs by medium.

    What is absent stays as it is. None or a text of blanks is an empty value, an opt-out of None an opt-in.
    """

    values: Mapping[str, str | None]
    optouts: Mapping[Medium, OptOutReason | None] = field(default_factory=dict)


def _sought(name: str, raw: str, region: str) -> str | None:
    text = clean(raw) if is_storable(raw) else None
    return text if name == "reference" else mean(name, text, region)
