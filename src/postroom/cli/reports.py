"""`postroom report …`: the daily reports of campaigns, as they stand in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from postroom.store.database import Connection

app = typer.Typer(help="Daily reports: who opened, clicked and opted out.")

_NONE = (
    "There are no reports: nothing has happened for seven days, or it is not told yet, which"
    " `postroom report write {account}` does at once."
)

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account that they are of.")]


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List an account's reports, the oldest day first."""
    from postroom.store.accounts import account_by_name

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        rows = _reports(connection, account_by_name(connection, account).account_id)
    if as_json:
        print_json(rows)
        return
    columns = {"day": "Day", "name": "Name", "size": "Bytes", "final": "Final", "written_at": "Written"}
    print_table(columns, rows, empty=_NONE.format(account=account))


@app.command()
def write(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Write the reports of an account that are due, as the worker does every ten minutes."""
    from postroom.app.outflow import make_depot
    from postroom.outflow.reports.reporting import report
    from postroom.store.accounts import account_by_name

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            account_id = account_by_name(connection, account).account_id
        days = report(make_depot(postroom), account_id)
    if as_json:
        print_json({"account": account, "days": days})
        return
    why = "" if days else " Nothing new has happened, or today was told less than an hour ago."
    say(f"Reports of {days} {'day' if days == 1 else 'days'} were written.{why}")


def _reports(connection: Connection, account_id: int) -> list[dict[str, Any]]:
    from postroom.dialects.folders.reporting import directory_of_day
    from postroom.store import files, reports

    days = reports.reported_days(connection, account_id)
    known = reports.known_days(connection, account_id, days[0]) if days else {}
    return [
        {
            "day": day.isoformat(),
            "name": file.name,
            "size": file.size,
            "final": known[day].closed,
            "written_at": file.modified_at,
        }
        for day in days
        for file in files.files_in(connection, account_id, directory_of_day(day))
    ]
