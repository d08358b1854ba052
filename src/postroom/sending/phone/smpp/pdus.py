"""Units of SMPP 3.4 as smpplib writes and reads them.

The library's client is not used: it logs units with passwords in them, lets one thread alone work with a
connection, and believes any length that the other side names.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from smpplib import consts, smpp

from postroom.contacts.errors import PostroomError

OK: Final = 0
QUEUE_FULL: Final = 0x14
TEMPORARY: Final = 0x64
"""ESME_RX_T_APPN: the other side may bring it again."""

HEADER_BYTES: Final = 16
MOST_BYTES: Final = 70_000
"""More than the largest unit: a message_payload has 64 KiB at most."""


class BrokenPduError(PostroomError):
    """What came is no unit of SMPP."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit: what it is, its status (0 is well), its number, and its fields."""

    command: str
    status: int
    sequence: int
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field that is a text; "" when it is not there."""
        value = self.fields.get(name)
        return value.decode("latin-1").rstrip("\0") if isinstance(value, bytes) else ""

    def octets(self, name: str) -> bytes:
        """Return a field of octets; empty when it is not there."""
        value = self.fields.get(name)
        return value if isinstance(value, bytes) else b""

    def number(self, name: str) -> int:
        """Return a field that is a number; 0 when it is not there."""
        value = self.fields.get(name)
        return value if isinstance(value, int) else 0


def written(
    command: str, sequence: int, status: int = OK, fields: Mapping[str, object] | None = None
) -> bytes:
    """Return a unit as it travels."""
    known = {"sequence": sequence, "status": status, "allow_unknown_opt_params": True}
    pdu = smpp.make_pdu(command, **known, **(fields or {}))
    pdu.sequence = sequence
    data: bytes = pdu.generate()
    return data


def length_of(head: bytes) -> int:
    """Return how long a unit is, by its first four bytes; raise BrokenPduError when it cannot be."""
    length = struct.unpack(">L", head)[0]
    if not HEADER_BYTES <= length <= MOST_BYTES:
        raise BrokenPduError(f"a unit of {length} bytes")
    return int(length)


def read(data: bytes) -> Pdu:
    """Read a whole unit; raise BrokenPduError when it is none."""
    try:
        pdu = smpp.parse_pdu(data, sequence=0, allow_unknown_opt_params=True)
    except Exception as failed:  # noqa: BLE001  # smpplib trips over strange units in many ways
        raise BrokenPduError(f"a unit that cannot be read: {failed!r}"[:200]) from None
    names = getattr(pdu, "params_order", ())
    fields = {name: value for name in names if (value := getattr(pdu, name, None)) is not None}
    return Pdu(pdu.command, pdu.status, pdu.sequence, fields)


def sequence_of(data: bytes) -> int:
    """Return the number of a unit, even of one that cannot be read."""
    return int(struct.unpack(">L", data[12:16])[0])


def described(status: int) -> str:
    """Return what a status means, for people."""
    return str(consts.DESCRIPTIONS.get(status, "unknown status"))
