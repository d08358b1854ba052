"""What is said to a relay before and of a mail: whose it is, whom it is for, how large it is (RFC 5321)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from postroom.sending.carrying import Fate, Handover, Letter

_UNSAYABLE: Final = re.compile(r"[\x00-\x20<>\x7f]")
"""What would end an address, or the line that it stands in."""

Offers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The commands that go before a mail."""

    commands: Sequence[bytes]

    @classmethod
    def of(cls, letter: Letter, offers: Offers) -> Self:
        """Return the envelope of a letter that is fit for a relay with these extensions."""
        sender, receiver = sayable(letter.sender), sayable(letter.address)
        options = ""
        if "size" in offers:
            options += f" SIZE={_size(letter)}"
        if "8bitmime" in offers and not letter.body.isascii():
            options += " BODY=8BITMIME"
        if not (sender.isascii() and receiver.isascii()):
            options += " SMTPUTF8"
        commands = (f"MAIL FROM:<{sender}>{options}\r\n", f"RCPT TO:<{receiver}>\r\n", "DATA\r\n")
        return cls([command.encode() for command in commands])


def content_of(letter: Letter) -> bytes:
    """Return a mail as it goes over the line: its last line ends, and no dot of its own stands alone."""
    stuffed = (letter.body + _lacking(letter)).replace(b"\n.", b"\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def unfit(letter: Letter, offers: Offers, provider: str) -> Handover | None:
    """Return why a relay with these extensions cannot have a letter; None when it can."""
    sender, receiver = sayable(letter.sender), sayable(letter.address)
    if _UNSAYABLE.search(sender) or _UNSAYABLE.search(receiver):
        return _refused(provider, "553", "5.1.3", "the address cannot be written in an envelope")
    if not (sender.isascii() and receiver.isascii()) and "smtputf8" not in offers:
        return _refused(
            provider, "553", "5.6.7", "the address needs SMTPUTF8, which the relay does not offer"
        )
    if not letter.body.isascii() and "8bitmime" not in offers:
        return Handover(Fate.LATER, provider, answer="the relay does not offer 8BITMIME")
    limit = offers.get("size", "")
    if limit.isdigit() and 0 < int(limit) < _size(letter):
        return _refused(provider, "552", "5.3.4", f"the relay takes no mail of more than {limit} bytes")
    return None


def sayable(address: str) -> str:
    """Return an address with its domain in the form that every relay knows, where there is one."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _size(letter: Letter) -> int:
    return len(letter.body) + len(_lacking(letter))


def _lacking(letter: Letter) -> bytes:
    return b"" if letter.body.endswith(b"\r\n") else b"\r\n"


def _refused(provider: str, code: str, status: str, why: str) -> Handover:
    return Handover(Fate.REFUSED, provider, code=code, status=status, answer=f"{code} {status} {why}")
