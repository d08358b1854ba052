"""What goes into a message, and what comes out: people, the links around it, the finished texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from postroom.contacts.campaigns import NotSentReason


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a template that can be tracked.

    `url` is as the template has it, with fields in it when `dynamic`; `link_id` counts from 1 through all
    languages. Two links with the same URL are told apart by name and categories.
    """

    link_id: int
    url: str
    name: str
    categories: tuple[str, ...] = ()
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a message is for: values by contact field (`first_name`) and by `custom_NAME`.

    `items` has the rows that this very message brings along, by the name of their block. `language` is as the
    contact has it, perhaps with a region (`fr`, `fr-CA`).
    """

    contact_id: int
    fields: Mapping[str, str | None]
    language: str | None = None
    items: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)


def _as_written(_link_id: int, url: str) -> str:
    return url


@dataclass(frozen=True, slots=True)
class Around:
    """Our own links of one message; what is None is left out.

    `link` makes a tracked URL of a link's id and the URL it leads to.
    """

    link: Callable[[int, str], str] = _as_written
    pixel: str | None = None
    optout: str | None = None
    preferences: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished message. `language` is that of the variant, "" for the one that is for everybody."""

    language: str
    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why there is no message for a person; `detail` is one line for people."""

    reason: NotSentReason
    detail: str
