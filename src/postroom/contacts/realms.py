"""Realms: under which name an account logs in with command batches, and what such an account needs.

Seed 001, header; specs, command batches 1.2 and 3.4.
"""

from __future__ import annotations

from typing import Final

from postroom.contacts.criteria import Criterion, Match
from postroom.contacts.errors import Refused

MAX_NAME_CHARACTERS: Final = 100

MOST_CLIENTS: Final = 4
"""How many API clients a realm may have beside its own password (seed 001)."""


def realm_key(name: str) -> str:
    """Reduce a realm's name to what is compared: no case."""
    return name.lower()


def is_realm_name(text: str) -> bool:
    """Tell whether a realm or one of its clients could be named so; strangers may ask for anything."""
    return 1 <= len(text) <= MAX_NAME_CHARACTERS and text.isprintable() and text == text.strip()


def checked_name(text: str, what: str) -> str:
    """Return a realm's or client's name without blanks around it; raise Refused when nobody is named so."""
    name = text.strip()
    if not is_realm_name(name):
        raise Refused(
            f"The name of a {what} has 1 to {MAX_NAME_CHARACTERS} printable characters.", code="BAD_NAME"
        )
    return name


def check_identification(account: str, criterion: Criterion, match: Match) -> None:
    """Raise Refused unless an account with a realm may tell contacts apart like this.

    A batch finds contacts by e-mail, or by `customer_key`, which is our reference; by nothing else.
    """
    if criterion in {Criterion.EMAIL, Criterion.REFERENCE} and match is Match.ALL:
        return
    told = criterion.value if match is Match.ALL else f"{criterion.value} with match=any"
    raise Refused(
        "An account with a realm needs criterion=email, or criterion=reference when its batches have a "
        f"customer_key, with match=all; here it is {told}. "
        f"Set it first: postroom account set {account} criterion=email match=all",
        code="REALM_CRITERION",
    )
