"""HTML of templates made sound before any library sees it: closed, nested, of bounded depth and size.

The library that inlines CSS keeps the tree on the stack of the process: what is nested ten thousand deep
ends it. Here a tag that closes nothing is left out, one that is not closed is closed, and depths that no
mail needs are refused. Liquid comes as marks: comments where text stands, characters elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from postroom.sending.content.pieces import Kind, Piece, Source
from postroom.sending.content.scanning import (
    RAW,
    VOID,
    Doctype,
    End,
    Hidden,
    Opaque,
    Start,
    Text,
    Token,
    names,
    scan,
)

DEEPEST: Final = 120
MOST_FORMATS: Final = 20
MOST_ELEMENTS: Final = 20_000
MOST_MATCHES: Final = 4_000_000
"""Elements times rules of CSS: what inlining costs."""
MOST_INLINED: Final = 60_000_000
"""Elements times characters of CSS: how much inlining could write."""

OUTPUT_MARK: Final = "\ufdd0"
TAG_MARK: Final = "\ufdd2"
OTHER_MARK: Final = "\ufdd3"
END_MARK: Final = "\ufdd1"
MARK: Final = re.compile("[\ufdd0\ufdd2]([0-9]+)\ufdd1")
"""Where Liquid stands: the number of its piece."""
MARKED_COMMENT: Final = re.compile("([\ufdd0\ufdd2\ufdd3])([0-9]+)\ufdd1")

_ATTRIBUTE = re.compile(r"[a-z_][a-z0-9_.:-]{0,80}")
_MARK = re.compile("([\ufdd0\ufdd2][0-9]+\ufdd1)")
_REFUSED: Final = names(
    "script iframe object embed applet svg math frameset frame template select plaintext xmp noembed noframes"
    " noscript base marquee textarea"
)
_FORMATS: Final = names("a b big code em font i nobr s small strike strong tt u")
_ENDING_ALONE: Final = names("p li dd dt option optgroup tr td th tbody thead tfoot colgroup")
_ROWS: Final = names("tr td th p")
_PARTS_OF_TABLES: Final = names("tbody thead tfoot tr td th p")
_PARAGRAPH: Final = names("p")
_ENDED_BY: Final[dict[str, frozenset[str]]] = {
    "li": names("li p"),
    "dt": names("dt dd p"),
    "dd": names("dt dd p"),
    "option": names("option"),
    "td": names("td th p"),
    "th": names("td th p"),
    "tr": _ROWS,
    **dict.fromkeys(["tbody", "thead", "tfoot"], _PARTS_OF_TABLES),
    **dict.fromkeys(names("p div ul ol dl h1 h2 h3 h4 h5 h6 blockquote center hr pre form"), _PARAGRAPH),
}
"""Which elements end when another begins directly within them."""


@dataclass(slots=True)
class Sound:
    """Markup that is sound, with marks; `kept` is what the marks of `OTHER_MARK` stand for, by number."""

    markup: str
    doctype: str
    kept: list[Opaque | Hidden] = field(default_factory=list)


def make_sound(source: Source) -> Sound:
    """Return the HTML of a source as sound markup; raise Refused with the line of what cannot be."""
    return _Sounding(source).run()


def is_attribute(name: str) -> bool:
    """Tell whether an attribute may be sent: none that runs a program is."""
    return not name.startswith("on") and name != "srcdoc" and _ATTRIBUTE.fullmatch(name) is not None


def marked(source: Source) -> tuple[str, list[tuple[int, int]]]:
    """Return a source as one text with marks for Liquid, and where its places come from."""
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    for number, piece in enumerate(source.pieces):
        text = piece.text if piece.kind is Kind.STATIC else _mark_of(piece, number)
        places.append((length, piece.at))
        parts.append(text)
        length += len(text)
    return "".join(parts), places


def _mark_of(piece: Piece, number: int) -> str:
    return f"{OUTPUT_MARK if piece.kind is Kind.OUTPUT else TAG_MARK}{number}{END_MARK}"


class _Sounding:
    """Writes markup anew, with a stack of what is open."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text, self._places = marked(source)
        self._open: list[str] = []
        self._formats = 0
        self._elements = 0
        self._rules = 0
        self._css = 0
        self._parts: list[str] = []
        self._sound = Sound("", "")

    def run(self) -> Sound:
        raw: str | None = None
        for token in scan(self._text, self._refuse):
            if isinstance(token, Text) and raw:
                self._raw(raw, token)
            else:
                self._take(token)
            raw = token.name if isinstance(token, Start) and token.name in RAW else None
        self._close_until(0)
        if self._elements * self._rules > MOST_MATCHES or self._elements * self._css > MOST_INLINED:
            self._refuse(0, "there is too much CSS for so many elements")
        self._sound.markup = "".join(self._parts)
        return self._sound

    def _take(self, token: Token) -> None:
        if isinstance(token, Text):
            self._running(token.text)
        elif isinstance(token, Start):
            self._start(token)
        elif isinstance(token, End):
            self._end(token)
        elif isinstance(token, (Opaque, Hidden)):
            if isinstance(token, Hidden):
                self._hidden(token)
            self._parts.append(f"<!--{OTHER_MARK}{len(self._sound.kept)}{END_MARK}-->")
            self._sound.kept.append(token)
        elif isinstance(token, Doctype) and not self._sound.doctype:
            self._sound.doctype = _MARK.sub("", token.text)
        # Comments are left out: nobody reads them, and what is in them is not to be sent.

    def _running(self, text: str) -> None:
        if _MARK.search(text) and self._open[-1:] == ["table"]:
            # Rows have a parent that is rarely written; it must not come to stand within a loop of rows.
            self._open.append("tbody")
            self._parts.append("<tbody>")
        self._parts.append(_MARK.sub(r"<!--\1-->", text))

    def _hidden(self, token: Hidden) -> None:
        for each in scan(token.inside, lambda at, said: self._refuse(token.at + at, said)):
            if isinstance(each, Start):
                if each.name in _REFUSED:
                    self._refuse(token.at + each.at, f"<{each.name}> has no place in a mail")
                for name, value in each.attributes:
                    self._attribute(replace(each, at=token.at + each.at), name, value)

    def _raw(self, name: str, token: Text) -> None:
        if name == "style":
            if _MARK.search(token.text):
                self._refuse(token.at, "Liquid cannot stand within <style>")
            self._rules += token.text.count("{") + token.text.count(",")
            self._css += len(token.text)
        self._parts.append(token.text)

    def _start(self, token: Start) -> None:
        name = token.name
        if name in _REFUSED:
            self._refuse(token.at, f"<{name}> has no place in a mail")
        self._elements += 1
        while self._open and self._open[-1] in _ENDED_BY.get(name, ()):
            self._close_until(len(self._open) - 1)
        attributes = "".join(self._attribute(token, *each) for each in token.attributes)
        self._parts.append(f"<{name}{attributes}>")
        if name in VOID:
            return
        self._open.append(name)
        self._formats += name in _FORMATS
        if len(self._open) > DEEPEST or self._formats > MOST_FORMATS or self._elements > MOST_ELEMENTS:
            self._refuse(token.at, "there are too many elements, or too many that are not closed")

    def _attribute(self, token: Start, name: str, value: str) -> str:
        if MARK.search(name) or OUTPUT_MARK in name or TAG_MARK in name:
            said = f"in <{token.name}>, Liquid can only stand within the quotes of an attribute"
            self._refuse(token.at, said)
        if not is_attribute(name):
            return ""
        quoted = value.replace('"', "&quot;")
        return f' {name}="{quoted}"'

    def _end(self, token: End) -> None:
        name = token.name
        for place in range(len(self._open) - 1, -1, -1):
            above = self._open[place]
            if above == name:
                self._close_until(place)
                return
            if above not in _ENDING_ALONE and above not in _FORMATS:
                return

    def _close_until(self, place: int) -> None:
        while len(self._open) > place:
            name = self._open.pop()
            self._formats -= name in _FORMATS
            self._parts.append(f"</{name}>")

    def _refuse(self, at: int, said: str) -> NoReturn:
        before = [each for each in self._places if each[0] <= at]
        start, origin = before[-1] if before else (0, 0)
        self._source.refuse(origin + at - start, said)
