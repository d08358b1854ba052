"""Custom fields of an account that has only labels."""

from __future__ import annotations

from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict


class NoCustomFields:
    """Finds the fields that an account has given a label."""

    def __init__(self, settings: AccountSettings) -> None:
        """Look at the account's labels."""
        self._columns = {label: field for field, label in settings.labels.items()}

    def column(self, name: str) -> str | None:
        """Return the contact field that holds a custom field, None when there is none of that name."""
        return self._columns.get(name)

    def typed(self, name: str, text: str) -> str | Verdict:
        """Return a value as it is stored: any text is."""
        del name
        return text
