"""`postroom dispatch …`: which accounts a login may write into, and by which references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.dispatch import checked_reference
from postroom.contacts.errors import Missing

if TYPE_CHECKING:
    from postroom.store.database import Connection

app = typer.Typer(help="Dispatch: files for several accounts, and whom their references mean.")

LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN", help="The login that sends the files.")]
ReferenceArgument = Annotated[
    str, typer.Argument(metavar="REFERENCE", help="What stands in the column dispatch, such as AO201.")
]


@app.command("set")
def set_(
    ctx: typer.Context,
    login: LoginArgument,
    reference: ReferenceArgument,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account that is meant.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a login write into an account under a reference.

    From its first reference on, all files of the login are for several accounts.
    """
    from postroom.store import accounts, dispatch

    shown = checked_reference(reference)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        _check_login(connection, login)
        meant = accounts.account_by_name(connection, account)
        dispatch.set_reference(connection, login, shown, account_id=meant.account_id)
    if as_json:
        print_json({"login": login, "reference": shown, "account": account})
    else:
        say(f"Rows of login {login} under {shown} go to account {account}.")


@app.command("list")
def list_(
    ctx: typer.Context,
    login: Annotated[str | None, typer.Option("--login", metavar="LOGIN", help="Only this login's.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the references of all logins, or of one."""
    from postroom.store import dispatch

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        if login is not None:
            _check_login(connection, login)
        found = dispatch.all_references(connection, login)
    rows = [
        {"login": row["login"], "reference": row["reference"], "account": row["account_name"]}
        for row in found
    ]
    if as_json:
        print_json(rows)
        return
    columns = {"login": "Login", "reference": "Reference", "account": "Account"}
    print_table(columns, rows, empty="No login sends files for several accounts.")


@app.command()
def remove(
    ctx: typer.Context,
    login: LoginArgument,
    reference: ReferenceArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let rows under a reference be refused again.

    After its last reference a login's files are for its own account alone.
    """
    from postroom.store import dispatch

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        _check_login(connection, login)
        dispatch.remove_reference(connection, login, reference)
    if as_json:
        print_json({"login": login, "reference": reference, "account": None})
    else:
        say(f"Login {login} means no account by {reference} any more.")


def _check_login(connection: Connection, login: str) -> None:
    from postroom.store import logins

    if logins.login_by_name(connection, login) is None:
        raise Missing(f"There is no login named '{login}'.", code="NO_LOGIN")
