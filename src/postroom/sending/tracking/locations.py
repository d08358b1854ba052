"""Where a tracked link may send somebody: to web pages, by a header that says nothing else."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

_SAFE: Final = "%/:=&?~#+!$,;'@()*[]"
"""What stands in a URL as it is, besides letters, digits and ._-; all else is escaped (RFC 3986)."""


def location(url: str) -> str | None:
    """Return a URL fit for the header Location; None for all that is no web page (javascript:, data:, …)."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    # urlsplit passes over control characters, as browsers do: the text itself must begin as it says.
    if parts.scheme not in {"http", "https"} or not text.lower().startswith(f"{parts.scheme}://") or not host:
        return None
    if not host.isascii():
        text = text.replace(parts.netloc, parts.netloc.lower().replace(host, ascii_host), 1)
    return quote(text, safe=_SAFE)
