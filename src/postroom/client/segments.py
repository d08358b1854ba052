"""Calls about segments: saved filters of contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A saved filter; `etag` names this state of it, when it was read by itself."""

    id: int
    name: str
    filter: str
    created_at: datetime
    updated_at: datetime
    etag: str | None = None


class Segments:
    """The segments of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> Iterator[Segment]:
        """Yield every segment by id, read page by page."""
        for said in self._line.items("/v1/segments", {}):
            yield _segment(said)

    def get(self, segment_id: int) -> Segment:
        """Return a segment; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/segments/{segment_id}"))

    def create(self, name: str, text: str, *, key: str | None = None) -> Segment:
        """Save a filter, such as `city = "Paris" and custom_age > 30`, under a name."""
        body = {"name": name, "filter": text}
        return self._one(Call(method="POST", path="/v1/segments", body=body, key=key))

    def count(self, segment_id: int, *, list_id: int | None = None) -> int:
        """Return for how many contacts it holds now, of the account or of a list."""
        named = {} if list_id is None else {"list_id": list_id}
        call = Call(method="GET", path=f"/v1/segments/{segment_id}/count", query=named)
        return int(self._line.answer(call).json()["count"])

    def delete(self, segment_id: int, *, etag: str | None = None) -> None:
        """Forget a segment."""
        self._line.answer(Call(method="DELETE", path=f"/v1/segments/{segment_id}", etag=etag))

    def _one(self, call: Call) -> Segment:
        answer = self._line.answer(call)
        return _segment(answer.json(), answer.headers.get("ETag"))


def _segment(said: Mapping[str, Any], etag: str | None = None) -> Segment:
    times = {name: moment(said[name]) for name in ("created_at", "updated_at")}
    return Segment(**{**known(Segment, said), **times, "etag": etag})
