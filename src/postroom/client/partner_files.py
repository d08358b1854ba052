"""Calls about files for partners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFile:
    """A file of people: `people` in it, `left_out` not; `downloads` is how often all of it was fetched."""

    id: int
    batch_id: str
    campaign_id: int
    channel: str
    name: str
    login: str | None
    size: int
    people: int
    left_out: int
    ready_at: datetime
    downloads: int
    downloaded_at: datetime | None
    downloaded_by: str | None
    removed_at: datetime | None


class PartnerFiles:
    """The files of people that campaigns for print, audiences and call centers have made."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self, *, campaign_id: int | None = None) -> Iterator[PartnerFile]:
        """Yield every file, newest first, read page by page; only those of a campaign where one is given."""
        for said in self._line.items("/v1/partner-files", {"campaign_id": campaign_id}):
            yield _partner_file(said)

    def get(self, partner_file_id: int) -> PartnerFile:
        """Return what is known of a file; raise NotFound when there is none."""
        call = Call(method="GET", path=f"/v1/partner-files/{partner_file_id}")
        return _partner_file(self._line.answer(call).json())

    def fetch(self, partner_file_id: int) -> bytes:
        """Return the file itself, which counts as a download; raise NotFound when it is not kept any more."""
        call = Call(method="GET", path=f"/v1/partner-files/{partner_file_id}/content")
        return self._line.answer(call).content


def _partner_file(said: Mapping[str, Any]) -> PartnerFile:
    told = ("ready_at", "downloaded_at", "removed_at")
    moments = {name: moment(said[name]) if said[name] else None for name in told}
    return PartnerFile(**{**known(PartnerFile, said), **moments})
