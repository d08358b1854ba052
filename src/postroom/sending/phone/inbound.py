"""What people answer to an SMS: STOP and its like opt their number out; nothing else changes anything."""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.contacts.addresses import phone
from postroom.contacts.errors import Missing
from postroom.contacts.events import EventSource
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.consents import change_consent
from postroom.notices.carrying import one_line
from postroom.sending.answers import ANSWER, opt_out
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.providers.described import Provider
from postroom.store.accounts import Account, account_by_name, all_accounts, lock_account
from postroom.store.database import Connection
from postroom.store.events import new_keys, record_events
from postroom.store.messages import Message
from postroom.store.optouts import Act
from postroom.store.phones import newest_to_number

_LOG = logging.getLogger("postroom.sending")

REPLY: Final = "REPLY"
"""How an opt-out by answering is told in events (OUT flows 1.3)."""

_STOPS: Final = frozenset(
    {
        *("STOP", "STOPP", "STOPSMS", "STOPALL", "STOPTOUT", "ARRET", "ARRETS", "ARRETER"),
        *("ARRETEZ", "DESABONNER", "DESABONNEMENT", "DESABONNE", "DESINSCRIRE", "DESINSCRIPTION"),
        *("DESINSCRIT", "RESILIER", "RESILIATION", "FIN", "ANNULER", "UNSUBSCRIBE", "UNSUB", "END"),
        *("CANCEL", "QUIT", "OPTOUT", "REVOKE"),
    }
)
"""Words that mean it alone, in capitals without accents."""
_LEADING: Final = frozenset({"STOP", "STOPSMS", "UNSUBSCRIBE", "DESABONNER"})
"""Words that mean it at the head of a few more, such as "stop thanks": who begins so wants nothing else."""
_PHRASES: Final = frozenset(
    {
        *("OPT OUT", "STOP ALL", "STOP SMS", "STOP TOUT", "STOP PUB", "ME DESABONNER", "ME DESINSCRIRE"),
        *("SE DESABONNER", "SE DESINSCRIRE", "PLUS DE SMS", "NO MORE", "NE PLUS RECEVOIR"),
    }
)
_MOST_WORDS: Final = 4
"""A longer text that begins with STOP may say anything."""
_LONGEST: Final = 1600


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a phone sent, from its number to one of ours; `message_id` is the provider's name of it or ""."""

    number: str
    text: str
    to: str = ""
    message_id: str = ""
    at: datetime | None = None


def means_stop(text: str) -> bool:
    """Tell whether a text asks to be left alone, whatever its case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST])
    bare = "".join(mark for mark in plain if not unicodedata.combining(mark)).upper()
    words = re.findall(r"[A-Z0-9]+", bare)
    if not words or len(words) > _MOST_WORDS:
        return False
    return words[0] in _LEADING or " ".join(words) in _PHRASES or (len(words) == 1 and words[0] in _STOPS)


def take_inbound(mailroom: Mailroom, provider: Provider, inbound: Inbound) -> bool:
    """Opt a number out that asks for it; tell whether that changed anything.

    It answers the newest SMS that the provider brought to the number, whichever account sent that. Where it
    brought none, the account is the one that the provider serves, if it serves one alone. Other texts are
    left alone, and no word opts anybody in again.
    """
    if not means_stop(inbound.text):
        return False
    now = mailroom.clock()
    with mailroom.database.transaction() as connection:
        owner = _owner(connection, provider)
        for number in _readings(connection, inbound.number, owner):
            message = newest_to_number(connection, provider.name, number)
            if message is not None and owner and message.account_id != owner.account_id:
                message = None
            if message is not None:
                return _answered(connection, provider, inbound, message, now)
        if owner is None:
            _LOG.warning("%s: STOP from a number that nobody wrote to", provider.name)
            return False
        return _unasked(connection, owner, provider, inbound, now)


def _answered(
    connection: Connection, provider: Provider, inbound: Inbound, message: Message, now: datetime
) -> bool:
    if message.is_test or not _is_new(connection, provider, inbound, message, now):
        return False
    events = opt_out(
        connection,
        message,
        REPLY,
        at=min(inbound.at or now, now),
        now=now,
        source=EventSource.PROVIDER,
        by_whom=provider.name,
    )
    record_events(connection, message.account_id, events, now=now)
    return bool(events)


def _is_new(
    connection: Connection, provider: Provider, inbound: Inbound, message: Message, now: datetime
) -> bool:
    """Tell whether this answer was not told before: told again, it must not undo an opt-in that followed it.

    Without a name or a time of it nobody can tell, and whoever says STOP is taken at their word.
    """
    lock_account(connection, message.account_id)
    name = inbound.message_id or (inbound.at.isoformat() if inbound.at else "")
    key = f"inbound:{provider.name}:{message.address}:{one_line(name, 100)}"
    return not name or bool(new_keys(connection, message.account_id, [key], now=now))


def _unasked(
    connection: Connection, owner: Account, provider: Provider, inbound: Inbound, now: datetime
) -> bool:
    number = phone(inbound.number, owner.settings.region, "mobile") or _international(inbound.number)
    if number is None:
        return False
    act = Act(owner.account_id, Medium.SMS.value, ANSWER, provider.name, now)
    return change_consent(connection, act, number, OptOutReason.CONTACT)


def _owner(connection: Connection, provider: Provider) -> Account | None:
    if provider.account is None:
        return None
    try:
        return account_by_name(connection, provider.account)
    except Missing:
        return None


def _readings(connection: Connection, number: str, owner: Account | None) -> list[str]:
    """Return what a number may be in the base: international, or national of a region of the accounts."""
    regions = (
        [owner.settings.region] if owner else sorted({a.settings.region for a in all_accounts(connection)})
    )
    read = [_international(number), *(phone(number, region, "mobile") for region in regions)]
    return list(dict.fromkeys(each for each in read if each))


def _international(number: str) -> str | None:
    """Read a number that has its country code, with or without the plus, as providers write it."""
    digits = re.sub(r"[\s().-]", "", number).removeprefix("+").removeprefix("00")
    return f"+{digits}" if re.fullmatch(r"[1-9][0-9]{6,14}", digits) else None
