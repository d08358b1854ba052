"""Looking at templates before anybody is written to: what is odd, and how they read for a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.field_words import did_you_mean
from postroom.contacts.settings import AccountSettings
from postroom.contacts.templates import Content
from postroom.sending.content import Around, Link, Person, Rendered, Unsendable, compile_content
from postroom.sending.content.names import OPTOUT
from postroom.sending.content.people import person_with
from postroom.sending.phone.texts import sms_text
from postroom.sending.readiness import is_field, unknown_names
from postroom.sending.tokens import Tokens
from postroom.store import accounts, selecting
from postroom.store.database import Connection

Items = Mapping[str, Sequence[Mapping[str, str]]]

PREVIEW: Final = Around(
    optout="https://preview.invalid/optout", preferences="https://preview.invalid/preferences"
)
"""Our links as a preview has them; its other links are as they are written."""

_MESSAGE: Final = 10_000_000
"""A message whose number is as long as most: links have it in them."""
_UNSIGNED: Final = "x" * 22
"""In place of a signature's characters, so that the link of a preview is nobody's."""

_CLIPPED: Final = 100_000
"""Bytes of HTML beyond which some mail programs show no more."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a template has: its languages ("" for everybody else), links, fields, and what is odd about it."""

    languages: Sequence[str]
    links: Sequence[Link]
    fields: Sequence[str]
    warnings: Sequence[str]


def check_content(content: Content, settings: AccountSettings) -> Checked:
    """Return what there is to know of a content; raise Refused when no message can be made of it."""
    compiled = compile_content(content, language=settings.language)
    warnings = [
        f"'{name}' is no field of contacts{did_you_mean(name, settings)}, so it has to come with each message"
        for name in unknown_names(compiled, settings)
    ]
    warnings += [
        f"its default for '{name}' stands for no field of contacts{did_you_mean(name, settings)}"
        for name in content.defaults
        if not is_field(name, settings) and not _is_written(name, content)
    ]
    if not content.sender and content.channel.by_message:
        warnings.append("it has no sender")
    if "" not in content.variants and content.channel.by_message:
        warnings.append("contacts whose language it does not speak get no message")
    if content.channel is Channel.EMAIL:
        warnings += _about_mail(content, compiled.names)
    return Checked(sorted(content.variants), compiled.links, sorted(compiled.names), warnings)


def preview(
    connection: Connection,
    account_id: int,
    content: Content,
    *,
    contact_id: int | None = None,
    language: str | None = None,
    items: Items | None = None,
    tokens: Tokens | None = None,
) -> Rendered | Unsendable:
    """Return the message that a contact would get now, or why it would get none.

    Without a contact its fields are empty. `language` stands for the contact's. With `tokens` the links of an
    SMS are as long as they will be, as they count: they lead nowhere.

    Raises:
        Missing: the account has no such contact.
        Refused: the template is wrong.
    """
    settings = accounts.account_by_id(connection, account_id).settings
    person = Person(0, {}, language, items or {})
    if contact_id is not None:
        found = selecting.contacts_by_ids(connection, account_id, [contact_id]).get(contact_id)
        if found is None:
            said = f"There is no contact {contact_id}."
            raise Missing(said, code="NO_CONTACT", details={"ids": [contact_id]})
        person = person_with(contact_id, found.values, found.custom, items or {}, language=language)
    compiled = compile_content(content, language=settings.language)
    if content.channel is not Channel.SMS:
        return compiled.render(person, PREVIEW)
    around = _as_long(tokens, account_id, compiled.links, content) if tokens else PREVIEW
    made = compiled.render(person, around)
    if isinstance(made, Unsendable):
        return made
    spoken = made.language or (person.language or "")[:2] or settings.language
    return replace(
        made, text=sms_text(made.text, spoken, marketing=content.marketing, stop=settings.sms_stop)
    )


def _is_written(name: str, content: Content) -> bool:
    variants = content.variants.values()
    return any(name in said for each in variants for said in (each.subject, each.html, each.text))


def _as_long(tokens: Tokens, account_id: int, links: Sequence[Link], content: Content) -> Around:
    """Return links as long as those of a message, none of which is good for anything."""
    dynamic = {link.link_id for link in links if link.dynamic}

    def tracked(link_id: int, url: str) -> str:
        made = tokens.click(account_id, _MESSAGE, link_id, url if link_id in dynamic else None)
        return made if made == url else _unsigned(made)

    named = (account_id, _MESSAGE)
    optout, preferences = _unsigned(tokens.optout(*named)), _unsigned(tokens.preferences(*named))
    if not content.tracking:
        return Around(optout=optout, preferences=preferences)
    return Around(tracked, optout=optout, preferences=preferences)


def _unsigned(url: str) -> str:
    return url[: -len(_UNSIGNED)] + _UNSIGNED


def _about_mail(content: Content, names: frozenset[str]) -> list[str]:
    warnings = []
    if content.marketing and OPTOUT not in names:
        warnings.append("it has no opt-out link, so one is added at its end")
    for language, variant in content.variants.items():
        if len(variant.html.encode("utf-8", "replace")) > _CLIPPED:
            of = f" in '{language}'" if language else ""
            warnings.append(f"its HTML{of} is so long that some mail programs cut it off")
    return warnings
