"""Why a message came back: read from the code, the status and the words of whoever refused it.

What is said of us (a block list, a filter, a policy) is asked first, so that no address is blamed for it.
Then a status that means one thing (RFC 3463), then words, then what a status or code means on the whole.
"""

from __future__ import annotations

import re
from typing import Final

from postroom.contacts.bounces import Bounce, BounceCategory, BounceType
from postroom.sending.returns.bounce_words import BLAMING_US, CODES, STATUSES, SUBJECTS, SURE_STATUSES, WORDS

MOST_TEXT: Final = 1000
"""What is kept of the words of the other side (specs, OUT flows 1.3: `diagnostic`)."""

_MOST_READ: Final = 4000
_ADDRESS = re.compile(r"<?[^\s<>@]{1,64}@[\w.-]{1,255}>?")
_REPLY = re.compile(r"\b([45]\d\d)(?![\d.])(?:[ -]+#?(?=[45]\.)|\b)")
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")

_OF_ADDRESSES = frozenset(
    {
        BounceCategory.UNKNOWN_USER,
        BounceCategory.UNKNOWN_DOMAIN,
        BounceCategory.MAILBOX_DISABLED,
        BounceCategory.OTHER,
    }
)


def classify(code: str, status: str, text: str) -> Bounce:
    """Tell why a mail was refused; `code` ("550") and `status` ("5.1.1") are looked for in `text` when empty.

    A full mailbox, and whatever does not speak against the address, is soft, even where it is called final.
    """
    line = one_line(text, _MOST_READ)
    code = code if re.fullmatch(r"[245]\d\d", code) else _found(_REPLY, line)
    status = status if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status) else _found(_STATUS, line)
    category = _category(code, status, _ADDRESS.sub(" ", line).lower())
    return Bounce(_type(code, status, category), category, code, status, line[:MOST_TEXT])


def one_line(text: str, most: int = MOST_TEXT) -> str:
    """Return a text on one line, without what cannot be printed, and no longer than so many characters."""
    words = " ".join(text[: 4 * most].split())
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)[:most]


def _found(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.search(line)
    return found.group(1) if found else ""


def _category(code: str, status: str, words: str) -> BounceCategory:
    for category, pattern in BLAMING_US:
        if pattern.search(words):
            return category
    kind = status.partition(".")[2]
    if kind in SURE_STATUSES:
        return SURE_STATUSES[kind]
    for category, pattern in WORDS:
        if pattern.search(words):
            return category
    return STATUSES.get(kind) or SUBJECTS.get(kind.partition(".")[0]) or CODES.get(code, BounceCategory.OTHER)


def _type(code: str, status: str, category: BounceCategory) -> BounceType:
    said = {each[0] for each in (code, status) if each}
    return BounceType.HARD if said == {"5"} and category in _OF_ADDRESSES else BounceType.SOFT
