"""Columns of a flow: what each is called and what it holds. Their order is a contract: append only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,127}")


class Kind(Enum):
    """What the cells of a column hold, each with its Python type; None is null in all of them."""

    TEXT = "text"
    """str; technical values of enumerations are among them."""
    INTEGER = "integer"
    """int."""
    DECIMAL = "decimal"
    """decimal.Decimal, written with the scale that it has."""
    BOOLEAN = "boolean"
    """bool."""
    DATE = "date"
    """datetime.date."""
    MOMENT = "moment"
    """datetime.datetime with a zone."""
    MULTI = "multi"
    """A sequence of str."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `length` is the most code points of a text, None for as many as there are.

    Raises ValueError for a name that cannot stand in a header without quotes.
    """

    name: str
    kind: Kind = Kind.TEXT
    length: int | None = None

    def __post_init__(self) -> None:
        """Check the name."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no technical name: letters, digits, '_', '.' and '-' are.")
