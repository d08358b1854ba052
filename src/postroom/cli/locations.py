"""`postroom location …`: where the files of OUT flows are brought to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption
from postroom.cli.flows import AccountArgument, at_account
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.cli.passwords import password_from_stdin
from postroom.contacts.errors import Refused

if TYPE_CHECKING:
    from postroom.store.locations import Location

app = typer.Typer(help="Locations: where the files of OUT flows are brought to.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The location's name.")]
_URL = "sftp://user@host/folder, ftps://… (port 21), ftps-implicit://… (990), or hosted."
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from one line of standard input.")
]
HostKeyOption = Annotated[
    str | None, typer.Option(metavar="LINE", help="The SSH key that the server must have.")
]
AuthorityOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Who signs its certificate (PEM)."),
]


@app.command()
def create(  # noqa: PLR0913, PLR0917  # each is an option of the command
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help=_URL)],
    password_stdin: PasswordOption = False,
    host_key: HostKeyOption = None,
    authority: AuthorityOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a location. SFTP without a password gets a key of ours, whose public half is shown.

    Without --host-key the SSH key that the server shows now is pinned: compare the fingerprint.
    """
    from postroom.outflow import locations

    wanted = replace(
        locations.wanted_by_url(name, url),
        password=password_from_stdin() if password_stdin else None,
        host_key=host_key,
        authority=_text_of(authority),
    )
    with at_account(ctx, account, data) as at:
        made = locations.create(at.depot, at.account_id, wanted)
    _show(account, made, as_json=as_json)


@app.command()
def change(  # noqa: PLR0913, PLR0917  # each is an option of the command
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help=_URL, show_default=False)] = None,
    password_stdin: PasswordOption = False,
    host_key: HostKeyOption = None,
    pin_host_key: Annotated[
        bool, typer.Option("--pin-host-key", help="Pin the SSH key that the server shows now.")
    ] = False,
    authority: AuthorityOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a location: what is not given stays. Flows that go there go on.

    With a URL of another server or user, the password must be given again; a key of ours is taken along.
    """
    from postroom.outflow.relocating import Changes
    from postroom.outflow.relocating import change as change_location

    changes = Changes(
        url=url,
        password=password_from_stdin() if password_stdin else None,
        host_key=host_key,
        pin_host_key=pin_host_key,
        authority=_text_of(authority),
    )
    if changes == Changes():
        raise Refused(
            "Say what is to change: a URL, --password-stdin, --host-key, --pin-host-key or --authority.",
            code="BAD_LOCATION",
        )
    with at_account(ctx, account, data) as at:
        changed = change_location(at.depot, at.account_id, name, changes)
    _show(account, changed, as_json=as_json)


@app.command("test")
def try_out(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write, rename and remove a small file at a location."""
    from postroom.outflow import locations

    with at_account(ctx, account, data) as at:
        locations.test(at.depot, at.account_id, name)
    if as_json:
        print_json({"account": account, "name": name, "works": True})
        return
    say(f"The location {name} works: a small file was written, renamed and removed.")


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the locations of an account; never their secrets."""
    from postroom.store import locations

    with at_account(ctx, account, data) as at, at.depot.database.reading() as connection:
        rows = [_location(each) for each in locations.locations_of_account(connection, at.account_id)]
    if as_json:
        print_json(rows)
        return
    columns = {"name": "Name", "protocol": "Protocol", "host": "Host", "port": "Port", "folder": "Folder"}
    print_table(columns, rows, empty="There is no location yet: postroom location create")


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a location that no active flow goes to, and no file is on its way to."""
    from postroom.outflow import locations

    with at_account(ctx, account, data) as at:
        locations.delete(at.depot, at.account_id, name)
    if as_json:
        print_json({"account": account, "name": name, "deleted": True})
        return
    say(f"There is no location {name} any more.")


_FACTS = {
    "name": "Name",
    "protocol": "Protocol",
    "host": "Host",
    "port": "Port",
    "user": "User",
    "folder": "Folder",
    "fingerprint": "Host key",
    "public_key": "Public key",
}


def _show(account: str, location: Location, *, as_json: bool) -> None:
    shown = _location(location)
    if as_json:
        print_json(shown)
        return
    print_facts({title: shown[key] for key, title in _FACTS.items() if shown[key] is not None})
    if shown["public_key"]:
        say(
            "Install this public key there for the user, then run: "
            f"postroom location test {account} {location.name}"
        )


def _text_of(authority: Path | None) -> str | None:
    return authority.read_text(encoding="utf-8", errors="replace") if authority else None


def _location(location: Location) -> dict[str, Any]:
    from postroom.outflow.locations import fingerprint_of

    return {
        "name": location.name,
        "protocol": location.protocol,
        "host": location.host,
        "port": location.port,
        "user": location.username,
        "folder": location.folder,
        "fingerprint": fingerprint_of(location),
        "host_key": location.host_key,
        "public_key": location.public_key,
        "created_at": location.created_at,
    }
