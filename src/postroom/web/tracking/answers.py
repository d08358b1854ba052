"""Answers to recipients that are pages."""

from __future__ import annotations

from typing import Final

from fastapi.requests import Request
from fastapi.responses import HTMLResponse, Response

from postroom.web.tracking.documents import POLICY, notice_page
from postroom.web.tracking.words import WORDS, language_asked

_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_RETRY: Final = {"Retry-After": "60"}


def page(content: str, status: int = 200, *, retry: bool = False) -> Response:
    """Return a page as an answer."""
    return HTMLResponse(content, status, headers={**_HEADERS, **(_RETRY if retry else {})})


def unknown(request: Request) -> Response:
    """Tell that a link is none of ours, or leads nowhere any more."""
    language = language_asked(request.headers.get("accept-language", ""))
    words = WORDS[language]
    return page(notice_page(language, words.unknown, words.unknown_more), 404)


def busy(request: Request) -> Response:
    """Tell that this cannot be done now."""
    language = language_asked(request.headers.get("accept-language", ""))
    words = WORDS[language]
    return page(notice_page(language, words.busy, words.busy_more), 503, retry=True)


def too_often(request: Request) -> Response:
    """Tell that a link was followed too often."""
    language = language_asked(request.headers.get("accept-language", ""))
    words = WORDS[language]
    return page(notice_page(language, words.often, words.often_more), 429, retry=True)
