"""Plain texts: as their authors wrote them, or made from HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Final

from postroom.sending.content.html import label_at, write_url
from postroom.sending.content.links import LinkBook, pieces_in
from postroom.sending.content.markup import END_MARK, MARK, MARKED_COMMENT, OTHER_MARK, TAG_MARK, marked
from postroom.sending.content.pieces import BLOCKS, LOOPS, Kind, Source
from postroom.sending.content.program import Program, require_balance
from postroom.sending.content.scanning import Comment, End, Start, Text, Token, names

_URL = re.compile("https?://[^\\s<>\"'\ufdd2\ufdd3]+")
_MAILTO: Final = "mailto:"
_AFTER_URL: Final = ".,;:!?)]}*_'\""

_PARAGRAPHS: Final = names("p h1 h2 h3 h4 h5 h6 ul ol dl blockquote table center pre form hr")
_LINES: Final = names("div br tr li dt dd section article header footer main option")
_LOOPS: Final = LOOPS | {BLOCKS[name] for name in LOOPS}
_SKIPPED: Final = frozenset({"head", "style", "title"})

_ANY_MARK = re.compile("([\ufdd0\ufdd2\ufdd3])([0-9]+)\ufdd1")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_AROUND_LINES = re.compile(r"[ \t]*\n[ \t]*")
_EMPTY_LINES = re.compile(r"\n{3,}")


def subject_program(source: Source) -> Program:
    """Return the program of a text of one line."""
    require_balance(source, [each for each in source.pieces if each.kind is Kind.TAG])
    program = Program(source)
    for piece in source.pieces:
        program.piece(piece, "line")
    return program


def text_program(source: Source, book: LinkBook) -> Program:
    """Return the program of a text that its author wrote; its URLs are links."""
    require_balance(source, [each for each in source.pieces if each.kind is Kind.TAG])
    text, _ = marked(source)
    urls: list[tuple[int, str]] = []

    def found(match: re.Match[str]) -> str:
        url = match[0].rstrip(_AFTER_URL)
        urls.append((book.number(source, url, ""), url))
        return f"{OTHER_MARK}{len(urls) - 1}{END_MARK}{match[0][len(url) :]}"

    return _program(source, _URL.sub(found, text), urls)


def text_from_html(source: Source, tokens: Sequence[Token], numbers: Mapping[int, int]) -> Program:
    """Return the program of what HTML says; `numbers` has the links of its elements, by place."""
    writing = _Writing(source, numbers)
    for place, token in enumerate(tokens):
        writing.take(tokens, place, token)
    return _program(source, tidied("".join(writing.parts)), writing.urls)


def tidied(text: str) -> str:
    """Return a text without blanks around line ends and without more than one empty line in a row."""
    return _EMPTY_LINES.sub("\n\n", _AROUND_LINES.sub("\n", text)).strip() + "\n"


def _program(source: Source, text: str, urls: Sequence[tuple[int, str]]) -> Program:
    program = Program(source)
    at = 0
    for found in _ANY_MARK.finditer(text):
        program.static(text[at : found.start()])
        at = found.end()
        if found[1] == OTHER_MARK:
            number, url = urls[int(found[2])]
            require_balance(source, pieces_in(source, url), " within a link")
            write_url(program, source, url, "text", number)
        else:
            program.piece(source.pieces[int(found[2])], "text")
    program.static(text[at:])
    return program


class _Writing:
    """Writes what HTML says, with marks."""

    def __init__(self, source: Source, numbers: Mapping[int, int]) -> None:
        self._source = source
        self._numbers = numbers
        self._skipped = 0
        self._links: list[str] = []
        self.parts: list[str] = []
        self.urls: list[tuple[int, str]] = []

    def take(self, tokens: Sequence[Token], place: int, token: Token) -> None:
        if isinstance(token, Comment):
            found = MARKED_COMMENT.fullmatch(token.text)
            # Tags count wherever they stand, as what they enclose may go on further down.
            if found and found[1] != OTHER_MARK and (found[1] == TAG_MARK or not self._skipped):
                self.parts.append(token.text)
        elif isinstance(token, Start):
            self._start(tokens, place, token)
        elif isinstance(token, End):
            self._end(token)
        elif isinstance(token, Text) and not self._skipped:
            self.parts.append(_BLANKS.sub(" ", unescape(token.text)))

    def _start(self, tokens: Sequence[Token], place: int, token: Start) -> None:
        name, attributes = token.name, dict(token.attributes)
        self._skipped += name in _SKIPPED
        if self._skipped:
            return
        self._break(name)
        if name == "li":
            self.parts.append("- ")
        elif name == "hr":
            self.parts.append("----\n\n")
        elif name == "img":
            self.parts.append(_BLANKS.sub(" ", unescape(attributes.get("alt", ""))))
        elif name == "a":
            self._links.append(self._url(tokens, place, unescape(attributes.get("href", "")).strip()))

    def _end(self, token: End) -> None:
        name = token.name
        if self._skipped:
            self._skipped -= name in _SKIPPED
            return
        if name == "a" and self._links:
            self.parts.append(self._links.pop())
        elif name in {"td", "th"}:
            self.parts.append(" ")
        else:
            self._break(name)

    def _break(self, name: str) -> None:
        wanted = 2 if name in _PARAGRAPHS else 1 if name in _LINES else 0
        lacking = wanted - self._line_ends(wanted) if wanted else 0
        if lacking:
            self.parts.append("\n" * lacking)

    def _line_ends(self, most: int) -> int:
        """Return how many line ends, up to `most`, stand last; loops are looked through, branches are not."""
        found = 0
        for part in reversed(self.parts):
            text = part.rstrip(" ")
            if not text or self._is_loop(text):
                continue
            if text.strip("\n"):
                return min(found + len(text) - len(text.rstrip("\n")), most)
            found += len(text)
            if found >= most:
                break
        return min(found, most)

    def _is_loop(self, text: str) -> bool:
        return any(each.name in _LOOPS for each in pieces_in(self._source, text))

    def _url(self, tokens: Sequence[Token], place: int, url: str) -> str:
        """Return what stands after the words of a link: where it leads, unless they say so themselves."""
        if url.startswith(_MAILTO):
            address = url.removeprefix(_MAILTO).partition("?")[0]
            said = not address or MARK.search(address) or address in unescape(label_at(tokens, place))
            return "" if said else f" ({address})"
        if not url or url.startswith(("#", "tel:", "sms:")):
            return ""
        if not MARK.search(url) and unescape(label_at(tokens, place)) == url and not self._numbers.get(place):
            return ""
        self.urls.append((self._numbers.get(place, 0), url))
        return f" ({OTHER_MARK}{len(self.urls) - 1}{END_MARK})"
