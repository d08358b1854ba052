"""Passwords that are read from standard input, so that no list of processes shows them."""

from __future__ import annotations

import sys
from typing import Final

from postroom.contacts.errors import Refused

MOST_CHARACTERS: Final = 1024


def password_from_stdin(*, least: int = 1) -> str:
    """Return the password on one line of standard input; raise Refused when it is shorter than `least`."""
    # As bytes, so that the terminal's locale does not decide what the password is.
    encoded = sys.stdin.buffer.readline(8 * MOST_CHARACTERS).rstrip(b"\r\n")
    try:
        text = encoded.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("The password on standard input is not UTF-8.", code="BAD_PASSWORD") from None
    if not least <= len(text) <= MOST_CHARACTERS:
        raise Refused(
            f"A password has {least} to {MOST_CHARACTERS} characters; "
            f"the line on standard input has {len(text)}.",
            code="BAD_PASSWORD",
        )
    return text
