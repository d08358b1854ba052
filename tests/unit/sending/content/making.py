"""Short ways to templates and the messages made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.templates import Content, Variant
from postroom.sending.content import Around, Compiled, Person, Rendered, Unsendable, compile_content

AROUND = Around(
    link=lambda number, url: f"https://t.example/c/{number}?to={len(url)}&k=1",
    pixel="https://t.example/p?a=1&b=2",
    optout="https://t.example/o?a=1&b=2",
    preferences="https://t.example/f?a=1&b=2",
)
BARE = Around()


def template(html: str = "", text: str = "", subject: str = "Bonjour", **rest: Any) -> Compiled:
    return compile_content(Content(Channel.EMAIL, {"": Variant(subject, html, text)}, **rest))


def sms(text: str, **rest: Any) -> Compiled:
    return compile_content(Content(Channel.SMS, {"": Variant(text=text)}, **rest))


def bob(
    fields: Mapping[str, str | None] | None = None,
    language: str | None = "fr",
    **items: Sequence[Mapping[str, str]],
) -> Person:
    return Person(7, {"first_name": "Bob", "city": None, **(fields or {})}, language, items)


def made(compiled: Compiled, person: Person | None = None, around: Around = BARE) -> Rendered:
    found = compiled.render(person or bob(), around)
    assert isinstance(found, Rendered), found
    return found


def unmade(compiled: Compiled, person: Person | None = None, around: Around = BARE) -> Unsendable:
    found = compiled.render(person or bob(), around)
    assert isinstance(found, Unsendable), found
    return found


def said(text: str, person: Person | None = None, **rest: Any) -> str:
    """Return what a text template says."""
    return made(sms(text, **rest), person).text


def body(html: str, person: Person | None = None, around: Around = BARE, **rest: Any) -> str:
    """Return what stands in the body of an HTML template."""
    page = made(template(html, **rest), person, around).html
    return page.partition("<body>")[2].partition("</body>")[0]


def refusal(html: str = "", text: str = "", subject: str = "Bonjour") -> str:
    with pytest.raises(Refused) as refused:
        template(html, text, subject)
    return refused.value.message
