"""The command line, put together: one module for each group of commands.

Modules import what is heavy inside their commands, so that `postroom --help` answers at once.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from postroom import __version__
from postroom.cli import (
    accounts,
    api,
    campaigns,
    clients,
    config,
    contacts,
    dispatch,
    dkim,
    drops,
    fields,
    flows,
    goals,
    lists,
    locations,
    logins,
    messages,
    notify,
    optouts,
    partners,
    providers,
    realms,
    relays,
    reports,
    segments,
    suppressions,
    surveys,
    tables,
    templates,
)
from postroom.cli.calls import DataOption, call_of
from postroom.cli.check import check
from postroom.cli.failures import Commands
from postroom.cli.migrate import migrate
from postroom.cli.serve import serve

# Plain help and errors: they are read in logs and mails too, and boxes take rich a tenth of a second.
app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"postroom {__version__}")
        raise typer.Exit


@app.callback()
def postroom(
    ctx: typer.Context,
    data: DataOption = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Postroom: contact files come in over FTP, FTPS and SFTP and become lists."""
    del version, data  # seen to by their callbacks
    call_of(ctx).debug = debug


app.command()(serve)
app.add_typer(accounts.app, name="account", no_args_is_help=True)
app.add_typer(logins.app, name="login", no_args_is_help=True)
app.add_typer(clients.app, name="client", no_args_is_help=True)
app.add_typer(realms.app, name="realm", no_args_is_help=True)
app.add_typer(api.app, name="api", no_args_is_help=True)
app.add_typer(dispatch.app, name="dispatch", no_args_is_help=True)
app.add_typer(lists.app, name="list", no_args_is_help=True)
app.add_typer(contacts.app, name="contact", no_args_is_help=True)
app.add_typer(fields.app, name="field", no_args_is_help=True)
app.add_typer(optouts.app, name="optout", no_args_is_help=True)
app.add_typer(suppressions.app, name="suppression", no_args_is_help=True)
app.add_typer(tables.app, name="table", no_args_is_help=True)
app.add_typer(goals.app, name="goal", no_args_is_help=True)
app.add_typer(surveys.app, name="survey", no_args_is_help=True)
app.add_typer(partners.app, name="partner", no_args_is_help=True)
app.add_typer(providers.app, name="provider", no_args_is_help=True)
app.add_typer(segments.app, name="segment", no_args_is_help=True)
app.add_typer(campaigns.app, name="campaign", no_args_is_help=True)
app.add_typer(templates.app, name="template", no_args_is_help=True)
app.add_typer(locations.app, name="location", no_args_is_help=True)
app.add_typer(drops.app, name="drop", no_args_is_help=True)
app.add_typer(reports.app, name="report", no_args_is_help=True)
app.add_typer(messages.app, name="message", no_args_is_help=True)
app.add_typer(relays.app, name="relay", no_args_is_help=True)
app.add_typer(dkim.app, name="dkim", no_args_is_help=True)
app.add_typer(notify.app, name="notify", no_args_is_help=True)
app.add_typer(flows.app, name="flow", no_args_is_help=True)
app.command()(check)
app.command()(migrate)
app.add_typer(config.app, name="config", no_args_is_help=True)


def run() -> None:
    """Be the program `postroom`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal's encoding lacks must not end the command.
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="postroom")
