"""`postroom flow …`: OUT flows of an account, and the runs that are their files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.flow_facts import (
    FLOW_COLUMNS,
    RUN_COLUMNS,
    flow_facts,
    run_facts,
    write_file,
)
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.errors import Refused
from postroom.outflow.naming import DEFAULT_PATTERN

if TYPE_CHECKING:
    from postroom.outflow.depot import Depot
    from postroom.store.accounts import Account
    from postroom.store.database import Connection
    from postroom.store.flows import Activation, RunState

app = typer.Typer(help="OUT flows: what happened, as files, day by day.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
FlowArgument = Annotated[str, typer.Argument(metavar="FLOW", help="A flow, such as EMAIL_OPENED.")]
RunArgument = Annotated[int, typer.Argument(metavar="RUN", help="A run, by its number.")]


@dataclass(frozen=True)
class At:
    """One account and the depot that its files go out of."""

    depot: Depot
    account: Account

    @property
    def account_id(self) -> int:
        """Return the id of the account."""
        return self.account.account_id


@contextmanager
def at_account(ctx: typer.Context, account: str, data: Path | None) -> Iterator[At]:
    """Yield an account with the depot that its files go out of."""
    from postroom.app.outflow import make_depot
    from postroom.store import accounts

    with opened(ctx, data) as postroom:
        with postroom.database.reading() as connection:
            found = accounts.account_by_name(connection, account)
        yield At(make_depot(postroom), found)


@app.command("list")
def list_(
    ctx: typer.Context,
    account: AccountArgument,
    every: Annotated[bool, typer.Option("--all", help="Also those that were never active.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the flows of an account."""
    from postroom.outflow.activating import flows_of

    with at_account(ctx, account, data) as at, at.depot.database.reading() as connection:
        known = flows_of(connection, at.account_id)
        rows = [_facts(at, connection, *each) for each in known.items() if every or each[1]]
    if as_json:
        print_json(rows)
        return
    print_table(
        FLOW_COLUMNS, rows, empty=f"Account {account} has no flow; docs/flows.md has all that there are."
    )


@app.command()
def activate(  # noqa: PLR0913, PLR0917  # each is an option of the command
    ctx: typer.Context,
    account: AccountArgument,
    flow: FlowArgument,
    at: Annotated[
        str, typer.Option(metavar="TIMES", help="Local times, such as 04:00 or 02:00,14:00; else flows_at.")
    ] = "",
    name: Annotated[
        str, typer.Option(metavar="PATTERN", help="Of the file, with {yyyyMMdd} in it.")
    ] = DEFAULT_PATTERN,
    inner: Annotated[
        str, typer.Option(metavar="PATTERN", help="Of the file within the archive.")
    ] = DEFAULT_PATTERN,
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Add a contact field; may be repeated.")
    ] = None,
    format_: Annotated[
        Literal["csv", "jsonl", "parquet"], typer.Option("--format", help="How rows are written.")
    ] = "csv",
    packing: Annotated[Literal["zip", "gzip", "none"], typer.Option(help="What is around them.")] = "zip",
    pgp: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Encrypt for the public key in this file.")
    ] = None,
    location: Annotated[str | None, typer.Option(metavar="NAME", help="Where the files are brought.")] = None,
    skip_empty: Annotated[bool, typer.Option("--skip-empty", help="No file when nothing happened.")] = False,
    spreadsheet_safe: Annotated[
        bool, typer.Option("--spreadsheet-safe", help="An apostrophe before what looks like a formula.")
    ] = False,
    manifest: Annotated[bool, typer.Option("--manifest", help="A manifest of the day beside it.")] = False,
    done: Annotated[bool, typer.Option("--done", help="A file NAME.done after it.")] = False,
    from_now: Annotated[bool, typer.Option("--from-now", help="Leave out what no file has yet.")] = False,
    backfill_from: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Begin there: a date, or a moment in ISO 8601.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Activate a flow, or change how it is active: whatever is not given is as by default."""
    from postroom.outflow import activating
    from postroom.outflow.activating import Start
    from postroom.outflow.options import Format, Options, Packing

    options = Options(
        times=tuple(word.strip() for word in at.split(",") if word.strip()),
        name=name,
        inner_name=inner,
        fields=tuple(field or ()),
        format=Format(format_),
        packing=Packing(packing),
        pgp=None if pgp is None else _read_key(pgp),
        skip_empty=skip_empty,
        spreadsheet_safe=spreadsheet_safe,
        manifest=manifest,
        done=done,
    )
    with at_account(ctx, account, data) as here:
        since = _moment(backfill_from, here.account) if backfill_from else None
        made = activating.activate(
            here.depot, here.account_id, flow, options, location=location, start=Start(from_now, since)
        )
        with here.depot.database.reading() as connection:
            facts = _facts(here, connection, flow, made)
    if as_json:
        print_json(facts)
        return
    shown = {name: facts[name] for name in ("flow", "location", "next_at", "zone")}
    print_facts({**shown, **facts["options"], "times": facts["times"]})


@app.command()
def deactivate(
    ctx: typer.Context,
    account: AccountArgument,
    flow: FlowArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make no more files of a flow; when it is activated again, it goes on where it ended."""
    from postroom.store import flows

    with at_account(ctx, account, data) as at, at.depot.database.transaction() as connection:
        flows.deactivate(connection, at.account_id, flow)
    if as_json:
        print_json({"flow": flow, "active": False})
    else:
        say(f"{flow} is not active any more.")


@app.command()
def run(
    ctx: typer.Context,
    account: AccountArgument,
    flow: FlowArgument,
    extra: Annotated[bool, typer.Option("--extra", help="Beside the file of today.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the file of today now."""
    from postroom.outflow.generating import generate
    from postroom.outflow.running import run_now

    with at_account(ctx, account, data) as at:
        run_id = run_now(at.depot, at.account_id, flow, extra=extra)
        generate(at.depot, at.account_id, run_id)
        _show_run(at, run_id, as_json=as_json)


@app.command()
def resend(
    ctx: typer.Context,
    account: AccountArgument,
    run_id: RunArgument,
    location: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where to; else where the flow's files go now.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the same bytes to their location again, or to another one."""
    from postroom.outflow import running

    fetch_by = f"`postroom flow runs {account} --fetch {run_id}`"
    with at_account(ctx, account, data) as at:
        running.resend(at.depot, at.account_id, run_id, location=location, fetch_by=fetch_by)
        _show_run(at, run_id, as_json=as_json)


@app.command()
def regenerate(
    ctx: typer.Context,
    account: AccountArgument,
    run_id: RunArgument,
    suffix: Annotated[bool, typer.Option("--suffix", help="Under another name: _r2 and so on.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the file of the same window anew."""
    from postroom.outflow import running
    from postroom.outflow.generating import generate

    with at_account(ctx, account, data) as at:
        running.regenerate(at.depot, at.account_id, run_id, suffix=suffix)
        generate(at.depot, at.account_id, run_id)
        _show_run(at, run_id, as_json=as_json)


@app.command()
def backfill(
    ctx: typer.Context,
    account: AccountArgument,
    flow: FlowArgument,
    first: Annotated[str, typer.Option("--from", metavar="WHEN", help="A date, or a moment in ISO 8601.")],
    last: Annotated[str, typer.Option("--to", metavar="WHEN", help="Up to there, exclusive.")],
    by: Annotated[
        Literal["event", "recorded"], typer.Option(help="By when it happened, or was recorded.")
    ] = "recorded",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a file of older rows under a name of its own; no window moves by that."""
    from postroom.outflow import running
    from postroom.outflow.generating import generate

    with at_account(ctx, account, data) as at:
        moments = (_moment(first, at.account), _moment(last, at.account))
        run_id = running.backfill(at.depot, at.account_id, flow, *moments, by=by)
        generate(at.depot, at.account_id, run_id)
        _show_run(at, run_id, as_json=as_json)


@app.command()
def runs(  # noqa: PLR0913, PLR0917  # each is an option of the command
    ctx: typer.Context,
    account: AccountArgument,
    flow: Annotated[str | None, typer.Option(metavar="FLOW", help="Only those of this flow.")] = None,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="Only those in this state, such as FAILED.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most runs to show.")] = 50,
    fetch: Annotated[int | None, typer.Option(metavar="RUN", help="Fetch the file of this run.")] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where the file goes; - for standard output.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first, or fetch the file of one."""
    from postroom.outflow.catalogue import flow_named
    from postroom.store import flows

    if flow is not None:
        flow_named(flow)
    with at_account(ctx, account, data) as at:
        if fetch is not None:
            _fetch(at, fetch, to, as_json=as_json)
            return
        with at.depot.database.reading() as connection:
            found = flows.runs_of_account(
                connection, at.account_id, flow=flow, state=_state(state), limit=limit
            )
    rows = [run_facts(each) for each in found]
    if as_json:
        print_json(rows)
        return
    print_table(RUN_COLUMNS, rows, empty=f"Account {account} has no run.")


def _fetch(at: At, run_id: int, to: Path | None, *, as_json: bool) -> None:
    from postroom.store import flows

    with at.depot.database.reading() as connection:
        found = flows.run_by_id(connection, at.account_id, run_id)
    target = write_file(at.depot.blobs, found, to)
    if target is None:
        return
    if as_json:
        print_json({**run_facts(found), "path": target})
    else:
        say(f"{target}: {found.size} bytes, SHA-256 {found.sha256}.")


def _state(text: str | None) -> RunState | None:
    from postroom.store.flows import RunState

    if text is None:
        return None
    try:
        return RunState(text.upper())
    except ValueError:
        raise Refused(
            f"There is no state '{text[:20]}'. There are {', '.join(RunState)}.", code="BAD_STATE"
        ) from None


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(
            f"{path} is no armoured key: export it with `gpg --armor --export`.", code="BAD_KEY"
        ) from None
    except OSError as wrong:
        raise Refused(f"{path} cannot be read: {wrong.strerror}.", code="BAD_KEY") from None


def _moment(text: str, account: Account) -> datetime:
    """Read a date, which begins in the zone of the account, or a moment."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(account.settings.time_zone)
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Refused(f"'{text}' is no date such as 2026-03-04 and no moment.", code="BAD_PERIOD") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _facts(at: At, connection: Connection, flow: str, activation: Activation | None) -> dict[str, Any]:
    from postroom.outflow.planning import next_file

    coming = None
    if activation is not None:
        coming = next_file(connection, at.account, activation, now=at.depot.clock())
    return flow_facts(flow, activation, at.account, next_at=coming)


def _show_run(at: At, run_id: int, *, as_json: bool) -> None:
    from postroom.store import flows

    with at.depot.database.reading() as connection:
        found = run_facts(flows.run_by_id(connection, at.account_id, run_id))
    if as_json:
        print_json(found)
    else:
        print_facts(found)
