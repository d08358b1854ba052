"""What people call the fields of a contact, and which field somebody may have meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.partners import CUSTOM_PREFIX
from postroom.contacts.settings import AccountSettings

_ALIKE: Final = 0.75
"""How much of two names is to be the same before one may have been meant by the other, from 0 to 1."""

DOCUMENTED_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "civility": ("Civilité", "Civility"),
    "first_name": ("Prénom", "First name", "firstName"),
    "last_name": ("Nom", "Last name", "lastName"),
    "email": ("Email",),
    "phone": ("Téléphone Fixe", "Fixed Telephone", "Fixed telephone number", "Fixed", "phone"),
    "mobile": ("Mobile", "Mobile Telephone", "Mobile telephone number"),
    "fax": ("Fax",),
    "address1": ("Adresse 1", "Address 1", "address1"),
    "address2": ("Adresse 2", "Address 2", "address2"),
    "zipcode": ("Code postal", "Postal code", "Zip code", "zipcode"),
    "city": ("Ville", "City", "Town"),
    "state": ("Etat", "State"),
    "country": ("Pays", "Country"),
    "birth_date": ("Date de naissance", "Date of birth", "birthDate"),
    "company": ("Société", "Company"),
    "reference": ("Référence", "Reference"),
    "facebook_id": ("Facebook id", "facebookId"),
    "twitter_id": ("Twitter id", "twitterId"),
}
"""French name, English names and REST property, as the two documents print them."""

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "civility": ("Titre", "Title", "Salutation"),
    "last_name": ("Nom de famille", "Surname"),
    "email": (
        "E-mail",
        "Mail",
        "Courriel",
        "Adresse email",
        "Adresse e-mail",
        "Adresse mail",
        "Email address",
    ),
    "phone": ("Téléphone", "Tél", "Tél fixe", "Fixe", "Landline", "Telephone number"),
    "mobile": ("Téléphone mobile", "Téléphone portable", "Tél mobile", "Tél portable", "Portable", "GSM"),
    "fax": ("Télécopie",),
    "address1": ("Adresse", "Address"),
    "address2": ("Complément d'adresse", "Complément adresse"),
    "zipcode": ("CP", "Zip", "Postcode"),
    "state": ("Région",),
    "birth_date": ("Né(e) le", "Date naissance", "Birth date", "Birthday"),
    "company": ("Entreprise", "Raison sociale"),
    "reference": ("Ref", "Référence client", "Customer reference"),
}
"""What exports call the same things."""

_EDGES: Final = " \"'«»“”‘’\ufeff"  # quotes of every kind stand around headers


def fold(text: str) -> str:
    """Reduce a header to what is compared: no case, accents, quotes, marks; single blanks.

    Hyphens, underscores and dots count as blanks, so `Code_Postal` and `Tél.` are known.
    """
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    letters = "".join(mark for mark in plain if not unicodedata.combining(mark)).casefold()
    words = " ".join(re.sub(r"[-_.\ufeff]", " ", letters).split())
    return words.strip(_EDGES)


_BY_WORD: Final = {
    **{fold(field): field for field in DOCUMENTED_FIELDS},
    **{fold(word): field for field, words in ALIASES.items() for word in words},
    **{fold(word): field for field, words in DOCUMENTED_WORDS.items() for word in words},
}


def meant_field(name: str, settings: AccountSettings) -> str | None:
    """Return the field of contacts that somebody may have meant by a name that is none, or None."""
    known = dict(_BY_WORD)
    for column in settings.custom.values():
        field = CUSTOM_PREFIX + column.name
        known |= {fold(column.name): field, fold(field): field}
    near = difflib.get_close_matches(fold(name), known, n=1, cutoff=_ALIKE)
    return known[near[0]] if near else None


def did_you_mean(name: str, settings: AccountSettings) -> str:
    """Return what follows a name that is no field of contacts, as ` (did you mean city?)`; else nothing."""
    meant = meant_field(name, settings)
    return f" (did you mean {meant}?)" if meant else ""
