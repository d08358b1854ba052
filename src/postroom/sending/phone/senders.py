"""Who an SMS says it is from: a number, or up to eleven letters and digits (contact folders 3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from postroom.contacts.errors import Refused

_SEPARATORS: Final = str.maketrans("", "", " .-()")
_INTERNATIONAL: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_BARE: Final = re.compile(r"[1-9][0-9]{8,14}")
"""A number with its country code that only lacks the plus, as providers often write it."""
_SHORT: Final = re.compile(r"[0-9]{3,8}")
_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


class SenderKind(Enum):
    """What a sender is, which networks treat differently."""

    INTERNATIONAL = "international"
    """A number that anybody may call, from the plus on; it can be answered."""
    SHORT = "short"
    """A short code of one country's networks; it can be answered."""
    NAME = "name"
    """Letters: nobody can answer."""


@dataclass(frozen=True, slots=True)
class SenderId:
    """A sender as it is handed over."""

    kind: SenderKind
    text: str


def sender_id(text: str) -> SenderId:
    """Read the sender of an SMS; raise Refused when networks would not take it."""
    written = text.strip(" ")
    number = written.translate(_SEPARATORS)
    number = f"+{number[2:]}" if number.startswith("00") else number
    number = f"+{number}" if _BARE.fullmatch(number) else number
    if _INTERNATIONAL.fullmatch(number):
        return SenderId(SenderKind.INTERNATIONAL, number)
    if _SHORT.fullmatch(number):
        return SenderId(SenderKind.SHORT, number)
    if _NAME.fullmatch(written):
        return SenderId(SenderKind.NAME, written)
    raise Refused(
        f"'{text}' cannot be the sender of an SMS: a number such as +33612345678, a short code such as 36111,"
        " or up to eleven letters and digits, of which one at least is a letter.",
        code="BAD_SENDER",
    )
