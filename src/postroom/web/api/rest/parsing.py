"""Parameters as they come: form pairs with brackets, JSON, JSON inside a form; bounded in depth and number.

Whatever the spelling, what comes out has one shape: names to values, where a value is text, true, false,
null, a list or an object. Numbers stay as they were written, since in a form they are text too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from postroom.web.errors import Malformed, TooLarge

Value: TypeAlias = "str | bool | list[Value] | dict[str, Value] | None"
Values: TypeAlias = dict[str, Value]

MOST_DEPTH: Final = 8
"""How deep a value may be nested: `contacts[0][email]` is two below its parameter."""
MOST_VALUES: Final = 100_000
_LONGEST_INDEX: Final = 9
_SHOWN_CHARACTERS: Final = 80


def from_pairs(pairs: Iterable[tuple[str, str]]) -> Values:
    """Return the parameters of a form or a query.

    `a[b]=1` is an object, `a[0]=1` and `a[]=1` are lists, as PHP has it; a name that comes twice is a list.

    Raises:
        Malformed: brackets contradict one another or are too deep.
        TooLarge: there are too many pairs.
    """
    root = _Branch()
    for count, (name, text) in enumerate(pairs):
        if count >= MOST_VALUES:
            raise TooLarge(f"There are more than {MOST_VALUES} parameters.")
        root.put(_path_of(name), text, name)
    return {name: _grown(child) for name, child in root.children.items()}


def from_form(body: bytes) -> Values:
    """Return the parameters of a query or of a body application/x-www-form-urlencoded.

    Text that is not UTF-8 is taken for ISO-8859-1, as in files.
    """
    if body.count(b"&") >= MOST_VALUES:
        raise TooLarge(f"There are more than {MOST_VALUES} parameters.")
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return checked(from_pairs((_decoded(name), _decoded(text)) for name, text in pairs))


def from_json(body: bytes) -> Values:
    """Return the parameters of a JSON body; raise Malformed when it is none or holds no object."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Malformed(f"The JSON body is not UTF-8 (byte {wrong.start}).") from None
    document = _parsed(text, "The body")
    if not isinstance(document, dict):
        raise Malformed('The body must be a JSON object, such as {"id": "12,65"}.')
    return checked(document)


def unpacked(value: Value, where: str) -> Value:
    """Return what a value holds when it is JSON in a text, once or twice encoded; else the value itself.

    Raises:
        Malformed: it begins like an object, a list or a text of JSON and is none.
    """
    for _ in range(3):
        if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "[", '"'):
            return value
        value = checked_value(_parsed(value, where), where)
    return value


def together(one: Values, other: Values) -> Values:
    """Return the parameters of two places; the same one may stand in both only with the same value.

    Raises:
        Malformed: a parameter has two values: which was meant, nobody knows.
    """
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            raise Malformed(
                f"The parameter {shown(name)} is given twice, with two values.",
                details={"field": name[:_SHOWN_CHARACTERS]},
            )
    return {**one, **other}


def checked(values: Values) -> Values:
    """Return the parameters; raise Malformed when they hold what no database can: NUL, half a character."""
    checked_value(values, "")
    return values


def checked_value(value: Value, where: str) -> Value:
    """Return a value that is no deeper and no larger than allowed and holds sane text, or raise."""
    left = MOST_VALUES
    waiting: list[tuple[str, Value, int]] = [(where, value, 0)]
    while waiting:
        place, found, depth = waiting.pop()
        left -= 1
        if left < 0:
            raise TooLarge(f"There are more than {MOST_VALUES} values.")
        if isinstance(found, str):
            _check_text(found, place)
        elif isinstance(found, dict | list):
            if depth > MOST_DEPTH:
                raise Malformed(f"{place[:_SHOWN_CHARACTERS]} is nested more than {MOST_DEPTH} deep.")
            waiting.extend((inner, child, depth + 1) for inner, child in _children(found, place))
    return value


def shown(text: str) -> str:
    """Return a text from outside for a message: in quotation marks, and not too long."""
    short = text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
    return json.dumps(short, ensure_ascii=not short.isprintable())


def _children(value: Mapping[str, Value] | list[Value], place: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, list):
        yield from ((f"{place}[{n}]", child) for n, child in enumerate(value))
        return
    for name, child in value.items():
        _check_text(name, f"A name in {place}" if place else "The name of a parameter")
        yield (f"{place}.{name}" if place else name), child


def _check_text(text: str, place: str) -> None:
    if text.isascii():
        if "\0" not in text:
            return
    elif "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text):
        return
    raise Malformed(
        f"{place[:_SHOWN_CHARACTERS]} holds what is no character (NUL, or half of one).",
        details={"field": place[:_SHOWN_CHARACTERS]},
    )


def _decoded(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def _no_constant(name: str) -> Value:
    raise ValueError(f"{name} is no JSON")


def _parsed(text: str, where: str) -> Value:
    try:
        parsed: Value = json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_constant)
    except json.JSONDecodeError as wrong:
        raise Malformed(f"{where} is not JSON: {wrong.msg} at character {wrong.pos}.") from None
    except ValueError as wrong:
        raise Malformed(f"{where} is not JSON: {wrong}.") from None
    except RecursionError:
        raise Malformed(f"{where} is nested more than {MOST_DEPTH} deep.") from None
    return parsed


# ------------------------------------------------------------------------------------------------- brackets


class _Branch:
    """What stands below a name while pairs are read; `None` as a key asks for the next free index."""

    def __init__(self) -> None:
        self.children: dict[str, _Branch | list[str]] = {}
        self._next = 0

    def put(self, path: list[str | None], text: str, name: str) -> None:
        branch = self
        for key in path[:-1]:
            child = branch.children.setdefault(branch.named(key), _Branch())
            if not isinstance(child, _Branch):
                raise _contradiction(name)
            branch = child
        leaf = branch.children.setdefault(branch.named(path[-1]), [])
        if isinstance(leaf, _Branch):
            raise _contradiction(name)
        leaf.append(text)

    def named(self, key: str | None) -> str:
        key = str(self._next) if key is None else key
        if _is_index(key):
            self._next = max(self._next, int(key) + 1)
        return key


def _path_of(name: str) -> list[str | None]:
    """Return the keys of `head[key][]`; a name whose brackets do not match is a name."""
    head, bracket, rest = name.partition("[")
    if not bracket or not head or not rest.endswith("]"):
        return [name]
    keys = rest[:-1].split("][")
    if any("[" in key or "]" in key for key in keys):
        return [name]
    if len(keys) > MOST_DEPTH:
        raise Malformed(f"The parameter {shown(name)} is nested more than {MOST_DEPTH} deep.")
    return [head, *(key.strip("'\"") or None for key in keys)]


def _grown(child: _Branch | list[str]) -> Value:
    if isinstance(child, list):
        return child[0] if len(child) == 1 else list(child)
    if all(map(_is_index, child.children)):
        ordered = sorted(child.children.items(), key=lambda item: int(item[0]))
        return [_grown(grandchild) for _, grandchild in ordered]
    return {name: _grown(grandchild) for name, grandchild in child.children.items()}


def _is_index(key: str) -> bool:
    return len(key) <= _LONGEST_INDEX and key.isascii() and key.isdigit()


def _contradiction(name: str) -> Malformed:
    return Malformed(f"The parameter {shown(name)} is used with and without brackets.")
