"""What the answer of a provider by HTTP means for a message."""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from postroom.notices.calling import Reply
from postroom.notices.carrying import one_line
from postroom.sending.carrying import Fate, Handover
from postroom.sending.phone.providers.described import Answers
from postroom.sending.phone.providers.finding import Finder
from postroom.sending.phone.receipts import NAME_CHARACTERS

_SHOWN: Final = 300
_REST: Final = timedelta(seconds=30)
_LONGEST_REST: Final = 3600


def judged(reply: Reply, answers: Answers, *, provider: str, parts: int | None) -> Handover:
    """Return what became of a message, by the status of the answer and by the code in it.

    A code says more than a status: many a provider answers 200 to what it refuses. A status of 3xx is a URL
    that is no longer right, so nothing was taken.
    """
    text = reply.body.decode("utf-8", errors="replace")
    read = _read(text)
    code = _found(answers.code, read, text)
    words = _found(answers.text, read, text)
    fate = _fate(reply.status, code, answers)
    if fate is Fate.IN_DOUBT:
        # Read beside those that nobody answered at all: what a bare "500" says is not plain there.
        words = ": ".join(filter(None, (f"the provider answered {_phrase(reply.status)}", words)))
    said = one_line(words or _phrase(reply.status), _SHOWN)
    if fate is Fate.SENT:
        named = one_line(_found(answers.provider_id, read, text), NAME_CHARACTERS) or None
        return Handover(fate, provider, provider_id=named, answer=said, parts=parts)
    wait = _asked_to_wait(reply) if fate is Fate.LATER else None
    shown = one_line(code, NAME_CHARACTERS) or str(reply.status)
    return Handover(fate, provider, code=shown, answer=said, wait=wait)


def _fate(status: int, code: str, answers: Answers) -> Fate:
    if code and code in answers.later_codes:
        return Fate.LATER
    if status in answers.later or 300 <= status < 400:
        return Fate.LATER
    if status in answers.doubt:
        return Fate.IN_DOUBT
    if not 200 <= status < 300:
        return Fate.REFUSED
    if not answers.taken or code in answers.taken:
        return Fate.SENT
    return Fate.REFUSED if code else Fate.IN_DOUBT


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _found(finder: Finder | None, read: object, text: str) -> str:
    return finder.within(read, text) if finder else ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _asked_to_wait(reply: Reply) -> timedelta:
    text = reply.headers.get(b"retry-after", b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), _LONGEST_REST))
    return _REST
