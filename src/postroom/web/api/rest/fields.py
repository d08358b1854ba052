"""What a parameter may be, in the words of OpenAPI: as text in an address or a form, and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from postroom.web.api.rest.parameters import DEFAULT, MOST_ITEMS, USUAL_ITEMS

Schema: TypeAlias = Mapping[str, Any]

_ID: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_WHOLE: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_NULL: Final[Schema] = {"type": "null"}
_MOMENT: Final = (
    "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
)
_JSON_TEXT: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter: what it is about, its schema as `text`, and as JSON; `file` tells one that is uploaded."""

    about: str
    text: Schema
    json: Schema
    file: bool = False


def text(about: str, *, nullable: bool = False) -> Field:
    """Return a parameter that is any text; a number in JSON is read as text."""
    plain = {"type": "string"}
    return Field(about, plain, {"type": ["string", "number", *(["null"] if nullable else [])]})


def one_id(about: str) -> Field:
    """Return a parameter that is one id."""
    return Field(about, _ID, {"anyOf": [_ID, _WHOLE]})


def ids(about: str) -> Field:
    """Return a parameter that is ids: `12,65`, or a list."""
    many = {"type": "string", "pattern": "^[0-9]{1,18}(,[0-9]{1,18})*$", "examples": ["12,65"]}
    listed = {"type": "array", "items": {"anyOf": [_ID, _WHOLE]}, "minItems": 1}
    return Field(about, many, {"anyOf": [many, _WHOLE, listed]})


def flag(about: str) -> Field:
    """Return a parameter that is yes or no."""
    words = {"type": "string", "enum": ["1", "0", "true", "false"]}
    return Field(about, words, {"anyOf": [words, {"type": "boolean"}]})


def number(about: str, *, usual: int, most: int | None = None) -> Field:
    """Return a parameter that is a whole number."""
    whole: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": most or 10**12 - 1, "default": usual}
    return Field(about, whole, whole)


def choice(about: str, words: Collection[str]) -> Field:
    """Return a parameter that is one of some words."""
    chosen = {"type": "string", "enum": list(words)}
    return Field(about, chosen, {"anyOf": [chosen, _NULL]})


def moment(about: str) -> Field:
    """Return a parameter that is a moment."""
    written = {
        "type": "string",
        "pattern": _MOMENT,
        "examples": ["2013-01-02 14:00:00"],
    }
    return Field(f"{about} UTC; RFC 3339 is understood too.", written, written)


def properties(known: Collection[str], usual: Collection[str]) -> Field:
    """Return the parameter that chooses properties."""
    one = {"type": "string", "enum": [DEFAULT, *known]}
    names = "|".join([DEFAULT, *known])
    many = {"type": "string", "pattern": f"^({names})(,({names}))*$", "default": DEFAULT}
    about = f"Properties to answer with, with commas between. {DEFAULT} stands for {', '.join(usual)}."
    return Field(about, many, {"anyOf": [many, {"type": "array", "items": one, "minItems": 2}]})


def meta_data(members: Mapping[str, Field], *, needed: Collection[str] = ()) -> Field:
    """Return the parameter that holds new values: JSON in a text, or an object."""
    value = {
        "type": "object",
        "properties": {name: {**field.json, "description": field.about} for name, field in members.items()},
        "required": list(needed),
        "minProperties": 1,
        "additionalProperties": False,
    }
    packed = {"type": "string", "contentMediaType": _JSON_TEXT, "contentSchema": value}
    return Field(f"A JSON object with {', '.join(members)}.", packed, {"anyOf": [value, packed]})


def objects(about: str, item: Schema) -> Field:
    """Return a parameter that is objects: a list of them or one, or JSON of either in a text."""
    listed = {"type": "array", "items": item, "minItems": 1}
    packed = {"type": "string", "contentMediaType": _JSON_TEXT, "contentSchema": {"anyOf": [listed, item]}}
    return Field(f"{about} Or in brackets: contacts[0][email].", packed, {"anyOf": [listed, item, packed]})


def file(about: str) -> Field:
    """Return a parameter that is a file, which a form of parts alone can hold."""
    return Field(about, {"type": "string", "contentMediaType": "application/octet-stream"}, {}, file=True)


def paging(sortable: Collection[str]) -> dict[str, Field]:
    """Return the parameters that choose which items of a long list are answered, and in which order."""
    names = "|".join(sortable)
    order = {"type": "string", "pattern": f"^({names})( (ASC|DESC))?$", "examples": ["id DESC"]}
    return {
        "limit": number("How many items at most.", usual=USUAL_ITEMS, most=MOST_ITEMS),
        "offset": number("How many items to leave out first.", usual=0),
        "sort": Field("A property and a direction.", order, order),
        "total": flag("Whether to count all items that the filter finds, for `total`."),
    }
