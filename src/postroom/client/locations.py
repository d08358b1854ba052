"""Calls about locations: where the files of OUT flows are brought to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A location; `public_key` is ours, to be installed at the server."""

    name: str
    protocol: str
    host: str | None
    port: int | None
    user: str | None
    folder: str
    fingerprint: str | None
    public_key: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Whether a location works; if not, what is wrong, as a code and in words."""

    works: bool
    code: str | None
    text: str | None


class Locations:
    """The locations of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> list[Location]:
        """Return every location, by name."""
        answer = self._line.answer(Call(method="GET", path="/v1/locations"))
        return [_location(said) for said in answer.json()["items"]]

    def get(self, name: str) -> Location:
        """Return a location; raise NotFound when there is none of that name."""
        return _location(self._line.answer(Call(method="GET", path=f"/v1/locations/{name}")).json())

    def create(self, name: str, url: str, *, key: str | None = None, **secrets: str) -> Location:
        """Make a location by its URL, sftp://user@host/folder; `secrets`: password, host_key, authority."""
        body = {"name": name, "url": url, **secrets}
        return _location(
            self._line.answer(Call(method="POST", path="/v1/locations", body=body, key=key)).json()
        )

    def update(self, name: str, *, key: str | None = None, **changes: Any) -> Location:
        """Change `url`, `password`, `host_key`, `pin_host_key` or `authority`; what is absent stays."""
        call = Call(method="PATCH", path=f"/v1/locations/{name}", body=changes, key=key)
        return _location(self._line.answer(call).json())

    def test(self, name: str) -> Trial:
        """Have a small file written, renamed and removed there."""
        answer = self._line.answer(Call(method="POST", path=f"/v1/locations/{name}/test"))
        return Trial(**known(Trial, answer.json()))

    def delete(self, name: str) -> None:
        """Delete a location that no active flow goes to, and no file is on its way to."""
        self._line.answer(Call(method="DELETE", path=f"/v1/locations/{name}"))


def _location(said: Mapping[str, Any]) -> Location:
    return Location(**{**known(Location, said), "created_at": moment(said["created_at"])})
