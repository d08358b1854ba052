"""What a list may be called, and what may be changed of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from postroom.contacts.cells import clean, is_storable
from postroom.contacts.errors import Refused
from postroom.contacts.fields import MAX_VALUE_CHARACTERS

MAX_NAME_CHARACTERS: Final = 255


def list_name(raw: object) -> str:
    """Return the name of a list without its accidents; raise Refused when nothing is left, or too much."""
    name = _text("name", raw, MAX_NAME_CHARACTERS)
    if name is None:
        raise Refused("A list needs a name.", code="NO_NAME", details={"field": "name"})
    return name


def list_description(raw: object) -> str | None:
    """Return the description of a list without its accidents; None when nothing is left."""
    return _text("description", raw, MAX_VALUE_CHARACTERS)


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What is to be changed of lists: the name unless None, and where it `describes`, the description."""

    name: str | None = None
    describes: bool = False
    description: str | None = None

    @classmethod
    def read(cls, changes: Mapping[str, object]) -> Self:
        """Read what a caller wants to change.

        Raises Refused for what no list has, what cannot be changed, and for nothing at all.
        """
        unknown = sorted(changes.keys() - {"name", "description"})
        if unknown:
            said = f"Of a list, name and description can be changed, not {', '.join(unknown)}."
            raise Refused(said, code="UNKNOWN_PROPERTY", details={"properties": unknown})
        if not changes:
            raise Refused("Nothing is to be changed: name or description is missing.", code="NO_CHANGE")
        return cls(
            list_name(changes["name"]) if "name" in changes else None,
            "description" in changes,
            list_description(changes.get("description")),
        )


def _text(field: str, raw: object, most: int) -> str | None:
    if raw is not None and not isinstance(raw, str):
        raise Refused(f"The {field} of a list must be text.", code="INVALID_TEXT", details={"field": field})
    text = clean(raw)
    if text is None:
        return None
    if len(text) > most:
        said = f"The {field} of a list has at most {most} characters, this one has {len(text)}."
        raise Refused(said, code="VALUE_TOO_LONG", details={"field": field})
    if not is_storable(text):
        said = f"The {field} of the list has half a character in it (a lone surrogate)."
        raise Refused(said, code="INVALID_TEXT", details={"field": field})
    return text
