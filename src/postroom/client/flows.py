"""Calls about OUT flows, their runs and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowColumn:
    """A column of a flow's files; `values` are all there are of an enumeration."""

    name: str
    kind: str
    length: int | None
    never_null: bool
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow, and how the account has it: `options` is None when it was never active."""

    flow: str
    title: str
    active: bool
    options: Mapping[str, Any] | None
    location: str | None
    next_at: datetime | None
    columns: Sequence[FlowColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRun:
    """One file of one day; `extra` is empty for the file of the day itself."""

    id: int
    flow: str
    date: date
    extra: str
    state: str
    file: str
    rows: int | None
    left_out: int | None
    size: int | None
    sha256: str | None
    revision: int
    from_seq: int
    to_seq: int
    scheduled_at: datetime
    cut_at: datetime
    generated_at: datetime | None
    published_at: datetime | None
    location: str | None
    tries: int
    next_at: datetime | None
    failure: str | None
    remarks: Mapping[str, int]


class Flows:
    """The OUT flows of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> list[Flow]:
        """Return every flow that there is, active or not."""
        answer = self._line.answer(Call(method="GET", path="/v1/flows"))
        return [_flow(said) for said in answer.json()["items"]]

    def get(self, flow: str) -> Flow:
        """Return a flow; raise NotFound when there is none of that name."""
        return _flow(self._line.answer(Call(method="GET", path=f"/v1/flows/{flow}")).json())

    def activate(self, flow: str, *, key: str | None = None, **options: Any) -> Flow:
        """Activate a flow, or change how it is active; options that are left out are as by default."""
        call = Call(method="PUT", path=f"/v1/flows/{flow}", body=options, key=key)
        return _flow(self._line.answer(call).json())

    def deactivate(self, flow: str) -> Flow:
        """Have no more files of a flow made."""
        return _flow(self._line.answer(Call(method="POST", path=f"/v1/flows/{flow}/deactivate")).json())

    def runs(self, flow: str, *, state: str | None = None) -> Iterator[FlowRun]:
        """Yield the runs of a flow, or those in one state, the newest first, read page by page."""
        for said in self._line.items(f"/v1/flows/{flow}/runs", {"state": state} if state else {}):
            yield _run(said)

    def run(self, flow: str, run_id: int) -> FlowRun:
        """Return a run; raise NotFound when there is none."""
        return _run(self._line.answer(Call(method="GET", path=f"/v1/flows/{flow}/runs/{run_id}")).json())

    def start(self, flow: str, *, extra: bool = False, key: str | None = None) -> FlowRun:
        """Have the file of today made now, or one beside it."""
        call = Call(method="POST", path=f"/v1/flows/{flow}/runs", body={"extra": extra}, key=key)
        return _run(self._line.answer(call).json())

    def backfill(
        self, flow: str, since: datetime, until: datetime, *, by: str = "recorded", key: str | None = None
    ) -> FlowRun:
        """Have a file made of older rows, by when they were `recorded` or by `event`."""
        body = {"since": since.isoformat(), "until": until.isoformat(), "by": by}
        call = Call(method="POST", path=f"/v1/flows/{flow}/runs", body=body, key=key)
        return _run(self._line.answer(call).json())

    def fetch(self, flow: str, run_id: int) -> bytes:
        """Return the file of a run; raise Conflict when it is not made yet, or not kept any more."""
        call = Call(method="GET", path=f"/v1/flows/{flow}/runs/{run_id}/file")
        return self._line.answer(call).content

    def resend(self, flow: str, run_id: int, *, location: str | None = None) -> FlowRun:
        """Have the same bytes brought to `location` again, else to where the flow's files go."""
        query = {"location": location} if location is not None else None
        call = Call(method="POST", path=f"/v1/flows/{flow}/runs/{run_id}/resend", query=query)
        return _run(self._line.answer(call).json())

    def regenerate(self, flow: str, run_id: int, *, suffix: bool = False) -> FlowRun:
        """Have the file of the same window made anew."""
        path = f"/v1/flows/{flow}/runs/{run_id}/regenerate"
        return _run(self._line.answer(Call(method="POST", path=path, body={"suffix": suffix})).json())


def _flow(said: Mapping[str, Any]) -> Flow:
    columns = [FlowColumn(**known(FlowColumn, each)) for each in said["columns"]]
    next_at = moment(said["next_at"]) if said["next_at"] else None
    return Flow(**{**known(Flow, said), "next_at": next_at, "columns": columns})


def _run(said: Mapping[str, Any]) -> FlowRun:
    told = ("scheduled_at", "cut_at", "generated_at", "published_at", "next_at")
    moments = {name: moment(said[name]) if said[name] else None for name in told}
    return FlowRun(**{**known(FlowRun, said), **moments, "date": date.fromisoformat(said["date"])})
