"""Rows of relational tables as programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Plain = str | int | float


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row: its values by columns, where None erases, and its contact by what names it, if anything does.

    `contact` has `contact_id`, or `email` and perhaps `first_name`, or `customer_key`.
    """

    values: Mapping[str, Plain | None]
    contact: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class SavedRows:
    """How many rows were new, and how many of the others changed."""

    inserted: int
    updated: int
