"""`postroom partner …`: files of people that campaigns made for partners, and who fetched them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say

if TYPE_CHECKING:
    from postroom.store.partner_files import PartnerFile

app = typer.Typer(help="Files for partners: print, social audiences, call centers.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]

_COLUMNS = {
    "id": "Id",
    "name": "File",
    "people": "People",
    "left_out": "Left out",
    "ready_at": "Ready",
    "downloads": "Fetched",
    "downloaded_by": "Last by",
    "removed_at": "Removed",
}


@app.command("list")
def list_(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: Annotated[int | None, typer.Option(metavar="ID", help="Only those of this campaign.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most files to show.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the files for partners of an account, newest first."""
    from postroom.store import accounts, partner_files

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = partner_files.partner_files_page(connection, owner, campaign_id=campaign, limit=limit)
        count = partner_files.count_partner_files(connection, owner, campaign_id=campaign)
    plain = [_plain(each) for each in found]
    if as_json:
        print_json(plain)
        return
    print_table(_COLUMNS, plain, empty=f"Account {account} has no file for a partner.")
    if count > len(found):
        say(f"… and {count - len(found)} more (--limit N shows more).")


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    file_id: Annotated[int, typer.Argument(metavar="ID", help="The file, by its id.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is known of a file: for whom, of how many people, how often it was fetched wholly."""
    from postroom.store import accounts, partner_files

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        plain = _plain(partner_files.partner_file_by_id(connection, owner, file_id))
    if as_json:
        print_json(plain)
    else:
        print_facts(plain)


def _plain(file: PartnerFile) -> dict[str, Any]:
    return {
        "id": file.partner_file_id,
        "name": file.name,
        "batch_id": str(file.batch_id),
        "campaign_id": file.campaign_id,
        "channel": file.channel.value,
        "login": file.login,
        "size": file.size,
        "people": file.people,
        "left_out": file.left_out,
        "ready_at": file.ready_at,
        "downloads": file.downloads,
        "downloaded_at": file.downloaded_at,
        "downloaded_by": file.downloaded_by,
        "removed_at": file.removed_at,
    }
