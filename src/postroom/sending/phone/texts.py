"""What an SMS says in the end: blanks that cost nothing, and how to be left alone (contact folders 3.2)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from postroom.sending.phone.counting import size_of

_BLANKS: Final = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\r": "\n", "\t": " "})
_STOP: Final = re.compile(r"\bSTOP\b")
_TO_NUMBER: Final = {"fr": "STOP au {}", "en": "STOP to {}"}
_BY_REPLY: Final = {"fr": "Stop SMS : répondez STOP", "en": "Reply STOP to opt out"}


def sms_text(text: str, language: str | None, *, marketing: bool, stop: str) -> str:
    """Return what is sent for a rendered text: composed, with plain blanks, and with the STOP mention.

    `stop` is the account's setting `sms_stop`: off, reply, or the number that takes the word. A text that
    says STOP itself gets no second mention. Other languages than French get the English one.

    An unbreakable blank is not in the alphabet of SMS: with it the whole text would take twice the parts.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).translate(_BLANKS).strip()
    if not marketing or stop == "off" or _STOP.search(plain):
        return plain
    return f"{plain}\n{stop_mention(language, stop)}"


def stop_mention(language: str | None, stop: str) -> str:
    """Return how to be left alone; `stop` is reply, or the number that takes the word."""
    spoken = "fr" if language in {"fr", None} else "en"
    return _BY_REPLY[spoken] if stop == "reply" else _TO_NUMBER[spoken].format(stop)


def too_long(text: str, most_parts: int) -> str | None:
    """Return why an SMS is too long, in a line for people, None when it is not."""
    size = size_of(text)
    if size.parts <= most_parts:
        return None
    return f"{size.parts} parts of {size.encoding.shown} ({size.units} units); at most {most_parts} are sent"
