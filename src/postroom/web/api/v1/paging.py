"""Listings page by page: what is asked for, and where the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from postroom.web.api.operations.pages import Page, Paging
from postroom.web.api.v1 import cursors
from postroom.web.api.v1.access import Call
from postroom.web.api.v1.models import Optional

T = TypeVar("T")

MOST = 500
"""Items of a page. Operations read one more, and none reads more than a thousand."""


class PageQuery(BaseModel):
    """The query of every listing."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MOST, description="Items of a page, at most.")
    cursor: Optional[str] = Field(
        default=None, max_length=100, description="`next` of the page before; absent for the first page."
    )
    total: bool = Field(default=False, description="Count all items, too.")

    def paging(self, call: Call, *, descending_by: str | None = None) -> Paging:
        """Return what to read: one item more than is asked for tells whether there is another page.

        `descending_by` is the id by which items come, where the greatest is to be first.

        Raises:
            Refused: the cursor is not of this listing.
        """
        after = None if self.cursor is None else cursors.position_of(self.cursor, call.listing())
        sort = (descending_by, True) if descending_by else None
        return Paging(limit=self.limit + 1, after=after, sort=sort, with_total=self.total)

    def cut(self, found: Page[T], call: Call, item_id: Callable[[T], int]) -> tuple[Sequence[T], str | None]:
        """Return the items of the page, and the cursor of the next one, None on the last."""
        items = found.items[: self.limit]
        if len(found.items) <= self.limit:
            return items, None
        return items, cursors.cursor_after(item_id(items[-1]), call.listing())
