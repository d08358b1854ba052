"""`postroom migrate`: bringing the database up to this release."""

from __future__ import annotations

import typer

from postroom.cli.calls import DataOption, JsonOption, load_settings
from postroom.cli.output import print_json, say


def migrate(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Bring the database up to this release.

    Doing it twice is fine. The embedded database is brought up to date by any command; an external one that
    is in use only by this.
    """
    from postroom.app.bootstrap import database_url, migrate_all
    from postroom.store.database import Database

    with database_url(load_settings(ctx, data)) as url, Database(url) as database:
        applied = migrate_all(database)
    if as_json:
        print_json({"applied": applied})
        return
    for name in applied:
        say(f"Applied {name}.")
    say("The schema is up to date.")
