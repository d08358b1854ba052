"""From sound HTML with marks to a program: each value escaped for where it stands, each link numbered."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape, unescape
from typing import Final

from postroom.sending.content.links import UNTRACKED, LinkBook, pieces_in, require_usable
from postroom.sending.content.markup import MARK, MARKED_COMMENT, OTHER_MARK, Sound, is_attribute
from postroom.sending.content.pieces import Kind, Source
from postroom.sending.content.program import Program, require_balance
from postroom.sending.content.scanning import (
    RAW,
    Comment,
    End,
    Hidden,
    Opaque,
    Start,
    Text,
    Token,
    scan,
)

_URLS: Final = frozenset({"href", "src", "action", "formaction", "background", "poster", "cite", "longdesc"})
_OURS: Final = frozenset({"data-name", "data-category", "data-track"})
"""What we alone read; it is not sent."""

_ABOVE_LINK_NAME: Final = 60
"""How many tokens are looked at for the text of a link."""


def tokens_of(source: Source, markup: str) -> list[Token]:
    """Return the tokens of markup that a library has written."""
    return list(scan(markup, source.refuse))


class HtmlWriter:
    """Writes the program of one document; `numbers` has the links of its `a` elements, by place."""

    def __init__(self, source: Source, sound: Sound, book: LinkBook) -> None:
        """Begin a program."""
        self._source = source
        self._sound = sound
        self._book = book
        self._program = Program(source)
        self.numbers: dict[int, int] = {}

    def write(self, tokens: Sequence[Token]) -> Program:
        """Return the program of a whole document."""
        self._program.static((self._sound.doctype or "<!DOCTYPE html>") + "\n")
        self._write(tokens, top=True)
        return self._program

    def _write(self, tokens: Sequence[Token], *, top: bool) -> None:
        raw = False
        for place, token in enumerate(tokens):
            if isinstance(token, Text):
                self._text(token.text, "attribute" if raw else "html")
            elif isinstance(token, Start):
                number = self._start(tokens, place, token)
                if top:
                    self.numbers[place] = number
            elif isinstance(token, End):
                self._program.static(f"</{token.name}>")
            elif isinstance(token, Comment):
                self._comment(token)
            elif isinstance(token, (Opaque, Hidden)):
                self._kept(token)
            # The document type stands at the beginning already.
            raw = isinstance(token, Start) and token.name in RAW

    def _text(self, text: str, place: str) -> None:
        at = 0
        for found in MARK.finditer(text):
            self._program.static(text[at : found.start()])
            self._program.piece(self._source.pieces[int(found[1])], place)
            at = found.end()
        self._program.static(text[at:])

    def _comment(self, token: Comment) -> None:
        found = MARKED_COMMENT.fullmatch(token.text)
        if found is None:
            return
        number = int(found[2])
        if found[1] == OTHER_MARK:
            self._kept(self._sound.kept[number])
        else:
            self._program.piece(self._source.pieces[number], "html")

    def _kept(self, token: Opaque | Hidden) -> None:
        if isinstance(token, Opaque):
            self._program.static(token.text)
            return
        require_balance(self._source, pieces_in(self._source, token.inside), " within <!--[if …]>")
        self._program.static(token.opening)
        self._write(tokens_of(self._source, token.inside), top=False)
        self._program.static("<![endif]-->")

    def _start(self, tokens: Sequence[Token], place: int, token: Start) -> int:
        """Write a start tag; return the number of its link."""
        number = UNTRACKED
        self._program.static(f"<{token.name}")
        attributes = dict(token.attributes)
        for name, value in token.attributes:
            if name in _OURS or not is_attribute(name):
                continue
            self._program.static(f' {name}="')
            if name == "href" and token.name != "link":
                number = self._link(tokens, place, attributes, unescape(value))
            elif name in _URLS:
                self._url(unescape(value), "html" if "action" in name else "image", UNTRACKED)
            else:
                self._value(token, name, value)
            self._program.static('"')
        self._program.static(">")
        return number

    def _value(self, token: Start, name: str, value: str) -> None:
        pieces = pieces_in(self._source, value)
        if pieces and name in {"srcset", "http-equiv", "content"} and token.name != "meta":
            self._source.refuse(pieces[0].at, f"Liquid cannot stand in {name}")
        require_balance(self._source, pieces, f" within {name}")
        self._text(value.replace('"', "&quot;"), "style" if name == "style" else "attribute")

    def _link(self, tokens: Sequence[Token], place: int, attributes: dict[str, str], url: str) -> int:
        number = UNTRACKED
        if attributes.get("data-track", "").strip().lower() != "no":
            name = attributes.get("title") or attributes.get("data-name") or label_at(tokens, place)
            called = MARK.sub("", unescape(name))
            number = self._book.number(
                self._source, url, called, unescape(attributes.get("data-category", ""))
            )
        self._url(url, "html", number)
        return number

    def _url(self, url: str, shape: str, number: int) -> None:
        if not MARK.search(url):
            require_usable(self._source, url, image=shape == "image")
            if not number:
                self._program.static(escape(url.strip()))
                return
        require_balance(self._source, pieces_in(self._source, url), " within a link")
        write_url(self._program, self._source, url, shape, number)


def write_url(program: Program, source: Source, url: str, shape: str, number: int) -> None:
    """Write a URL with marks, to be checked and perhaps tracked when it is known."""
    program.open_link(shape, number)
    at = 0
    for found in MARK.finditer(url):
        piece = source.pieces[int(found[1])]
        program.static(url[at : found.start()].lstrip() if at == 0 else url[at : found.start()])
        program.piece(piece, "url" if piece.kind is Kind.OUTPUT else "text")
        at = found.end()
    program.static(url[at:])
    program.close_link()


def label_at(tokens: Sequence[Token], place: int) -> str:
    """Return the text of the link that begins at a place, or of the images in it."""
    parts: list[str] = []
    begun = tokens[place]
    for token in tokens[place + 1 : place + _ABOVE_LINK_NAME]:
        if isinstance(token, End) and isinstance(begun, Start) and token.name == begun.name:
            break
        if isinstance(token, Text):
            parts.append(token.text)
        elif isinstance(token, Start) and token.name == "img":
            parts.append(f" {dict(token.attributes).get('alt', '')} ")
    return " ".join("".join(parts).split())
