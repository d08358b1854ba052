"""By what names templates call the fields of contacts, and our own links.

Fields are known as the API writes them (`firstName`), as the columns are called (`first_name`) and as
command batches have them (`first`), in capitals or not; custom fields as `custom_NAME`, where case counts.
"""

from __future__ import annotations

from typing import Final

from postroom.contacts.fields import DOCUMENTED_FIELDS

OPTOUT: Final = "OPTOUTLINK"
PREFERENCES: Final = "PREFERENCESLINK"
OWN_LINKS: Final = (OPTOUT, PREFERENCES)

CUSTOM: Final = "custom_"

ITEMS: Final = "items"
"""Under which the blocks of rows of a message stand, beside their own names."""

_OF_BATCHES: Final = {
    "first": "first_name",
    "last": "last_name",
    "address_1": "address1",
    "address_2": "address2",
    "zip": "zipcode",
}

_FIELDS: Final = {
    **{name.lower(): name for name in OWN_LINKS},
    **{name.replace("_", ""): name for name in DOCUMENTED_FIELDS},
    **{name: name for name in DOCUMENTED_FIELDS},
    **_OF_BATCHES,
}


def field_named(name: str) -> str | None:
    """Return what a field or a link of ours is called by us, None when the name is of neither."""
    return name if name.startswith(CUSTOM) else _FIELDS.get(name.lower())
