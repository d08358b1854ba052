"""Saved filters of contacts, in words: `city = "Paris" and (custom_age > 30 or company is empty)`.

A condition is a contact field, a test and a value; conditions are joined by `and`, `or` and parentheses, and
`and` binds closer. Fields are named as everywhere, those of an account's own making `custom_NAME`; what has
other characters than letters, digits and `_.@+-` stands in quotes, with a backslash before a quote in it.
Texts are compared without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from postroom.contacts.cells import is_storable
from postroom.contacts.errors import Refused
from postroom.contacts.fields import MAX_VALUE_CHARACTERS

MOST_CHARACTERS: Final = 10_000
MOST_CONDITIONS: Final = 50
MOST_DEPTH: Final = 10
MAX_NAME_CHARACTERS: Final = 100


class Comparison(StrEnum):
    """What a condition asks of a field."""

    EQUAL = "="
    OTHER = "!="
    LESS = "<"
    MORE = ">"
    AT_MOST = "<="
    AT_LEAST = ">="
    CONTAINS = "contains"
    EMPTY = "is empty"
    FILLED = "is not empty"

    @property
    def takes_value(self) -> bool:
        """Tell whether a value follows."""
        return self not in {Comparison.EMPTY, Comparison.FILLED}


@dataclass(frozen=True, slots=True)
class Condition:
    """One field, asked for one thing."""

    field: str
    test: Comparison
    value: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which `every` one must be so, or any."""

    every: bool
    parts: tuple[Filter, ...]


Filter = Condition | Group


def parse_filter(text: str) -> Filter:
    """Read a filter; raise Refused (BAD_FILTER), with the place, when it cannot be read or is too long."""
    if len(text) > MOST_CHARACTERS:
        raise _bad(f"a filter has at most {MOST_CHARACTERS} characters")
    if not is_storable(text):
        raise _bad("it has half a character in it (a lone surrogate)")
    reader = _Reader([*_tokens(text)])
    found = reader.alternatives(0)
    reader.end()
    return found


def fields_of(each: Filter) -> list[str]:
    """Return the fields that a filter looks at, each once."""
    if isinstance(each, Condition):
        return [each.field]
    return list(dict.fromkeys(name for part in each.parts for name in fields_of(part)))


_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>[<>!]=|[=<>()])|(?P<word>[\w.@+-]+))"""
)
_WORD = re.compile(r"[\w.@+-]+")
_TESTS = {each.value: each for each in Comparison if " " not in each.value}


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of a filter; `said` is what it means, and `quoted` whether it can be nothing but a value."""

    said: str
    quoted: bool
    place: int

    def is_word(self, *words: str) -> bool:
        return not self.quoted and self.said.lower() in words


def _tokens(text: str) -> Iterator[_Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if not found:
            raise _bad(f"unreadable from character {place + 1} on: {text[place : place + 20]}")
        quoted = found["text"]
        said = re.sub(r"\\(.)", r"\1", quoted[1:-1]) if quoted else found["mark"] or found["word"]
        yield _Token(said, quoted is not None, found.start(found.lastgroup or 0) + 1)
        place = found.end()


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._conditions = 0

    def alternatives(self, depth: int) -> Filter:
        return self._joined("or", depth)

    def end(self) -> None:
        if token := self._next():
            hint = self._quoting(token)
            raise _bad(f"'and' or 'or' expected at character {token.place}, not '{token.said}'{hint}")

    def _joined(self, word: str, depth: int) -> Filter:
        parts = [self._part(word, depth)]
        while (token := self._next()) and token.is_word(word):
            self._place += 1
            parts.append(self._part(word, depth))
        return parts[0] if len(parts) == 1 else Group(word == "and", tuple(parts))

    def _part(self, word: str, depth: int) -> Filter:
        if word == "or":
            return self._joined("and", depth)
        token = self._take("a field")
        if not token.is_word("("):
            return self._condition(token)
        if depth == MOST_DEPTH:
            raise _bad(f"parentheses are at most {MOST_DEPTH} deep")
        inner = self.alternatives(depth + 1)
        closing = self._take("')'")
        if not closing.is_word(")"):
            hint = self._quoting(closing)
            raise _bad(f"')' expected at character {closing.place}, not '{closing.said}'{hint}")
        return inner

    def _condition(self, field: _Token) -> Condition:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise _bad(f"a filter has at most {MOST_CONDITIONS} conditions")
        if not field.quoted and not _WORD.fullmatch(field.said):
            raise _bad(f"a field expected at character {field.place}, not '{field.said}'")
        test = self._test()
        return Condition(field.said, test, self._value() if test.takes_value else "")

    def _test(self) -> Comparison:
        token = self._take("a test")
        if token.is_word("is"):
            word = self._take("'empty'")
            test = Comparison.EMPTY
            if word.is_word("not"):
                word, test = self._take("'empty'"), Comparison.FILLED
            if word.is_word("empty"):
                return test
        elif not token.quoted and token.said.lower() in _TESTS:
            return _TESTS[token.said.lower()]
        known = ", ".join(Comparison)
        raise _bad(f"a test expected at character {token.place}, one of {known}")

    def _value(self) -> str:
        token = self._take("a value")
        if not token.quoted and not _WORD.fullmatch(token.said):
            hint = ": equality is a single '='" if token.said == "=" else ""
            raise _bad(f"a value expected at character {token.place}, not '{token.said}'{hint}")
        if len(token.said) > MAX_VALUE_CHARACTERS:
            raise _bad(f"a value has at most {MAX_VALUE_CHARACTERS} characters")
        return token.said

    def _quoting(self, token: _Token) -> str:
        """Say how a value of two words is written, where this may be the second of them."""
        at = self._tokens.index(token)
        test, value = self._tokens[max(at - 2, 0)], self._tokens[at - 1]
        both_words = all(not each.quoted and _WORD.fullmatch(each.said) for each in (value, token))
        if test.quoted or test.said.lower() not in _TESTS or not both_words:
            return ""
        return f': a value of several words stands in quotes, as "{value.said} {token.said}"'

    def _next(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self, what: str) -> _Token:
        token = self._next()
        if token is None:
            raise _bad(f"{what} expected at the end")
        self._place += 1
        return token


def _bad(what: str) -> Refused:
    return Refused(f"The filter cannot be read: {what}.", code="BAD_FILTER")
