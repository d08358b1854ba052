"""What a centre calls a message: some write it in hexadecimal in answers and in decimal in receipts."""

from __future__ import annotations

from typing import Final, Literal

Receipts = Literal["same", "decimal", "hexadecimal"]
"""How receipts write names: as the answers do, or in the other of two bases."""

_BASE: Final = {"decimal": 10, "hexadecimal": 16}


def answered(name: str, receipts: Receipts) -> str:
    """Return the name of an answer as receipts will write it."""
    if receipts == "same":
        return name
    return _written(name, 26 - _BASE[receipts], receipts) or name


def receipted(name: str, receipts: Receipts) -> str:
    """Return the name of a receipt in the form that `answered` returns: without zeros before it."""
    if receipts == "same":
        return name
    return _written(name, _BASE[receipts], receipts) or name


def _written(name: str, base: int, receipts: Receipts) -> str:
    """Return a number that is written in `base` in the base of receipts, "" when it is none."""
    if not (name.isascii() and name.isalnum() and len(name) <= 64):
        return ""
    try:
        number = int(name, base)
    except ValueError:
        return ""
    return f"{number:x}" if receipts == "hexadecimal" else str(number)
