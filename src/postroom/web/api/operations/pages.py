"""Listings page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from postroom.contacts.errors import Refused

MOST_ITEMS: Final = 1000
"""How many items a page has at the most."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a listing; `total` is how many it has in all, where the caller asked for that."""

    items: list[T]
    total: int | None


@dataclass(frozen=True, slots=True)
class Paging:
    """Which items of a listing, and in which order.

    `after` is an id: only items beyond it in the order of ids, which `sort` must then be. `sort` names a
    field and says whether it descends; without it items come by id, ascending.

    Raises Refused for a limit or an offset that nothing can have.
    """

    limit: int = 100
    offset: int = 0
    after: int | None = None
    sort: tuple[str, bool] | None = None
    with_total: bool = False

    def __post_init__(self) -> None:
        """Hold the limits."""
        if not 0 <= self.limit <= MOST_ITEMS:
            raise Refused(f"A limit is from 0 to {MOST_ITEMS}, not {self.limit}.", code="BAD_LIMIT")
        if self.offset < 0:
            raise Refused(f"An offset is 0 or more, not {self.offset}.", code="BAD_OFFSET")
