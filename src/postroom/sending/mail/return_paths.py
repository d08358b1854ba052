"""Addresses and ids of our own in mails: what comes back under them is about one message, provably.

A return path names the message (VERP), so that a report of whatever form says what came back; the mark in
it keeps others from making reports up. Case gets lost on the way of addresses, so all is in small letters.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from postroom.store.sealing import Sealer

_PREFIX: Final = "b-"
_NAMED: Final = re.compile(r"([1-9][0-9]{0,9})-([1-9][0-9]{0,18})-([a-z2-7]{20})", re.ASCII)
_LONGEST: Final = 320
_RETURN_PATH: Final = "return path of message"
_MESSAGE_ID: Final = "id of message"
_MOST: Final = 2**63 - 1
_MOST_ACCOUNTS: Final = 2**31 - 1


def return_path(sealer: Sealer, account_id: int, message_id: int, domain: str) -> str:
    """Return the envelope sender of a message: whatever bounces comes to it."""
    return f"{_PREFIX}{_marked(sealer, _RETURN_PATH, account_id, message_id)}@{domain}"


def read_return_path(sealer: Sealer, address: str) -> tuple[int, int] | None:
    """Return account and message of a return path of ours, None of any other address.

    The domain is not looked at: which one is ours may have changed since.
    """
    local = address.strip().removeprefix("<").removesuffix(">").rpartition("@")[0].lower()
    return _read(sealer, _RETURN_PATH, local.removeprefix(_PREFIX)) if local.startswith(_PREFIX) else None


def message_id_header(sealer: Sealer, account_id: int, message_id: int, domain: str) -> str:
    """Return the Message-ID of a message, with its angle brackets: the same at each attempt."""
    return f"<{_marked(sealer, _MESSAGE_ID, account_id, message_id)}@{domain}>"


def read_message_id(sealer: Sealer, text: str) -> tuple[int, int] | None:
    """Return account and message of a Message-ID of ours, None of any other."""
    local = text.strip().removeprefix("<").removesuffix(">").rpartition("@")[0].lower()
    return _read(sealer, _MESSAGE_ID, local)


def _marked(sealer: Sealer, purpose: str, account_id: int, message_id: int) -> str:
    named = f"{account_id}-{message_id}"
    return f"{named}-{sealer.marks(f'{purpose} {named}')[0]}"


def _read(sealer: Sealer, purpose: str, local: str) -> tuple[int, int] | None:
    found = _NAMED.fullmatch(local) if len(local) <= _LONGEST else None
    if found is None or int(found[1]) > _MOST_ACCOUNTS or int(found[2]) > _MOST:
        return None
    marks = sealer.marks(f"{purpose} {found[1]}-{found[2]}")
    # Each is compared, so that the time tells nothing of which key fits.
    fits = [hmac.compare_digest(mark, found[3]) for mark in marks]
    return (int(found[1]), int(found[2])) if any(fits) else None
