"""`postroom config …`: which settings hold, and where they come from."""

from __future__ import annotations

import typer

from postroom.cli.calls import DataOption, JsonOption, load_settings, options_of
from postroom.cli.output import print_json, print_table

app = typer.Typer()


@app.callback()
def config() -> None:
    """Settings, and where they come from."""


@app.command()
def show(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show every setting with its value and source; secrets are hidden.

    A setting `ftp_port` is set by POSTROOM_FTP_PORT in the environment.
    """
    from postroom.app.settings import Settings, is_secret

    settings = load_settings(ctx, data)
    every = settings.visible(options_of(ctx, data))
    if not as_json:
        rows = [
            {"name": each.name, "value": each.value, "source": each.source, "meaning": each.meaning}
            for each in every
        ]
        columns = {"name": "Setting", "value": "Value", "source": "Source", "meaning": "Meaning"}
        print_table(columns, rows, empty="")
        return
    fields = Settings.model_fields
    secrets = {each.name for each in every if is_secret(fields[each.name])}
    plain = settings.model_dump(mode="json", exclude=secrets)
    print_json(
        [
            {
                "name": each.name,
                "value": plain.get(each.name, each.value) if each.name not in secrets else each.value,
                "source": each.source,
                "meaning": each.meaning,
            }
            for each in every
        ]
    )
