"""The providers of SMS and calls, as the settings name them."""

from __future__ import annotations

import os
from functools import partial

from postroom import __version__
from postroom.app.settings import Settings
from postroom.contacts.errors import Missing
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.listening import take_delivered
from postroom.sending.phone.phones import Phones
from postroom.sending.phone.providers.described import Provider
from postroom.sending.phone.providers.reading import read_providers
from postroom.store.accounts import account_by_name


def described_providers(settings: Settings) -> list[Provider]:
    """Return the providers of the file that the settings name; raise Refused on a mistake in it."""
    return read_providers(settings.providers, os.environ) if settings.providers else []


def open_phones(settings: Settings, mailroom: Mailroom) -> Phones:
    """Return the providers; what phones send is recorded in a mailroom. Nothing connects at once."""

    def account_named(name: str) -> int | None:
        try:
            with mailroom.database.transaction() as connection:
                return account_by_name(connection, name).account_id
        except Missing:
            return None

    return Phones(
        described_providers(settings),
        agent=f"Postroom/{__version__}",
        account_named=account_named,
        delivered=partial(take_delivered, mailroom),
    )


def lone_phones(settings: Settings) -> Phones:
    """Return the providers for trying one out: what phones send meanwhile stays with them."""
    return Phones(
        described_providers(settings), agent=f"Postroom/{__version__}", account_named=lambda _name: None
    )
