"""A template's source, taken apart into what stands there and what is Liquid.

`%%$field%%` and `#field#` are outputs like `{{ field }}`. Only tags that are known to be harmless pass:
nothing includes, loads or defines. Blanks that `{{-` and `-%}` ask to be removed are removed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn

from postroom.contacts.errors import Refused
from postroom.sending.content.names import field_named

MOST_PIECES: Final = 5000
MOST_EXPRESSION: Final = 1000

TAGS: Final = frozenset(
    {"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase"}
    | {"for", "endfor", "break", "continue", "article", "endarticle", "assign"}
)
BLOCKS: Final = {"if": "endif", "unless": "endunless", "case": "endcase", "for": "endfor"} | {
    "article": "endarticle"
}
LOOPS: Final = frozenset({"for", "article"})

_OPENING = re.compile(r"\{\{|\{%|%%\$?+(?=[^%\s])|#(?=[A-Za-z])")
_TAG = re.compile(r"\s*(#|\w*)\s*(.*?)\s*", re.DOTALL)
_END_OF = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "comment")}
_PLACEHOLDER = re.compile(r"([^%\r\n{}\"]{1,120}?)%%")
_HASHES = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,110})#")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_RANGE = re.compile(r"\(\s*[0-9]{1,4}\s*\.\.\s*[0-9]{1,4}\s*\)")
_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Kind(Enum):
    """What a piece is."""

    STATIC = "static"
    OUTPUT = "output"
    TAG = "tag"


@dataclass(slots=True)
class Piece:
    """Some text, the expression of an output, or a tag by its name and expression; `at` is its place."""

    kind: Kind
    text: str
    at: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What was written, called `what` in messages (such as "HTML"), as pieces."""

    what: str
    text: str
    pieces: tuple[Piece, ...]

    def refuse(self, at: int, said: str, code: str = "BAD_TEMPLATE") -> NoReturn:
        """Raise Refused with the line and what is wrong there."""
        line = line_of(self.text, at)
        raise Refused(f"{self.what}, line {line}: {said}", code=code, details={"line": line})


def line_of(text: str, at: int) -> int:
    """Return the line of a place in a text, from 1."""
    return text.count("\n", 0, at) + 1


def take_apart(what: str, text: str) -> Source:
    """Return a source as pieces; raise Refused with line and reason when it cannot be one."""
    usable = _UNUSABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    taking = _Taking(Source(what, usable, ()))
    taking.run()
    return Source(what, usable, tuple(taking.pieces))


class _Taking:
    """Goes through a source once; every search begins where the one before ended."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._strips = False
        self.pieces: list[Piece] = []

    def run(self) -> None:
        at = start = 0
        while (found := _OPENING.search(self._text, at)) is not None:
            opening = found[0]
            end = self._take(opening, start, found.start())
            at = end if end is not None else found.end()
            if end is not None:
                start = end
            if len(self.pieces) > MOST_PIECES:
                said = f"a template has at most {MOST_PIECES} fields, tags and texts between them"
                self._source.refuse(self.pieces[MOST_PIECES].at, said)
        self._static(start, len(self._text))

    def _take(self, opening: str, start: int, at: int) -> int | None:
        """Take what begins at `at`, and the text from `start` before it; return where it ends, if it does."""
        if opening == "{{":
            return self._output(start, at)
        if opening == "{%":
            return self._tag(start, at)
        shape = _HASHES if opening == "#" else _PLACEHOLDER
        found = shape.match(self._text, at + len(opening))
        if found is None or (opening == "#" and field_named(found[1]) is None):
            return None
        self._static(start, at)
        name = found[1].strip()
        path = name if _PATH.fullmatch(name) else f'["{name}"]'
        self.pieces.append(Piece(Kind.OUTPUT, path, at))
        return found.end()

    def _output(self, start: int, at: int) -> int:
        expression, end = self._inside(start, at, "}}")
        if not expression:
            self._source.refuse(at, "{{ }} says nothing")
        self.pieces.append(Piece(Kind.OUTPUT, expression, at))
        return end

    def _tag(self, start: int, at: int) -> int:
        inside, end = self._inside(start, at, "%}")
        found = _TAG.fullmatch(inside)
        name, expression = (found[1], found[2]) if found else ("", "")
        if name == "#":
            return end
        if name in _END_OF:
            return self._verbatim(name, at, end)
        if name not in TAGS:
            self._source.refuse(at, f"there is no tag '{(name or inside)[:40]}'")
        self.pieces.append(Piece(Kind.TAG, expression, at, name))
        return end

    def _verbatim(self, name: str, at: int, start: int) -> int:
        """Take what is not to be read, as it stands or not at all."""
        end = _END_OF[name].search(self._text, start)
        if end is None:
            self._source.refuse(at, f"{{% {name} %}} is not closed")
        if name == "raw":
            self._static(start, end.start())
        return end.end()

    def _inside(self, start: int, at: int, closing: str) -> tuple[str, int]:
        end = self._text.find(closing, at + 2)
        if end < 0:
            self._source.refuse(at, f"'{self._text[at : at + 2]}' is not closed by '{closing}'")
        inside = self._text[at + 2 : end]
        if len(inside) > MOST_EXPRESSION:
            self._source.refuse(at, f"what is between braces has at most {MOST_EXPRESSION} characters")
        before, after = inside.startswith("-"), inside.endswith("-") and len(inside) > 1
        self._static(start, at, strips=before)
        self._strips = after
        inside = inside[before : len(inside) - after].strip()
        if ".." in _RANGE.sub("", _QUOTED.sub("", inside)):
            self._source.refuse(at, "a range is of two numbers up to 9999, such as (1..5)")
        return inside, end + len(closing)

    def _static(self, start: int, end: int, *, strips: bool = False) -> None:
        text = self._text[start:end]
        if self._strips:
            text = text.lstrip()
            self._strips = not text
        if strips:
            text = text.rstrip()
        if text:
            self._strips = False
            self.pieces.append(Piece(Kind.STATIC, text, start))
