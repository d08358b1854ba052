"""`postroom goal …`: what people are hoped to do on a site after they were written to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.goals import GoalKind

if TYPE_CHECKING:
    from postroom.app.bootstrap import Postroom
    from postroom.store.goals import Goal

app = typer.Typer(help="Goals: visits and orders on a site, put down to the campaigns that led there.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
GoalArgument = Annotated[str, typer.Argument(metavar="GOAL", help="A goal, by its name or id.")]

_COLUMNS = {"id": "Id", "name": "Name", "kind": "Kind", "patterns": "Pages"}


@app.command()
def create(
    ctx: typer.Context,
    account: AccountArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    kind: Annotated[GoalKind, typer.Option(help="What reaches it.")] = GoalKind.WEBVISIT,
    page: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="A page, such as https://shop.example.com/thanks*; several."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a goal."""
    from postroom.store import accounts, goals

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        made = goals.create_goal(connection, owner, name, kind, page or [], now=datetime.now(UTC))
        site = _site(postroom, owner)
    _show(made, site, as_json=as_json)


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the goals of an account."""
    from postroom.store import accounts, goals

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        plain = [_plain(each, _site(postroom, owner)) for each in goals.goals_of_account(connection, owner)]
    if as_json:
        print_json(plain)
    else:
        print_table(_COLUMNS, plain, empty=f"Account {account} has no goal.")


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    goal: GoalArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a goal, and what its site has on its pages."""
    from postroom.store import accounts, goals

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = goals.goal_named(connection, owner, goal)
        site = _site(postroom, owner)
        url = postroom.settings.tracking_url or postroom.settings.http_url or "https://news.example.com"
    _show(found, site, as_json=as_json)
    if not as_json:
        say("")
        say(f'<script src="{url}/t/g.js" data-site="{site}" defer></script>')


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    goal: GoalArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a goal; what reached it stays told."""
    from postroom.store import accounts, goals

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = goals.goal_named(connection, owner, goal)
        goals.delete_goal(connection, owner, found.goal_id)
    if as_json:
        print_json({"goal": found.name})
    else:
        say(f"Goal {found.name} is deleted.")


def _site(postroom: Postroom, account_id: int) -> str:
    from postroom.sending.goals.visitors import Visitors

    return Visitors(postroom.room.sealer).site(account_id)


def _show(goal: Goal, site: str, *, as_json: bool) -> None:
    plain = _plain(goal, site)
    if as_json:
        print_json(plain)
    else:
        print_facts(plain)


def _plain(goal: Goal, site: str) -> dict[str, Any]:
    return {
        "id": goal.goal_id,
        "name": goal.name,
        "kind": goal.kind.value,
        "patterns": list(goal.patterns),
        "site": site,
        "created_at": goal.created_at,
    }
