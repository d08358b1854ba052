"""The links of a template: which there are, and which of them can be tracked."""

from __future__ import annotations

import re
from typing import Final

from postroom.sending.content.escaping import IMAGE_SCHEMES, LINK_SCHEMES, TRACKED_SCHEMES, scheme_of
from postroom.sending.content.markup import MARK
from postroom.sending.content.models import Link
from postroom.sending.content.names import OWN_LINKS, field_named
from postroom.sending.content.pieces import Kind, Piece, Source

MOST_LINKS: Final = 1000
_LONGEST_NAME: Final = 255
_LONGEST_CATEGORY: Final = 100
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")

UNTRACKED: Final = 0


class LinkBook:
    """Gives each link of a template its number, through all languages and parts."""

    def __init__(self, *, tracking: bool) -> None:
        """Begin without links; without `tracking` none gets a number."""
        self._tracking = tracking
        self._numbers: dict[tuple[str, str, tuple[str, ...]], int] = {}
        self._by_url: dict[str, int] = {}
        self.links: list[Link] = []

    def number(self, source: Source, url: str, name: str, categories: str = "") -> int:
        """Return the number of a link whose `url` has marks, UNTRACKED when nobody is to know of it."""
        if not self._tracking or not is_trackable(source, url):
            return UNTRACKED
        written = as_written(source, url).strip()
        called = " ".join(name.split())[:_LONGEST_NAME]
        kinds = tuple(dict.fromkeys(each.strip()[:_LONGEST_CATEGORY] for each in categories.split(",")))
        kinds = tuple(each for each in kinds if each)
        if not called and written in self._by_url:
            return self._by_url[written]
        key = (written, called, kinds)
        if key not in self._numbers:
            self._add(source, key, dynamic=MARK.search(url) is not None)
        return self._numbers[key]

    def _add(self, source: Source, key: tuple[str, str, tuple[str, ...]], *, dynamic: bool) -> None:
        if len(self.links) >= MOST_LINKS:
            source.refuse(0, f"a template has at most {MOST_LINKS} links")
        link = Link(len(self.links) + 1, *key, dynamic=dynamic)
        self.links.append(link)
        self._numbers[key] = link.link_id
        self._by_url.setdefault(link.url, link.link_id)


def pieces_in(source: Source, text: str) -> list[Piece]:
    """Return the pieces whose marks stand in a text."""
    return [source.pieces[int(found[1])] for found in MARK.finditer(text)]


def as_written(source: Source, text: str) -> str:
    """Return a text with marks as its author wrote it, near enough."""
    return MARK.sub(lambda found: _written(source.pieces[int(found[1])]), text)


def is_own(source: Source, url: str) -> bool:
    """Tell whether a URL is nothing but one of our own links."""
    pieces = pieces_in(source, url)
    outputs = [each for each in pieces if each.kind is Kind.OUTPUT]
    return len(outputs) == 1 and MARK.sub("", url).strip() == "" and field_named(outputs[0].text) in OWN_LINKS


def is_trackable(source: Source, url: str) -> bool:
    """Tell whether a URL leads to a page of somebody else."""
    scheme = _SCHEME.match(url)
    if scheme:
        return scheme[1].lower() in TRACKED_SCHEMES
    return MARK.search(url) is not None and not is_own(source, url)


def require_usable(source: Source, url: str, *, image: bool) -> None:
    """Raise Refused when a URL without Liquid could not be opened out of a mail."""
    text = url.strip()
    if not text or text.startswith("#"):
        return
    at = max(source.text.find(text), 0)
    try:
        scheme = scheme_of(text)
    except ValueError:
        scheme = ""
    if scheme not in (IMAGE_SCHEMES if image else LINK_SCHEMES):
        source.refuse(at, f"'{text[:100]}' must begin with https:// or http://")


def _written(piece: Piece) -> str:
    if piece.kind is Kind.OUTPUT:
        return f"{{{{ {piece.text} }}}}"
    return f"{{% {piece.name} {piece.text} %}}" if piece.text else f"{{% {piece.name} %}}"
