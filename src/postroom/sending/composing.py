"""From a claimed message to a finished letter: look the person up, render the content, sign the mail."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, Final

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.settings import AccountSettings
from postroom.contacts.templates import Content
from postroom.sending.carrying import Letter
from postroom.sending.content import Around, Compiled, Person, Rendered, Unsendable, compile_content
from postroom.sending.content.mails import BOTH, build_mail
from postroom.sending.content.people import person_with
from postroom.sending.mail.dkim_keys import KeyKind, SigningKey
from postroom.sending.mail.return_paths import message_id_header, return_path
from postroom.sending.mail.signing import Signer, sign
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.texts import sms_text, too_long
from postroom.sending.tokens import Tokens
from postroom.store import accounts, dkim_keys
from postroom.store.dkim_keys import SecretKey
from postroom.store.outgoing import Due, campaign_contents, contact_fields

_LOG = logging.getLogger("postroom.sending")

_CONTENTS: Final = 64
"""Compiled contents that a process keeps."""
_KEYS: Final = 256


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter, and what its SENT event tells: `sender` as people see it."""

    due: Due
    letter: Letter
    language: str
    subject: str
    sender: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why there is no letter for a message."""

    due: Due
    reason: NotSentReason
    detail: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A content that makes messages; `dynamic` are the links that differ from person to person."""

    content: Content
    compiled: Compiled
    dynamic: frozenset[int]


class Composer:
    """Makes the letters of one batch of messages of one account and channel."""

    def __init__(
        self, mailroom: Mailroom, account_id: int, channel: Channel, messages: Sequence[Due]
    ) -> None:
        """Read what the messages need, in a few statements."""
        self._mailroom, self._account_id, self._channel = mailroom, account_id, channel
        self._tokens = Tokens(mailroom.sealer, mailroom.tracking_url or "")
        with mailroom.database.transaction() as connection:
            self._settings = accounts.account_by_id(connection, account_id).settings
            custom = self._settings.custom
            self._contacts = contact_fields(
                connection,
                account_id,
                {each.contact_id for each in messages},
                [*DOCUMENTED_FIELDS, *custom],
            )
            named = {each.campaign_id for each in messages}
            self._contents = {
                each.campaign_id: each for each in campaign_contents(connection, account_id, named)
            }
            secrets = []
            if channel is Channel.EMAIL:
                secrets = dkim_keys.dkim_secrets(connection, mailroom.sealer, account_id)
        self._signers = _signers(secrets)

    def compose(self, message: Due) -> Composed | Unsent:
        """Return the letter of a message, or why there is none; a bug of ours is a reason like any other."""
        try:
            return self._compose(message)
        except Refused as wrong:
            return Unsent(message, NotSentReason.PERSONALIZATION_ERROR, wrong.message)
        except Exception as bug:  # noqa: BLE001  # one message must not keep the others of its batch
            _LOG.exception("message %s-%s cannot be made", self._account_id, message.message_id)
            return Unsent(message, NotSentReason.TECHNICAL_ERROR, f"unexpected {type(bug).__name__}")

    def _compose(self, message: Due) -> Composed | Unsent:
        row = self._contacts.get(message.contact_id)
        if row is None:
            return Unsent(message, NotSentReason.NO_ADDRESS, "the contact is not there any more")
        campaign = self._contents[message.campaign_id]
        ready = _ready(campaign.content, self._settings.language)
        content = ready.content
        person = person_of(row, self._settings, (message.own or {}).get("items", {}))
        rendered = ready.compiled.render(person, self._around(message, ready))
        if isinstance(rendered, Unsendable):
            return Unsent(message, rendered.reason, rendered.detail)
        if self._channel is Channel.EMAIL:
            return self._mail(message, content, rendered)
        return self._text(message, content, rendered, person)

    def _around(self, message: Due, ready: _Ready) -> Around:
        if self._mailroom.tracking_url is None:
            return Around()
        named, tokens = (self._account_id, message.message_id), self._tokens
        optout, preferences = tokens.optout(*named), tokens.preferences(*named)
        if not ready.content.tracking:
            return Around(optout=optout, preferences=preferences)

        made: dict[int, str] = {}

        def tracked(link_id: int, url: str) -> str:
            if link_id in ready.dynamic:
                return tokens.click(*named, link_id, url)
            # A link stands in the HTML and in the text, and is signed once.
            if link_id not in made:
                made[link_id] = tokens.click(*named, link_id)
            return made[link_id]

        pixel = tokens.pixel(*named) if self._channel is Channel.EMAIL else None
        return Around(tracked, pixel, optout, preferences)

    def _mail(self, message: Due, content: Content, rendered: Rendered) -> Composed:
        room, named = self._mailroom, (self._account_id, message.message_id)
        address = parseaddr(content.sender)[1]
        domain = address.rpartition("@")[2].lower()
        now = room.clock()
        mail = build_mail(
            rendered,
            sender=content.sender,
            to=message.address,
            reply_to=content.reply_to,
            message_id=message_id_header(room.sealer, *named, domain),
            date=now,
            format=message.format or BOTH,
            one_click=self._tokens.one_click(*named) if content.marketing and room.tracking_url else None,
        )
        signed = sign(mail, self._signers_of(domain), at=int(now.timestamp()))
        sender = return_path(room.sealer, *named, room.bounce_domain) if room.bounce_domain else address
        letter = Letter(*named, self._channel, sender, message.address, signed)
        return Composed(message, letter, rendered.language, rendered.subject, content.sender)

    def _text(self, message: Due, content: Content, rendered: Rendered, person: Person) -> Composed | Unsent:
        text = rendered.text
        if self._channel is Channel.SMS:
            language = rendered.language or (person.language or "")[:2] or self._settings.language
            stop = self._settings.sms_stop
            text = sms_text(text, language, marketing=content.marketing, stop=stop)
            if why := too_long(text, self._mailroom.sms_parts):
                return Unsent(message, NotSentReason.MESSAGE_TOO_LONG, why)
        letter = Letter(
            self._account_id,
            message.message_id,
            self._channel,
            content.sender,
            message.address,
            text.encode("utf-8", "replace"),
        )
        return Composed(message, letter, rendered.language, "", content.sender)

    def _signers_of(self, domain: str) -> Sequence[Signer]:
        """Return the keys of a domain, else of the nearest one above it."""
        while domain:
            if domain in self._signers:
                return self._signers[domain]
            domain = domain.partition(".")[2]
        return ()


def person_of(
    row: Mapping[str, Any], settings: AccountSettings, items: Mapping[str, Sequence[Mapping[str, str]]]
) -> Person:
    """Return a row of contacts as templates see it; custom fields by the names that the account gave them."""
    values = {name: row[name] for name in DOCUMENTED_FIELDS}
    custom = {column.name: row[slot] for slot, column in settings.custom.items()}
    return person_with(row["contact_id"], values, custom, items)


@lru_cache(maxsize=_CONTENTS)
def _ready(stored: str, language: str) -> _Ready:
    """Compile a content once, however many messages it has."""
    content = Content.from_json(json.loads(stored))
    compiled = compile_content(content, language=language)
    return _Ready(content, compiled, frozenset(link.link_id for link in compiled.links if link.dynamic))


def _signers(secrets: Sequence[SecretKey]) -> dict[str, list[Signer]]:
    """Return what signs for each domain: a key of each kind, the one that all know last, on top."""
    found: dict[str, list[Signer]] = {}
    for each in secrets:
        signer = Signer(each.domain, each.selector, _key(KeyKind(each.kind), each.secret))
        found.setdefault(each.domain, []).append(signer)
    return found


@lru_cache(maxsize=_KEYS)
def _key(kind: KeyKind, secret: bytes) -> SigningKey:
    return SigningKey(kind, secret)
