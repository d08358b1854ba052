"""Calls about surveys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A survey; `title` is by language, `questions` are as they were put, `path` is that of its page."""

    id: int
    name: str
    title: dict[str, str]
    questions: list[dict[str, Any]]
    path: str
    created_at: datetime
    updated_at: datetime


class Surveys:
    """What people are asked."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> Iterator[Survey]:
        """Yield every survey by id, read page by page."""
        for said in self._line.items("/v1/surveys", {}):
            yield _survey(said)

    def get(self, survey_id: int) -> Survey:
        """Return a survey; raise NotFound when there is none."""
        return _survey(self._line.answer(Call(method="GET", path=f"/v1/surveys/{survey_id}")).json())

    def put(self, definition: Mapping[str, Any], *, key: str | None = None) -> Survey:
        """Make a survey (`name`, `title`, `questions`), or give the one of that name another form."""
        call = Call(method="POST", path="/v1/surveys", body=dict(definition), key=key)
        return _survey(self._line.answer(call).json())

    def delete(self, survey_id: int) -> None:
        """Delete a survey; participations stay told."""
        self._line.answer(Call(method="DELETE", path=f"/v1/surveys/{survey_id}"))


def _survey(said: Mapping[str, Any]) -> Survey:
    moments = {name: moment(said[name]) for name in ("created_at", "updated_at")}
    return Survey(**{**known(Survey, said), **moments})
