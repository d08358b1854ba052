"""Places in braces within what goes to a provider by HTTP: filled after its shape is fixed.

A place is filled in a value that already stands in JSON, a form or a header, so no text of anybody can change
what the call is: quotes, ampersands and line ends are written as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

PLACES: Final = ("to", "to.digits", "text", "sender", "message", "channel", "parts", "encoding")
"""Number with its plus, its digits alone, what to say, from whom, our name of it, how; of SMS its size."""

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


def places_of(shape: object) -> Iterator[str]:
    """Yield the names of all places in texts, lists and tables."""
    if isinstance(shape, str):
        yield from _PLACE.findall(shape)
    elif isinstance(shape, Mapping):
        for each in shape.values():
            yield from places_of(each)
    elif isinstance(shape, list):
        for each in shape:
            yield from places_of(each)


def filled(shape: object, values: Mapping[str, str]) -> object:
    """Return a copy of texts, lists and tables with every place filled; `{parts}` alone becomes a number."""
    if isinstance(shape, str):
        if shape == "{parts}":
            return int(values["parts"])
        return filled_text(shape, values)
    if isinstance(shape, Mapping):
        return {key: filled(each, values) for key, each in shape.items()}
    if isinstance(shape, list):
        return [filled(each, values) for each in shape]
    return shape


def filled_text(text: str, values: Mapping[str, str]) -> str:
    """Return a text with every place filled, once: what was filled in is not looked through again."""
    return _PLACE.sub(lambda place: values[place[1]], text)
