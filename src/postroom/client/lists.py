"""Calls about lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import ContactList, list_of

UNCHANGED: Any = object()
"""A value that stays as it is, where None would empty it."""


class Lists:
    """The lists of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self, *, stats: bool = False) -> Iterator[ContactList]:
        """Yield every list by id, read page by page."""
        for said in self._line.items("/v1/lists", {"stats": stats}):
            yield list_of(said)

    def get(self, list_id: int) -> ContactList:
        """Return a list with its stats; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/lists/{list_id}"))

    def create(self, name: str, description: str | None = None, *, key: str | None = None) -> ContactList:
        """Make a list; with a `key` of your own, once even when your program makes it again."""
        body = {"name": name, "description": description}
        return self._one(Call(method="POST", path="/v1/lists", body=body, key=key))

    def merge(self, list_ids: Sequence[int], name: str, *, key: str | None = None) -> ContactList:
        """Make a list of all who are on any of these."""
        body = {"list_ids": list(list_ids), "name": name}
        return self._one(Call(method="POST", path="/v1/lists/merge", body=body, key=key))

    def update(
        self,
        list_id: int,
        *,
        name: str = UNCHANGED,
        description: str | None = UNCHANGED,
        etag: str | None = None,
    ) -> ContactList:
        """Change a list; with the `etag` of what was read, only when it is still so (else Changed)."""
        given = {"name": name, "description": description}
        body = {member: value for member, value in given.items() if value is not UNCHANGED}
        return self._one(Call(method="PATCH", path=f"/v1/lists/{list_id}", body=body, etag=etag))

    def delete(self, list_id: int, *, etag: str | None = None) -> None:
        """Delete a list; its contacts stay."""
        self._line.answer(Call(method="DELETE", path=f"/v1/lists/{list_id}", etag=etag))

    def add(self, list_id: int, contact_ids: Sequence[int]) -> int:
        """Put contacts on a list; return how many were not on it."""
        return self._count("POST", list_id, contact_ids)

    def remove(self, list_id: int, contact_ids: Sequence[int]) -> int:
        """Take contacts off a list; return how many were on it."""
        return self._count("DELETE", list_id, contact_ids)

    def _count(self, method: str, list_id: int, contact_ids: Sequence[int]) -> int:
        body = {"contact_ids": list(contact_ids)}
        answer = self._line.answer(Call(method=method, path=f"/v1/lists/{list_id}/contacts", body=body))
        return int(answer.json()["count"])

    def _one(self, call: Call) -> ContactList:
        answer = self._line.answer(call)
        return list_of(answer.json(), answer.headers.get("ETag"))
