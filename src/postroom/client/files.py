"""Calls about files: imports, and drops for any action."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from postroom.client.calling import Call, Line
from postroom.client.import_records import Drop, Import, RefusedRow, Undone, drop_of, import_of
from postroom.client.records import known
from postroom.client.uploads import Progress, Upload

Mode = Literal["create", "add", "sync", "contacts"]


class Imports:
    """Files of contacts, and what became of them."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def start(
        self,
        file: BinaryIO,
        filename: str,
        *,
        name: str | None = None,
        description: str | None = None,
        has_header: bool | None = None,
        key: str | None = None,
        on_sent: Progress | None = None,
    ) -> Import:
        """Send a file, which fills a new list; the answer comes when it has arrived, the contacts follow.

        `on_sent` is told bytes sent and bytes in all.
        """
        header = None if has_header is None else str(has_header).lower()
        given = {"name": name, "description": description, "has_header": header}
        form = {field: value for field, value in given.items() if value is not None}
        upload = Upload(file, filename, on_sent)
        call = Call(method="POST", path="/v1/imports", form=form, upload=upload, key=key)
        return import_of(self._line.answer(call).json())

    def get(self, import_id: int) -> Import:
        """Return how an import stands; raise NotFound when there is none."""
        return import_of(self._line.answer(Call(method="GET", path=f"/v1/imports/{import_id}")).json())

    def wait(
        self,
        import_id: int,
        *,
        on_progress: Callable[[Import], None] | None = None,
        pause: Callable[[], None] = lambda: time.sleep(0.5),
    ) -> Import:
        """Return an import once it has ended; `on_progress` is told each time how it stands."""
        while True:
            found = self.get(import_id)
            if on_progress is not None:
                on_progress(found)
            if found.ended:
                return found
            pause()

    def refused(self, import_id: int) -> Iterator[RefusedRow]:
        """Yield the rows that were refused, in the order of the file."""
        for said in self._line.items(f"/v1/imports/{import_id}/refused", {}):
            yield RefusedRow(**known(RefusedRow, said))

    def report(self, import_id: int) -> bytes:
        """Return the refused rows as a CSV file to correct and send again; raise NotFound without any."""
        return self._line.answer(Call(method="GET", path=f"/v1/imports/{import_id}/report")).content


class Drops:
    """Files left for any action, by calls or in folders."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(
        self, *, state: str | None = None, action: str | None = None, newest_first: bool = False
    ) -> Iterator[Drop]:
        """Yield the account's drops in the order in which they came, read page by page."""
        query = {"state": state, "action": action, "newest_first": newest_first}
        for said in self._line.items("/v1/drops", query):
            yield drop_of(said)

    def get(self, drop_id: int) -> Drop:
        """Return a drop; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/drops/{drop_id}"))

    def upload(
        self,
        file: BinaryIO,
        filename: str,
        *,
        action: str,
        mode: Mode | None = None,
        key: str | None = None,
        on_sent: Progress | None = None,
    ) -> Drop:
        """Leave a file for an action (`import`, `optoutSMS`, `delete`, …), as in its folder."""
        form = {"action": action} | ({"mode": mode} if mode else {})
        upload = Upload(file, filename, on_sent)
        return self._one(Call(method="POST", path="/v1/drops", form=form, upload=upload, key=key))

    def file(self, drop_id: int, kind: str = "file") -> bytes:
        """Return what was sent, or the report of this kind (`errors`, `warnings`, `summary`, …)."""
        return self._line.answer(Call(method="GET", path=f"/v1/drops/{drop_id}/files/{kind}")).content

    def retry(self, drop_id: int) -> Drop:
        """Put a parked drop back in line."""
        return self._one(Call(method="POST", path=f"/v1/drops/{drop_id}/retry"))

    def release(self, drop_id: int) -> Drop:
        """Let a drop past the guard that refused it."""
        return self._one(Call(method="POST", path=f"/v1/drops/{drop_id}/release"))

    def undo(self, drop_id: int, *, dry_run: bool = False) -> Undone:
        """Take an import back, or with `dry_run` tell what that would come to."""
        call = Call(method="POST", path=f"/v1/drops/{drop_id}/undo", query={"dry_run": dry_run})
        return Undone(**known(Undone, self._line.answer(call).json()))

    def _one(self, call: Call) -> Drop:
        return drop_of(self._line.answer(call).json())
