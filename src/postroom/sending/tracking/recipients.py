"""Who got a message: where they are reached now, and in which language they are spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from postroom.contacts.languages import language_of
from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.contacts.reasons import LANGUAGES, Language
from postroom.store.accounts import account_by_id
from postroom.store.database import Connection
from postroom.store.messages import Message
from postroom.store.selecting import contacts_by_ids


@dataclass(frozen=True, slots=True)
class Recipient:
    """A message's recipient, by medium the address; of a contact that is gone, the message's own alone."""

    language: Language
    addresses: Mapping[Medium, str]
    list_ids: Sequence[int]
    lifts_complaints: bool
    """Whether an opt-in of this account lifts complaints and hard bounces, too."""


def recipient_of(connection: Connection, message: Message) -> Recipient:
    """Return who got a message, as known by now."""
    settings = account_by_id(connection, message.account_id).settings
    contact = contacts_by_ids(connection, message.account_id, [message.contact_id]).get(message.contact_id)
    if contact is None:
        addresses = {message.channel.medium: message.address}
        return Recipient(settings.language, addresses, (), settings.optin_lifts_complaints)
    spoken = language_of(contact.custom)
    language = next((each for each in LANGUAGES if each == spoken), settings.language)
    addresses = {
        medium: str(contact.values[field])
        for medium, field in ADDRESS_FIELD.items()
        if contact.values.get(field)
    }
    return Recipient(language, addresses, contact.list_ids, settings.optin_lifts_complaints)
