"""Keeping templates: only what messages can be made of is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from postroom.contacts.cells import is_storable
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.templates import Content, language_of
from postroom.sending.content import compile_content
from postroom.sending.content.mails import is_address
from postroom.sending.phone.senders import sender_id
from postroom.store import templates
from postroom.store.database import Connection
from postroom.store.templates import Template

MOST_VARIANTS: Final = 30
MOST_DEFAULTS: Final = 200


def create(
    connection: Connection, account_id: int, name: str, content: Content, *, now: datetime
) -> Template:
    """Keep a new template.

    Raises:
        Refused: no message can be made of it, or it cannot be called so.
        Conflict: another has that name.
    """
    require_content(content)
    return templates.create_template(connection, account_id, name, content, now=now)


def update(
    connection: Connection,
    account_id: int,
    template_id: int,
    *,
    name: str | None = None,
    content: Content | None = None,
    now: datetime,
) -> Template:
    """Change what is not None; raise what `create` does, or Missing when there is no such template."""
    if content is not None:
        require_content(content)
    return templates.update_template(connection, account_id, template_id, name=name, content=content, now=now)


def require_content(content: Content) -> None:
    """Raise Refused when a content cannot be kept or no message can be made of it."""
    _require_texts(content)
    if len(content.variants) > MOST_VARIANTS or len(content.defaults) > MOST_DEFAULTS:
        said = f"A template has at most {MOST_VARIANTS} languages and {MOST_DEFAULTS} defaults."
        raise Refused(said, code="BAD_TEMPLATE")
    for language in content.variants:
        if language_of(language) != language:
            raise Refused(f"'{language}' is no language: it is two letters, such as fr.", code="BAD_LANGUAGE")
    _require_sender(content)
    if content.channel is not Channel.EMAIL and any(v.subject or v.html for v in content.variants.values()):
        said = f"Only mails have a subject and HTML; what {content.channel} says is its text (`--text`)."
        raise Refused(said, code="BAD_TEMPLATE")
    compile_content(content)


def _require_texts(content: Content) -> None:
    texts = [content.sender, content.reply_to, *content.defaults, *content.defaults.values()]
    for variant in content.variants.values():
        texts += [variant.subject, variant.html, variant.text]
    if not all(is_storable(text) and "\x00" not in text for text in texts):
        raise Refused("It has half a character (a lone surrogate) or a zero byte in it.", code="BAD_VALUE")
    if any(len(text) > MAX_VALUE_CHARACTERS for text in content.defaults.values()):
        raise Refused(f"A default has at most {MAX_VALUE_CHARACTERS} characters.", code="BAD_VALUE")


def _require_sender(content: Content) -> None:
    if content.channel is Channel.EMAIL:
        for option, address in (("--sender", content.sender), ("--reply-to", content.reply_to)):
            if address and not (address.isprintable() and is_address(address)):
                said = f"'{address[:200]}' is no address of a mail (`{option}`)"
                raise Refused(f"{said}, such as Shop <news@shop.example>.", code="BAD_SENDER")
        return
    if content.sender:
        sender_id(content.sender[:100])
    if content.reply_to:
        raise Refused("Only mails have an address for answers.", code="BAD_SENDER")
