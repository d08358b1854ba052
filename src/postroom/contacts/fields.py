"""The fields of a contact, in the order of the documents (seed 000 section 2.3.1, seed 004)."""

from __future__ import annotations

from typing import Literal

IDENTITY_FIELDS = ("civility", "first_name", "last_name")
MEANS = ("email", "phone", "mobile")
CUSTOM_FIELDS = tuple(f"field{n:02d}" for n in range(1, 16))
EXTRA_FIELDS = tuple(f"extra{n:02d}" for n in range(1, 46))
"""Where the custom fields of an account are kept, each under a name of the account's own."""

DOCUMENTED_FIELDS: tuple[str, ...] = (
    "civility",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile",
    "fax",
    "address1",
    "address2",
    "zipcode",
    "city",
    "state",
    "country",
    "birth_date",
    "company",
    "reference",
    *CUSTOM_FIELDS,
    "facebook_id",
    "twitter_id",
)
"""The fields that everybody knows by their names, in the order of the documents."""

CONTACT_FIELDS = (*DOCUMENTED_FIELDS, *EXTRA_FIELDS)
"""Column names of the contacts table and keys of every batch; all text but `birth_date`."""

PhoneKind = Literal["phone", "mobile"]
"""The fields that hold phone numbers: a mobile may stand in the first, only what can be one in the second."""

MAX_VALUE_CHARACTERS = 4000
