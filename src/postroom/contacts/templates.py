"""Templates: what messages are made of, before they are anybody's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from postroom.contacts.cells import clean, is_storable
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused

MOST_NAME_CHARACTERS: Final = 255
MOST_CHARACTERS: Final = 500_000
"""How long the HTML or the text of a template may be."""

_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Variant:
    """A template in one language. Print, social and call-center campaigns need none."""

    subject: str = ""
    html: str = ""
    text: str = ""
    """What an SMS says, what a voice reads, the plain part of a mail (made from the HTML when empty)."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a message is made of; a campaign keeps a copy, which later changes of the template do not touch.

    `variants` are by language (ISO 639-1, lower case); "" is the one for everybody else.
    """

    channel: Channel
    variants: Mapping[str, Variant]
    sender: str = ""
    """An address for mails, perhaps with a name before it; a number or up to eleven letters for SMS."""
    reply_to: str = ""
    tracking: bool = True
    """Whether links and openings are tracked."""
    marketing: bool = True
    """Whether it needs an opt-out link and List-Unsubscribe: all but a receipt or a password does."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """What stands for a field without value, by the field's name."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values, fit for jsonb."""
        return {
            "channel": self.channel.value,
            "variants": {
                language: {"subject": each.subject, "html": each.html, "text": each.text}
                for language, each in self.variants.items()
            },
            "sender": self.sender,
            "reply_to": self.reply_to,
            "tracking": self.tracking,
            "marketing": self.marketing,
            "defaults": dict(self.defaults),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Content:
        """Read what `as_json` wrote."""
        variants = {language: Variant(**each) for language, each in stored["variants"].items()}
        return cls(**{**stored, "channel": Channel(stored["channel"]), "variants": variants})


def template_name(raw: str) -> str:
    """Return the name of a template, raise Refused when none may be called so."""
    name = clean(raw) if is_storable(raw) else None
    if name is None or len(name) > MOST_NAME_CHARACTERS:
        said = f"A template has a name of at most {MOST_NAME_CHARACTERS} characters."
        raise Refused(said, code="BAD_NAME")
    return name


def language_of(raw: str) -> str:
    """Return a language as variants are named: `fr` for "fr", "FR" or "fr-CA"; "" for everybody else.

    Raises:
        Refused: it is none.
    """
    language = re.split(r"[-_]", raw.strip())[0].lower()
    if language and not _LANGUAGE.fullmatch(language):
        raise Refused(f"'{raw}' is no language: it is two letters, such as fr.", code="BAD_LANGUAGE")
    return language
