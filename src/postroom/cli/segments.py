"""`postroom segment …`: saved filters of contacts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say

app = typer.Typer(help="Segments: saved filters of contacts.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
SegmentArgument = Annotated[str, typer.Argument(metavar="SEGMENT", help="A segment, by name or id.")]

_COLUMNS = {"name": "Name", "id": "Id", "filter": "Filter", "updated_at": "Updated"}


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the segments of an account."""
    from postroom.store import accounts, segments

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        rows = [segments.segment_facts(each) for each in segments.segments_of_account(connection, owner)]
    if as_json:
        print_json(rows)
    else:
        print_table(_COLUMNS, rows, empty=f"Account {account} has no segment.")


@app.command()
def create(
    ctx: typer.Context,
    account: AccountArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    text: Annotated[str, typer.Argument(metavar="FILTER", help="Such as: city = Paris and custom_age > 30")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save a filter under a name."""
    from postroom.store import accounts, segments

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        made = segments.create_segment(
            connection, owner.account_id, owner.settings, name, text, now=datetime.now(UTC)
        )
    facts = segments.segment_facts(made)
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    segment: SegmentArgument,
    of: Annotated[
        str | None, typer.Option("--list", metavar="LIST", help="Count on this list, by name or id.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a segment, and for how many contacts it holds now."""
    from postroom.store import accounts, lists, segments

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        found = segments.segment_named(connection, owner.account_id, segment)
        list_id = lists.list_named(connection, owner.account_id, of).list_id if of is not None else None
        compiled = segments.compile_filter(found.filter, owner.settings)
        count = segments.count_segment(connection, owner.account_id, compiled, list_id=list_id)
    facts = {**segments.segment_facts(found), "contacts": count}
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    segment: SegmentArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a segment that no campaign still to be launched uses."""
    from postroom.store import accounts, segments

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = segments.segment_named(connection, owner, segment)
        segments.delete_segment(connection, owner, found.segment_id)
    if as_json:
        print_json({"id": found.segment_id, "name": found.name})
    else:
        say(f"Segment {found.name} is deleted.")
