"""What templates may do to values: the filters of Liquid that say something in a message, each bounded.

A filter that meets a field without value ends the message, but for `default`. All cost what they are long,
so that no template can keep a worker busy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from liquid.exceptions import LiquidValueError
from liquid.undefined import Undefined

from postroom.sending.content.context import Context, NoValueError, text_of
from postroom.sending.content.moments import moment_in_words

LONGEST: Final = 65_536
"""Characters of a text, or entries of a sequence, that a filter makes at the most."""

_LARGEST: Final = 10**18
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?\s*")
_TAGS = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"\s+")

Number = int | Decimal


def _bounded(name: str, function: Callable[..., object], *, lenient: bool = False) -> Callable[..., object]:
    def filter_(left: object, *arguments: object, context: Context, **named: object) -> object:
        for value in (left, *arguments, *named.values()):
            if isinstance(value, Undefined) and not lenient:
                raise NoValueError(value)
            context.spend(1 + _length(value) // 20)
        if isinstance(left, str) and name in _MULTIPLYING:
            _require_short(name, left, arguments)
        made = function(left, *arguments, **named)
        if _length(made) > LONGEST:
            raise LiquidValueError(f"'{name}' makes more than {LONGEST} characters", token=None)
        return made

    filter_.with_context = True  # type: ignore[attr-defined]  # how python-liquid hands over the context
    return filter_


def _length(value: object) -> int:
    return len(value) if isinstance(value, (str, list)) else 0


_MULTIPLYING: Final = frozenset({"replace", "join"})


def _require_short(name: str, left: str, arguments: tuple[object, ...]) -> None:
    """Refuse a replacement whose result could be too long, before it is made."""
    by = max((len(each) for each in arguments if isinstance(each, str)), default=0)
    if (len(left) + 1) * max(by, 1) > LONGEST * 16:
        raise LiquidValueError(f"'{name}' could make more than {LONGEST} characters", token=None)


def _of_text(function: Callable[..., object]) -> Callable[..., object]:
    def on_text(left: object, *arguments: object) -> object:
        given = [each if isinstance(each, int) else text_of(each) for each in arguments]
        return function(text_of(left), *given)

    return on_text


def _number(value: object) -> Number:
    if isinstance(value, bool) or value is None:
        raise LiquidValueError("a number was expected", token=None)
    if isinstance(value, (int, Decimal)):
        return value
    text = repr(value) if isinstance(value, float) else text_of(value)
    if not _NUMBER.fullmatch(text):
        raise LiquidValueError("a number was expected", token=None)
    return Decimal(text) if "." in text else int(text)


def _of_numbers(function: Callable[..., Number]) -> Callable[..., object]:
    def on_numbers(left: object, *arguments: object) -> object:
        made: Number = function(_number(left), *map(_number, arguments))
        if not -_LARGEST <= made <= _LARGEST:
            raise LiquidValueError("a number is too large", token=None)
        return round(made, 9).normalize() + 0 if isinstance(made, Decimal) else made

    return on_numbers


def _divided(left: Number, right: Number) -> Number:
    if not right:
        raise LiquidValueError("divided by nothing", token=None)
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    return Decimal(left) / Decimal(right)


def _modulo(left: Number, right: Number) -> Number:
    if not right:
        raise LiquidValueError("divided by nothing", token=None)
    return (
        left - right * (left // right) if isinstance(left, int) and isinstance(right, int) else left % right
    )


def _plus(left: Number, right: Number) -> Number:
    return left + right if type(left) is type(right) else Decimal(left) + Decimal(right)


def _times(left: Number, right: Number) -> Number:
    return left * right if type(left) is type(right) else Decimal(left) * Decimal(right)


def _round(left: Number, digits: Number = 0) -> Number:
    places = min(max(int(digits), 0), 9)
    made = round(Decimal(left), places)
    return made if places else int(made)


def _default(left: object, instead: object = "", *, allow_false: object = False) -> object:
    if isinstance(left, Undefined) or left in (None, "", []) or (left is False and not allow_false):
        return instead
    return left


def _truncate(text: str, length: object = 50, ending: object = "...") -> str:
    most, end = _count(length), text_of(ending)
    return text if len(text) <= most else text[: max(most - len(end), 0)] + end


def _truncate_words(text: str, count: object = 15, ending: object = "...") -> str:
    words = text.split()
    most = max(_count(count), 1)
    return text if len(words) <= most else " ".join(words[:most]) + text_of(ending)


def _slice(text: str, start: object, length: object = 1) -> str:
    begin = _count(start)
    begin = begin + len(text) if begin < 0 else begin
    return text[max(begin, 0) : max(begin + _count(length), 0)]


def _count(value: object) -> int:
    return int(_number(value))


def _split(text: str, by: str) -> list[str]:
    return text.split(by) if by else list(text)


def _sequence(value: object) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    raise LiquidValueError("several values were expected", token=None)


def _join(value: object, by: object = " ") -> str:
    return text_of(by).join(map(text_of, _sequence(value)))


def _map(value: object, key: object) -> list[Any]:
    return [each.get(text_of(key)) for each in _sequence(value) if isinstance(each, Mapping)]


def _where(value: object, key: object, wanted: object) -> list[Any]:
    rows = [each for each in _sequence(value) if isinstance(each, Mapping)]
    return [each for each in rows if each.get(text_of(key)) == wanted]


def _sort(value: object, key: object = None) -> list[Any]:
    if key is None:
        return sorted(map(text_of, _sequence(value)))
    rows = [each for each in _sequence(value) if isinstance(each, Mapping)]
    return sorted(rows, key=lambda each: text_of(each.get(text_of(key))))


def _size(value: object) -> int:
    return len(value) if isinstance(value, (str, list, tuple, Mapping)) else 0


def _date(value: object, shape: object, *, language: str) -> str:
    text = text_of(value)
    if text == "now":
        return moment_in_words(datetime.now(UTC), text_of(shape), language)
    try:
        moment = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise LiquidValueError("a date was expected, such as 2026-03-27", token=None) from None
    return moment_in_words(moment, text_of(shape), language)


def _date_filter(left: object, shape: object, *, context: Context) -> object:
    for value in (left, shape):
        if isinstance(value, Undefined):
            raise NoValueError(value)
    context.spend(5)
    return _date(left, shape, language=context.language)


_date_filter.with_context = True  # type: ignore[attr-defined]  # how python-liquid hands over the context

_TEXTS: Final[Mapping[str, Callable[..., object]]] = {
    "append": lambda text, more: text + more,
    "prepend": lambda text, more: more + text,
    "capitalize": lambda text: text[:1].upper() + text[1:].lower(),
    "upcase": lambda text: text.upper(),
    "downcase": lambda text: text.lower(),
    "strip": lambda text: text.strip(),
    "lstrip": lambda text: text.lstrip(),
    "rstrip": lambda text: text.rstrip(),
    "squish": lambda text: _BLANKS.sub(" ", text).strip(),
    "strip_newlines": lambda text: text.replace("\n", "").replace("\r", ""),
    "strip_html": lambda text: _TAGS.sub("", text),
    "replace": lambda text, old, new="": text.replace(old, new),
    "replace_first": lambda text, old, new="": text.replace(old, new, 1),
    "remove": lambda text, old: text.replace(old, ""),
    "remove_first": lambda text, old: text.replace(old, "", 1),
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "slice": _slice,
    "split": _split,
    # All is escaped already, as where it stands demands.
    "escape": lambda text: text,
    "escape_once": lambda text: text,
    "url_encode": lambda text: text,
}
_NUMBERS: Final[Mapping[str, Callable[..., Number]]] = {
    "plus": _plus,
    "minus": lambda left, right: _plus(left, -right),
    "times": _times,
    "divided_by": _divided,
    "modulo": _modulo,
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": _round,
    "at_least": max,
    "at_most": min,
}
_OTHERS: Final[Mapping[str, Callable[..., object]]] = {
    "join": _join,
    "map": _map,
    "where": _where,
    "sort": _sort,
    "reverse": lambda value: _sequence(value)[::-1],
    "uniq": lambda value: list(dict.fromkeys(map(text_of, _sequence(value)))),
    "first": lambda value: next(iter(_sequence(value)), None),
    "last": lambda value: next(iter(_sequence(value)[-1:]), None),
    "size": _size,
}

FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    **{name: _bounded(name, _of_text(each)) for name, each in _TEXTS.items()},
    **{name: _bounded(name, _of_numbers(each)) for name, each in _NUMBERS.items()},
    **{name: _bounded(name, each) for name, each in _OTHERS.items()},
    "default": _bounded("default", _default, lenient=True),
    "date": _date_filter,
}
"""Every filter by its name."""
