"""How a value is written where it stands, so that it is never anything but a value there."""

from __future__ import annotations

import re
from html import escape
from typing import Final
from urllib.parse import quote, urlsplit

from liquid.exceptions import LiquidValueError

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NOT_IN_STYLE = re.compile(r"[^\w#%. ,+-]")
_NOT_IN_URL = re.compile("[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff<>\"'`\\\\]")
_IN_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_HOST_PART = re.compile(r"(?:[A-Za-z0-9-]+|/(?!/).*)?", re.DOTALL)

LINK_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "sms"})
IMAGE_SCHEMES: Final = frozenset({"http", "https", "cid", "data"})
TRACKED_SCHEMES: Final = frozenset({"http", "https"})


def in_html(value: str) -> str:
    """Return a value as text or as a quoted attribute of HTML."""
    return escape(_plain(value))


def in_text(value: str) -> str:
    """Return a value as text, its line ends as they are written everywhere."""
    return _plain(value).replace("\r\n", "\n").replace("\r", "\n")


def in_line(value: str) -> str:
    """Return a value on one line."""
    return " ".join(_plain(value).split())


def in_style(value: str) -> str:
    """Return what a value has of letters, digits and what colours and lengths are written with."""
    return _NOT_IN_STYLE.sub("", value)


def in_url(value: str, before: str) -> str:
    """Return a value as it may follow `before` in a URL; raise when it would lead to another host."""
    if not before.strip():
        return value.strip()
    if _IN_AUTHORITY.fullmatch(before.strip()):
        if not _HOST_PART.fullmatch(value):
            raise LiquidValueError("a value cannot be part of a host's name", token=None)
        return quote(value, safe="/")
    return quote(_plain(value), safe="" if "?" in before or "#" in before else "/@:+,")


def scheme_of(url: str) -> str:
    """Return the scheme of a URL in lower case, "" when it has none; raise when it can be no URL."""
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        raise LiquidValueError("a link is no URL", token=None) from None


def clean_url(url: str) -> str:
    """Return a URL without blanks around it and without anything that could end it."""
    return _NOT_IN_URL.sub(lambda found: quote(found[0]), url.strip())


def _plain(value: str) -> str:
    return value if value.isprintable() else _CONTROL.sub("", value)
