"""OUT flows and their runs as /v1 spells them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from postroom.outflow.naming import DEFAULT_PATTERN
from postroom.outflow.options import Format, Options, Packing
from postroom.store.flows import RunState
from postroom.web.api.operations.flows import By, KnownFlow
from postroom.web.api.operations.flows import Run as FlowRun
from postroom.web.api.v1.models import Optional, Read, Written


def _moment(said: object) -> object:
    """Read what JSON has as a text; all else is not taken for a moment."""
    return datetime.fromisoformat(said) if isinstance(said, str) else said


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
TimeOfDay = Annotated[str, StringConstraints(min_length=5, max_length=8)]


class FlowColumn(Read):
    """A column of a flow's files."""

    name: str
    kind: str = Field(description="text, integer, decimal, boolean, date, moment or multi")
    length: int | None = Field(description="Most characters of a text.")
    never_null: bool
    values: list[str] = Field(description="All there are of an enumeration, else none.")


class FlowOptions(Read):
    """How a flow is exported."""

    times: list[str] = Field(description="Local times; none for the account's own.")
    name: str
    inner_name: str
    fields: list[str] = Field(description="Contact fields that are added.")
    format: Format
    packing: Packing
    encrypted: bool = Field(description="Whether files are encrypted by PGP.")
    skip_empty: bool
    spreadsheet_safe: bool
    manifest: bool
    done: bool


class Flow(Read):
    """A flow, and how the account has it."""

    flow: str
    title: str
    active: bool
    options: FlowOptions | None = Field(description="Null when it was never active.")
    location: str | None
    next_at: datetime | None = Field(description="When its next file is due; null when it is not active.")
    columns: list[FlowColumn]


class Flows(Read):
    """All flows."""

    items: list[Flow]


class NewFlowOptions(Written):
    """How a flow is to be exported: what is left out is as by default."""

    times: list[TimeOfDay] = Field(default_factory=list, max_length=48)
    name: Pattern = DEFAULT_PATTERN
    inner_name: Pattern = DEFAULT_PATTERN
    fields: list[Word] = Field(default_factory=list, max_length=50)
    format: Literal["csv", "jsonl", "parquet"] = "csv"
    packing: Literal["zip", "gzip", "none"] = "zip"
    pgp: Annotated[str, StringConstraints(min_length=1, max_length=100_000)] | None = None
    skip_empty: bool = False
    spreadsheet_safe: bool = False
    manifest: bool = False
    done: bool = False
    location: Word | None = None

    def options(self) -> Options:
        """Return what flows are exported by; raise Refused when something cannot be."""
        plain = self.model_dump(exclude={"location"})
        return Options.from_json(plain)


class NewRun(Written):
    """A file to be made now: of today, `extra` beside it, or of older rows between two moments."""

    extra: bool = False
    since: Moment | None = None
    until: Moment | None = None
    by: By = "recorded"


class ResendQuery(BaseModel):
    """Where to."""

    model_config = ConfigDict(extra="forbid")

    location: Optional[Word] = Field(
        default=None, description="Another location than that to which the flow's files go now."
    )


class Regenerating(Written):
    """How a file is made anew."""

    suffix: bool = False


class Run(Read):
    """One file of one day."""

    id: int
    flow: str
    date: date
    extra: str = Field(description="Empty for the file of the day.")
    state: RunState = Field(
        description="One that is made anew is PLANNED; all else is of the former file until then."
    )
    file: str
    rows: int | None
    left_out: int | None = Field(description="Events of contacts who are gone.")
    size: int | None = Field(description="Bytes")
    sha256: str | None
    revision: int
    from_seq: int
    to_seq: int
    scheduled_at: datetime
    cut_at: datetime
    generated_at: datetime | None
    published_at: datetime | None
    location: str | None
    tries: int = Field(description="How often it was tried to make the file or, once made, to deliver it.")
    next_at: datetime | None = Field(description="When it is tried again; null when that is not planned.")
    failure: str | None = Field(description="Why the last try failed; null when none did.")
    remarks: dict[str, int] = Field(
        description="How often values were cut (cut) or no number (not_a_number), fields gone (field_gone)."
    )


class Runs(Read):
    """A page of runs, the newest first."""

    items: list[Run]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


def flow_of(known: KnownFlow) -> Flow:
    """Return a flow as it is told; a key itself is not."""
    activation = known.activation
    return Flow(
        flow=known.flow.flow_id,
        title=known.flow.title,
        active=activation is not None and activation.active,
        options=_options_of(Options.from_json(activation.options)) if activation else None,
        location=activation.location if activation else None,
        next_at=known.next_at,
        columns=[
            FlowColumn(
                name=each.name,
                kind=each.column.kind.value,
                length=each.column.length,
                never_null=each.never_null,
                values=list(each.values),
            )
            for each in known.flow.columns
        ],
    )


def run_of(run: FlowRun) -> Run:
    """Return a run as it is told."""
    told = {name: getattr(run, name) for name in run.__slots__}
    named = {
        "id": run.run_id,
        "date": run.local_date,
        "file": run.file_name,
        "remarks": dict(run.remarks or {}),
    }
    return Run(**{name: {**told, **named}[name] for name in Run.model_fields})


def _options_of(options: Options) -> FlowOptions:
    plain = {**options.as_json(), "encrypted": options.pgp is not None}
    return FlowOptions(**{name: plain[name] for name in FlowOptions.model_fields})
