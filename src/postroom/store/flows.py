"""OUT flows of accounts: which are active, up to where they were exported, and the ledger of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from postroom.contacts.errors import Missing
from postroom.contacts.events import Cut, EventType
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("flows")


class RunState(StrEnum):
    """Where a run is (specs, OUT flows 3.5)."""

    PLANNED = "PLANNED"
    """Its window belongs to it for ever; the file is not there yet."""
    SKIPPED = "SKIPPED"
    """Nothing happened, and the flow has no file then."""
    GENERATED = "GENERATED"
    UPLOADED_TMP = "UPLOADED_TMP"
    """The bytes are at the location, under another name."""
    PUBLISHED = "PUBLISHED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two events and between two acts: all up to there is in files, or will never be."""

    seq: int
    seq_at: datetime | None
    act: int


@dataclass(frozen=True, slots=True)
class Activation:
    """A flow that an account has, or had; `options` are those of `outflow.options`."""

    flow: str
    active: bool
    options: Mapping[str, Any]
    location: str | None
    questions: Sequence[str]
    place: Place
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """An active flow, of whatever account."""

    account_id: int
    flow: str
    options: Mapping[str, Any]
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A run to be: the day and extra that name it, its window, and what its file is made by."""

    flow: str
    local_date: date
    extra: str
    plan: Mapping[str, Any]
    location: str | None
    after: Place
    up_to: Place
    scheduled_at: datetime
    cut_at: datetime
    file_name: str


@dataclass(frozen=True, slots=True)
class Run:
    """One file of one day. `sha256` and `size` are of the file as it is delivered."""

    account_id: int
    run_id: int
    flow: str
    local_date: date
    extra: str
    state: RunState
    plan: Mapping[str, Any]
    location: str | None
    from_seq: int
    to_seq: int
    from_at: datetime | None
    to_at: datetime | None
    from_act: int
    to_act: int
    scheduled_at: datetime
    cut_at: datetime
    file_name: str
    revision: int
    attempts: int
    rows: int | None
    left_out: int | None
    remarks: Mapping[str, int] | None
    size: int | None
    sha256: str | None
    blob_key: str | None
    generated_at: datetime | None
    published_at: datetime | None
    failure: str | None
    tries: int
    """How often it was tried to make the file or, once it is there, to bring it to its location."""
    tried_since: datetime | None
    next_at: datetime | None
    leased_until: datetime | None
    anew: Mapping[str, Any] | None
    """While a file is made anew: `plan`, `file_name` and `location` of the new one, `state` of the former."""

    @property
    def to_be_made(self) -> Run:
        """Return it with the plan and the name of the file that is to be made."""
        if self.anew is None:
            return self
        return replace(self, plan=self.anew["plan"], file_name=self.anew["file_name"])


def lock_activation(connection: Connection, account_id: int, flow: str) -> Activation | None:
    """Return the activation of a flow, None when there never was one; nobody else plans it meanwhile."""
    row = connection.execute(_SQL["lock_activation"], {"account_id": account_id, "flow": flow}).fetchone()
    return _activation(row) if row else None


def activations_of_account(connection: Connection, account_id: int) -> list[Activation]:
    """Return the flows that an account has or had, by name."""
    rows = connection.execute(_SQL["activations_of_account"], {"account_id": account_id})
    return [_activation(row) for row in rows]


def active_flows(connection: Connection) -> list[Due]:
    """Return every active flow of every account."""
    return [Due(**row) for row in connection.execute(_SQL["active_flows"])]


def put_activation(  # the row as it is to be, all by name
    connection: Connection,
    account_id: int,
    flow: str,
    *,
    options: Mapping[str, Any],
    location: str | None,
    place: Place,
    now: datetime,
) -> None:
    """Activate a flow, or change how it is active; its next window begins at `place`."""
    parameters = {
        "account_id": account_id,
        "flow": flow,
        "options": Jsonb(dict(options)),
        "location": location,
        "seq": place.seq,
        "seq_at": place.seq_at,
        "act": place.act,
        "now": now,
    }
    connection.execute(_SQL["put_activation"], parameters)


def deactivate(connection: Connection, account_id: int, flow: str) -> None:
    """Plan no more files of a flow; raise Missing when it is not active."""
    found = connection.execute(_SQL["deactivate"], {"account_id": account_id, "flow": flow}).fetchone()
    if found is None:
        raise Missing(f"The flow {flow} is not active.", code="NOT_ACTIVE")


def move_on(
    connection: Connection, account_id: int, flow: str, place: Place, questions: Sequence[str]
) -> None:
    """Let the next window of a flow begin at a place; the caller holds the activation."""
    parameters = {
        "account_id": account_id,
        "flow": flow,
        "seq": place.seq,
        "seq_at": place.seq_at,
        "act": place.act,
        "questions": list(questions),
    }
    connection.execute(_SQL["move_on"], parameters)


def place_now(connection: Connection, account_id: int, cut: Cut) -> Place:
    """Return up to where all can be read: the cut of the events, and that of the consent ledger.

    Acts are begun under the lock of their account, so their ids are in the order of commits.
    """
    row = connection.execute(_SQL["last_act"], {"account_id": account_id}).fetchone()
    assert row is not None  # an aggregate always answers
    return Place(cut.seq, cut.at, row["act"])


def place_before(connection: Connection, account_id: int, moment: datetime) -> Place:
    """Return the place before all that was recorded from a moment on."""
    parameters = {"account_id": account_id, "moment": moment, "types": [each.value for each in EventType]}
    event = connection.execute(_SQL["seq_before"], parameters).fetchone()
    act = connection.execute(_SQL["act_before"], parameters).fetchone()
    assert act is not None  # an aggregate always answers
    if event is None:
        return Place(0, None, act["act"])
    return Place(event["seq"], event["recorded_at"], act["act"])


def questions_between(
    connection: Connection, account_id: int, survey: str, *, after: int, up_to: int
) -> list[str]:
    """Return the technical names of questions that a survey's events answer, in the order they came up."""
    parameters = {"account_id": account_id, "survey": survey, "after": after, "up_to": up_to}
    return [row["name"] for row in connection.execute(_SQL["questions_between"], parameters)]


def plan_run(connection: Connection, account_id: int, planned: Planned) -> int | None:
    """Write a run down; return its id, None when the flow has a run of this day and extra already."""
    parameters = {
        "account_id": account_id,
        "flow": planned.flow,
        "local_date": planned.local_date,
        "extra": planned.extra,
        "plan": Jsonb(dict(planned.plan)),
        "location": planned.location,
        "from_seq": planned.after.seq,
        "to_seq": planned.up_to.seq,
        "from_at": planned.after.seq_at,
        "to_at": planned.up_to.seq_at,
        "from_act": planned.after.act,
        "to_act": planned.up_to.act,
        "scheduled_at": planned.scheduled_at,
        "cut_at": planned.cut_at,
        "file_name": planned.file_name,
    }
    row = connection.execute(_SQL["plan_run"], parameters).fetchone()
    return int(row["run_id"]) if row else None


def has_run(connection: Connection, account_id: int, flow: str, local_date: date, extra: str) -> bool:
    """Tell whether a flow has a run of this day and extra."""
    parameters = {"account_id": account_id, "flow": flow, "local_date": local_date, "extra": extra}
    row = connection.execute(_SQL["has_run"], parameters).fetchone()
    return bool(row and row["found"])


def name_taken(connection: Connection, account_id: int, file_name: str, *, run_id: int = 0) -> bool:
    """Tell whether another run than `run_id` has a file of that name."""
    parameters = {"account_id": account_id, "file_name": file_name, "run_id": run_id}
    row = connection.execute(_SQL["name_taken"], parameters).fetchone()
    return bool(row and row["taken"])


def run_by_id(
    connection: Connection, account_id: int, run_id: int, *, flow: str | None = None, lock: bool = False
) -> Run:
    """Return a run, which nobody else changes where it is locked.

    Raises Missing when there is none, or `flow` is named and it is of another.
    """
    statement = _SQL["lock_run" if lock else "run_by_id"]
    row = connection.execute(statement, {"account_id": account_id, "run_id": run_id}).fetchone()
    if row is None or flow not in {None, row["flow"]}:
        raise Missing(f"There is no run {run_id}.", code="NO_RUN")
    return run_of(row)


def runs_of_account(
    connection: Connection,
    account_id: int,
    *,
    flow: str | None = None,
    state: RunState | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Run]:
    """Return runs, the newest first: of one flow or state, older than run `before`, where asked for."""
    parameters = {"account_id": account_id, "flow": flow, "state": state, "before": before, "limit": limit}
    return [run_of(row) for row in connection.execute(_SQL["runs_of_account"], parameters)]


def count_runs(
    connection: Connection, account_id: int, *, flow: str | None = None, state: RunState | None = None
) -> int:
    """Count the runs of an account, of one flow or state where asked for."""
    parameters = {"account_id": account_id, "flow": flow, "state": state}
    row = connection.execute(_SQL["count_runs"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["runs"])


def runs_of_day(
    connection: Connection, account_id: int, local_date: date, locations: Sequence[str] | None
) -> list[Run]:
    """Return the runs of a day whose files were made, by flow: for these locations, or for none at all."""
    named = None if locations is None else list(locations)
    parameters = {"account_id": account_id, "local_date": local_date, "locations": named}
    return [run_of(row) for row in connection.execute(_SQL["runs_of_day"], parameters)]


def send_again(connection: Connection, account_id: int, run_id: int, location: str) -> None:
    """Have the bytes of a run brought to a location again."""
    parameters = {"account_id": account_id, "run_id": run_id, "location": location}
    connection.execute(_SQL["send_again"], parameters)


def forget_bytes(connection: Connection, account_id: int, *, before: datetime) -> list[str]:
    """Let go of files made before a moment that are not on their way; return the keys of their blobs."""
    rows = connection.execute(_SQL["forget_bytes"], {"account_id": account_id, "before": before})
    return [row["blob_key"] for row in rows]


def _activation(row: Mapping[str, Any]) -> Activation:
    place = Place(row["seq"], row["seq_at"], row["act"])
    names = ("flow", "active", "options", "location", "questions", "activated_at")
    return Activation(place=place, **{name: row[name] for name in names})


def run_of(row: Mapping[str, Any]) -> Run:
    """Return the run that a row is."""
    return Run(**{**row, "state": RunState(row["state"])})
