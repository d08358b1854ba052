"""Listings page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

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
    """

    limit: int = 100
    offset: int = 0
    after: int | None = None
    sort: tuple[str, bool] | None = None
    with_total: bool = False
