"""What a page shows to the recipient of a message."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from postroom.contacts.channels import Channel
from postroom.sending.tokens import Sent
from postroom.sending.tracking.preferences import Preferences, Standing, preferences_of, standing_at
from postroom.store.database import Database
from postroom.store.lists import names_of_lists
from postroom.store.messages import Message, message_by_id
from postroom.store.tracking import sender_of_campaign


@dataclass(frozen=True, slots=True)
class View:
    """A message, what its recipient gets, and what the list that it was sent to is called, or was.

    `standing` is whether the address of the message may still be written to by what it came by.
    """

    message: Message
    preferences: Preferences
    standing: Standing
    list_name: str | None
    sender: str
    """Who has written: the name of the sender, else its address or number; empty where there is none."""


def view_of(database: Database, sent: Sent) -> View | None:
    """Return what there is to show of a message, None when it is not there any more."""
    with database.transaction() as connection:
        message = message_by_id(connection, sent.account_id, sent.message_id)
        if message is None:
            return None
        preferences = preferences_of(connection, message)
        standing = standing_at(connection, message, preferences.recipient)
        named = [] if message.list_id is None else [message.list_id]
        names = names_of_lists(connection, sent.account_id, named)
        sender = sender_of_campaign(connection, sent.account_id, message.campaign_id)
    list_name = next(iter(names.values()), None)
    return View(message, preferences, standing, list_name, _name_of(sender, message.channel))


def _name_of(sender: str, channel: Channel) -> str:
    if channel is not Channel.EMAIL:
        return sender
    name, address = parseaddr(sender)
    return name or address
