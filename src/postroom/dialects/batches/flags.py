"""The small values of headers and arguments: booleans, numbers, ids of lists, formats."""

from __future__ import annotations

import re

from postroom.dialects.batches.text import EDGES

_FLAGS = {"0": False, "false": False, "1": True, "true": True}
_NUMBER = re.compile(r"[0-9]{1,18}")

FORMATS = {
    "1": "1",
    "plain": "1",
    "plain_text": "1",
    "2": "2",
    "html": "2",
    "99": "99",
    "mime": "99",
    "multi": "99",
    "multipart": "99",
}
"""Codes and words of formats, in lower case (specs, command batches 3.2)."""


def flag(text: str) -> bool | None:
    """Read 0, 1, false or true in any case (specs, command batches 3.3); None for anything else."""
    return _FLAGS.get(text.lower())


def number(text: str) -> int | None:
    """Read a whole number that is not negative; None for anything else."""
    return int(text) if _NUMBER.fullmatch(text) else None


def ids(text: str) -> tuple[str, ...]:
    """Split ids at commas, as written; empty ones are none."""
    return tuple(each for each in (part.strip(EDGES) for part in text.split(",")) if each)
