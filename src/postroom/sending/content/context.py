"""What a template sees and may spend while it is rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from liquid import RenderContext
from liquid.exceptions import LiquidError, LiquidValueError
from liquid.template import BoundTemplate
from liquid.undefined import Undefined

from postroom.sending.content.models import Around, Person
from postroom.sending.content.names import ITEMS, OPTOUT, PREFERENCES, field_named

STEPS: Final = 100_000
"""What one message may cost: a step is about a microsecond of work."""

LARGEST: Final = 2_000_000
"""How many characters a finished text may have."""

_NAMES: Final = ("civility", "first_name", "last_name")
_LINK_LIKE = re.compile(
    r"://|\bwww\.|[\w-]{3,}\.(?:com|net|org|info|biz|online|site|shop|top|xyz|club|app|dev|me|tv|cc|io|co|ai"
    r"|fr|de|uk|ru|cn|eu|us|be|ch|ca|it|es|nl|pl|in)\b",
    re.IGNORECASE,
)


class NoValueError(LiquidError):
    """A field has no value, and nothing stands for it."""

    def __init__(self, undefined: Undefined) -> None:
        """Say of which."""
        said = (undefined.hint or undefined.name).removesuffix(" is undefined").strip("'")
        super().__init__(f"{said} has no value", token=undefined.token)


class TooMuchError(LiquidError):
    """A message costs more than any honest one does."""


class OwnLink(str):
    """A link of ours, which is safe wherever a link may stand."""

    __slots__ = ()


class Fields(dict[str, object]):
    """Values by every name that a template may use."""

    def __missing__(self, name: str) -> object:
        """Look a name up as we call what it names."""
        ours = field_named(name)
        if ours is None or ours == name:
            raise KeyError(name)
        return self[ours]


class Buffer:
    """Takes what is written, up to a limit."""

    __slots__ = ("_left", "_parts")

    def __init__(self, most: int = LARGEST) -> None:
        """Begin with nothing."""
        self._parts: list[str] = []
        self._left = most

    def write(self, text: str) -> int:
        """Add a text; raise TooMuchError when it becomes too long."""
        length = len(text)
        self._left -= length
        if self._left < 0:
            raise TooMuchError(f"it becomes longer than {LARGEST} characters", token=None)
        self._parts.append(text)
        return length

    def getvalue(self) -> str:
        """Return all that was written."""
        return "".join(self._parts)


class Context(RenderContext):
    """A context of python-liquid that knows the links around a message, and counts steps."""

    __slots__ = ("_left", "around", "language")

    def __init__(
        self, template: BoundTemplate, fields: Mapping[str, object], around: Around, language: str
    ) -> None:
        """Let a template see `fields`; `language` is that of dates and of our own words."""
        super().__init__(template, globals=fields)
        self.around = around
        self.language = language
        self._left = STEPS

    def spend(self, steps: int) -> None:
        """Take steps; raise TooMuchError when there are none left."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchError("its loops and filters cost more than a message may", token=None)


def fields_of(person: Person, around: Around, defaults: Mapping[str, str]) -> Fields:
    """Return what a template sees of a person: fields that have a value or a default, items, our links.

    A first or last name that would show as a link is none: whoever fills forms with advertising is not to
    have it delivered by us.
    """
    fields = Fields(defaults)
    fields.update({name: value for name, value in person.fields.items() if value})
    for name in _NAMES:
        value = person.fields.get(name)
        if value and _LINK_LIKE.search(value):
            fields.pop(name, None)
            if name in defaults:
                fields[name] = defaults[name]
    if person.items:
        items = {block: [_row(each) for each in rows] for block, rows in person.items.items()}
        fields = Fields({**items, **fields, ITEMS: items})
    if around.optout is not None:
        fields[OPTOUT] = OwnLink(around.optout)
    if around.preferences is not None:
        fields[PREFERENCES] = OwnLink(around.preferences)
    return fields


def text_of(value: object) -> str:
    """Return a value as it shows; raise NoValueError when there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, Undefined):
        raise NoValueError(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "".join(map(text_of, value))
    raise LiquidValueError("this is no text", token=None)


def _row(row: Mapping[str, str]) -> dict[str, object]:
    return {column: value for column, value in row.items() if value}
