"""Calls about quarantine and blacklist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no mails until `until_at`, or for good where that is None."""

    address: str
    kind: str
    reason: str
    bounces: int
    since_at: datetime
    until_at: datetime | None
    contact_id: int | None
    campaign_id: int | None


class Suppressions:
    """Who is in quarantine or on the blacklist."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self, *, kind: str | None = None) -> Iterator[Suppression]:
        """Yield every address in order, read page by page; only those on a list where one is given."""
        for said in self._line.items("/v1/suppressions", {"kind": kind}):
            yield _suppression(said)

    def get(self, address: str) -> Suppression:
        """Return on which list an address is; raise NotFound when it is on none."""
        return _suppression(self._line.answer(Call(method="GET", path=_path(address))).json())

    def add(
        self,
        address: str,
        kind: str = "BLACKLIST",
        *,
        until_at: datetime | None = None,
        key: str | None = None,
    ) -> Suppression:
        """Put an address on a list; return where it is now, as a stronger list stays."""
        body = {"address": address, "kind": kind, "until_at": until_at.isoformat() if until_at else None}
        call = Call(method="POST", path="/v1/suppressions", body=body, key=key)
        return _suppression(self._line.answer(call).json())

    def remove(self, address: str, *, complaints: bool = False) -> None:
        """Take an address off its list; one that complained only with `complaints`."""
        query = {"complaints": "true"} if complaints else None
        self._line.answer(Call(method="DELETE", path=_path(address), query=query))


def _path(address: str) -> str:
    return f"/v1/suppressions/{quote(address, safe='@')}"


def _suppression(said: Mapping[str, Any]) -> Suppression:
    until = moment(said["until_at"]) if said["until_at"] else None
    moments = {"since_at": moment(said["since_at"]), "until_at": until}
    return Suppression(**{**known(Suppression, said), **moments})
