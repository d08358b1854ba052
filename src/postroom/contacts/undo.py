"""What could not be undone of an import, and why: a closed list of codes with French and English words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from postroom.contacts.reasons import LANGUAGES, Language


class Kept(StrEnum):
    """Why something stays as it is when an import is undone; programs may rely on the codes."""

    CHANGED_SINCE = "CHANGED_SINCE"
    NAMED_SINCE = "NAMED_SINCE"
    ON_ANOTHER_LIST = "ON_ANOTHER_LIST"
    IDENTIFIES = "IDENTIFIES"
    GONE = "GONE"
    SYNCED_SINCE = "SYNCED_SINCE"
    LIST_GONE = "LIST_GONE"
    MERGED = "MERGED"


_TEXTS: dict[Kept, tuple[str, str]] = {
    Kept.CHANGED_SINCE: ("modifié depuis", "changed since"),
    Kept.NAMED_SINCE: ("présent dans un fichier importé depuis", "in a file that was imported since"),
    Kept.ON_ANOTHER_LIST: ("ajouté depuis à une autre liste", "put on another list since"),
    Kept.IDENTIFIES: (
        "identifie désormais le contact : le critère du compte a changé",
        "identifies the contact now: the criterion of the account has changed",
    ),
    Kept.GONE: ("le contact n'existe plus", "the contact is gone"),
    Kept.SYNCED_SINCE: ("la liste a été synchronisée depuis", "the list was synchronised since"),
    Kept.MERGED: (
        "fusionné depuis avec un autre contact : le critère du compte a changé",
        "merged with another contact since: the criterion of the account has changed",
    ),
    Kept.LIST_GONE: ("la liste n'existe plus", "the list is gone"),
}


@dataclass(frozen=True, slots=True)
class KeptContact:
    """A contact of which something stays: `what` is the name of a field, or contact, or list."""

    contact_id: int
    what: str
    code: Kept
    reference: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None


def kept_text(kept: Kept, language: Language) -> str:
    """Say why something stays, in `language`."""
    return _TEXTS[kept][LANGUAGES.index(language)]
