"""HTML as a run of tags and texts: read once from beginning to end, every quote and comment closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn


def names(text: str) -> frozenset[str]:
    """Return the names in a text."""
    return frozenset(text.split())


VOID: Final = names("area base br col embed hr img input link meta param source track wbr keygen")
RAW: Final = frozenset({"style", "title", "textarea"})
"""Elements whose content is no markup."""

_START = re.compile(r"<([A-Za-z][^\s/>\"'=<\ufdd0-\ufdd3]*)")
_ATTRIBUTE = re.compile(
    r"[\s/]*(?![\s/>])([^\s\"'>/=<][^\s\"'>/=<]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?"
)
_CLOSE = re.compile(r"[\s/]*>")
_END = re.compile(r"</([A-Za-z][^\s/>]*)[^>]*>")
_HIDING = re.compile(r"<!--\[if[^\]\n]{0,200}\]>")
_SHOWING = re.compile(
    r"<!--\[if[^\]\n]{0,200}\]>\s*(?:<!--\s*-->|<!-->|-->)|<!(?:--)?\s*<!\[endif\]-->|<!\[[^>\n]{0,200}\](?:--)?>"
)
_MOST_ATTRIBUTES: Final = 100


@dataclass(frozen=True, slots=True)
class Text:
    """Running text, its characters as they are written (with entities)."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag; values of attributes are as they are written, without their quotes."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    at: int


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, all between its marks."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """What only some programs read as markup, and all others skip: it stays as it is written."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """Markup that only some programs show, between `opening` and `<![endif]-->`."""

    opening: str
    inside: str
    at: int


@dataclass(frozen=True, slots=True)
class Doctype:
    """The document type."""

    text: str
    at: int


Token = Text | Start | End | Comment | Opaque | Hidden | Doctype
Refuse = Callable[[int, str], NoReturn]
"""Raises Refused for a place in what is scanned."""


def scan(markup: str, refuse: Refuse) -> Iterator[Token]:
    """Yield what is in some markup, in order; the content of RAW elements is one Text."""
    at = 0
    end = len(markup)
    while at < end:
        less = markup.find("<", at)
        if less < 0:
            less = end
        if less > at:
            yield Text(markup[at:less], at)
            at = less
        if at < end:
            token, at = _tag(markup, at, refuse)
            yield token
            if isinstance(token, Start) and token.name in RAW:
                found = re.compile(rf"</{token.name}(?=[\s/>])", re.IGNORECASE).search(markup, at)
                if found is None:
                    refuse(token.at, f"<{token.name}> is not closed")
                if found.start() > at:
                    yield Text(markup[at : found.start()], at)
                at = found.start()


def _tag(markup: str, at: int, refuse: Refuse) -> tuple[Token, int]:
    if markup.startswith("<!", at):
        return _declaration(markup, at, refuse)
    if markup.startswith("<?", at):
        end = markup.find(">", at)
        return Comment("", at), (end + 1 or len(markup))
    if markup.startswith("</", at):
        found = _END.match(markup, at)
        if found is None:
            refuse(at, "an end tag is not closed by '>'")
        return End(found[1].lower(), at), found.end()
    start = _START.match(markup, at)
    if start is None:
        return Text("&lt;", at), at + 1
    return _start(markup, at, start, refuse)


def _start(markup: str, at: int, start: re.Match[str], refuse: Refuse) -> tuple[Token, int]:
    attributes: dict[str, str] = {}
    place = start.end()
    while (close := _CLOSE.match(markup, place)) is None:
        found = _ATTRIBUTE.match(markup, place)
        if found is None or len(attributes) > _MOST_ATTRIBUTES:
            refuse(at, f"<{start[1][:40]}> is not closed by '>', or a quote in it is not closed")
        value = found[2] if found[2] is not None else found[3] if found[3] is not None else found[4] or ""
        attributes.setdefault(found[1].lower(), value)
        place = found.end()
    return Start(start[1].lower(), tuple(attributes.items()), at), close.end()


def _declaration(markup: str, at: int, refuse: Refuse) -> tuple[Token, int]:
    showing = _SHOWING.match(markup, at)
    if showing:
        return Opaque(showing[0], at), showing.end()
    hiding = _HIDING.match(markup, at)
    if hiding:
        end = markup.find("<![endif]-->", hiding.end())
        if end < 0:
            refuse(at, "<!--[if …]> is not closed by <![endif]-->")
        return Hidden(hiding[0], markup[hiding.end() : end], hiding.end()), end + len("<![endif]-->")
    if markup.startswith("<!--", at):
        end = markup.find("-->", at + 4)
        if end < 0:
            refuse(at, "a comment is not closed by '-->'")
        return Comment(markup[at + 4 : end], at), end + 3
    end = markup.find(">", at)
    if end < 0:
        refuse(at, "'<!' is not closed by '>'")
    text = markup[at : end + 1]
    kind = Doctype if text[2:9].lower() == "doctype" else Comment
    return kind(text if kind is Doctype else "", at), end + 1
