"""The links in messages that lead back to us: each is signed, for one use, one account and one message.

A token names account and message by their numbers and nobody by an address. Signed under the installation's
key, it is of no use for another purpose, message or account, and needs no place to be remembered in. It does
not run out: who finds an old mail may still opt out by it, for as long as the message is kept.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from postroom.contacts.errors import Unavailable
from postroom.store.sealing import Sealer

LONGEST_TOKEN: Final = 16_000
"""Characters of a token; one with a URL in it is that long, and a third more."""

LONGEST_URL: Final = 11_000
"""Bytes of a URL that is sealed into a token; longer ones are not tracked."""

_SIGNATURE: Final = 22
_NUMBER: Final = "([1-9][0-9]{0,18})"
_MESSAGE: Final = re.compile(rf"([1-9][0-9]{{0,9}})-{_NUMBER}\.([A-Za-z0-9_-]{{{_SIGNATURE}}})", re.ASCII)
_CLICK: Final = re.compile(
    rf"([1-9][0-9]{{0,9}})-{_NUMBER}-([1-9][0-9]{{0,8}})([.~])([A-Za-z0-9_-]{{{_SIGNATURE},}})", re.ASCII
)
_MOST: Final = 2**63 - 1
_MOST_ACCOUNTS: Final = 2**31 - 1


class Purpose(StrEnum):
    """What a token is good for, by the letter in its path."""

    PIXEL = "o"
    CLICK = "c"
    OPTOUT = "u"
    """The page that the link in a message opens."""
    ONE_CLICK = "l"
    """Where List-Unsubscribe leads to: programs post there (RFC 8058), people see the page."""
    PREFERENCES = "p"


@dataclass(frozen=True, slots=True)
class Sent:
    """The message that a token is about."""

    account_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Clicked:
    """The link of a message that a token is about; without `url` it leads where the campaign's link does."""

    account_id: int
    message_id: int
    link_id: int
    url: str | None


class Tokens:
    """Makes the links to our pages below `url`, such as `https://news.example.com`, and reads them again.

    With `url` empty they are paths.
    """

    def __init__(self, sealer: Sealer, url: str = "") -> None:
        """Sign and seal by `sealer`."""
        self._sealer = sealer
        self._url = url.rstrip("/")

    def pixel(self, account_id: int, message_id: int) -> str:
        """Return the URL of the picture that tells of an opening."""
        return self._of_message(Purpose.PIXEL, account_id, message_id)

    def optout(self, account_id: int, message_id: int) -> str:
        """Return the URL of the page on which the recipient opts out."""
        return self._of_message(Purpose.OPTOUT, account_id, message_id)

    def one_click(self, account_id: int, message_id: int) -> str:
        """Return the URL for List-Unsubscribe with List-Unsubscribe-Post (RFC 8058)."""
        return self._of_message(Purpose.ONE_CLICK, account_id, message_id)

    def preferences(self, account_id: int, message_id: int) -> str:
        """Return the URL of the page on which the recipient chooses what to get."""
        return self._of_message(Purpose.PREFERENCES, account_id, message_id)

    def click(self, account_id: int, message_id: int, link_id: int, url: str | None = None) -> str:
        """Return the tracked URL of a link, short where it leads to the URL of the campaign's link as it is.

        For a link with fields in it give the rendered `url`: it is sealed into the token, so that nobody can
        change it, and nobody reads in our logs what it says about the recipient. A very long one is returned
        as it is: no program would follow what it would become.
        """
        if url is not None and len(url.encode()) > LONGEST_URL:
            return url
        named = f"{account_id}-{message_id}-{link_id}"
        if url is None:
            token = f"{named}.{self._signature(Purpose.CLICK, named)}"
        else:
            sealed = self._sealer.seal(url.encode(), _link_of(named))
            token = f"{named}~{_text(sealed)}"
        return f"{self._url}/t/{Purpose.CLICK}/{token}"

    def read(self, purpose: Purpose, token: str) -> Sent | None:
        """Return which message a token of `purpose` is about; None when it is no such token of ours."""
        found = _MESSAGE.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
        if found is None or not _storable(found[1], found[2]):
            return None
        named = f"{found[1]}-{found[2]}"
        if not self._verifies(found[3], purpose, named):
            return None
        return Sent(int(found[1]), int(found[2]))

    def read_click(self, token: str) -> Clicked | None:
        """Return which link a token of a click is about; None when it is none of ours."""
        found = _CLICK.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
        if found is None or not _storable(found[1], found[2]):
            return None
        named = f"{found[1]}-{found[2]}-{found[3]}"
        url = None
        if found[4] == "~":
            url = self._unsealed(found[5], named)
            if url is None:
                return None
        elif not self._verifies(found[5], Purpose.CLICK, named):
            return None
        return Clicked(int(found[1]), int(found[2]), int(found[3]), url)

    def _of_message(self, purpose: Purpose, account_id: int, message_id: int) -> str:
        named = f"{account_id}-{message_id}"
        return f"{self._url}/t/{purpose}/{named}.{self._signature(purpose, named)}"

    def _signature(self, purpose: Purpose, named: str) -> str:
        return self._sealer.signature(_signed(purpose, named), characters=_SIGNATURE)

    def _verifies(self, signature: str, purpose: Purpose, named: str) -> bool:
        return self._sealer.verifies(signature, _signed(purpose, named), characters=_SIGNATURE)

    def _unsealed(self, text: str, named: str) -> str | None:
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            # The last character has bits that mean nothing; of one token there is one spelling.
            if _text(sealed) != text:
                return None
            return self._sealer.unseal(sealed, _link_of(named)).decode()
        except (binascii.Error, ValueError, Unavailable):
            return None


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _signed(purpose: Purpose, named: str) -> str:
    return f"{purpose.name} of message {named}"


def _link_of(named: str) -> str:
    return f"url/link/{named}"


def _storable(account: str, message: str) -> bool:
    return int(account) <= _MOST_ACCOUNTS and int(message) <= _MOST
