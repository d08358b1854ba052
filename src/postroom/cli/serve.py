"""`postroom serve`: everything on one machine, until told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from postroom.cli.calls import DataOption, options_of
from postroom.cli.output import say


def serve(
    ctx: typer.Context,
    only: Annotated[
        str | None,
        typer.Option(metavar="PARTS", help="Of gateway,web,worker, only these, separated by commas."),
    ] = None,
    ftp_port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65535, help="Port of FTP and explicit FTPS.")
    ] = None,
    sftp_port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65535, help="Port of SFTP.")
    ] = None,
    http_port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65535, help="Port of the web pages and the API.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Serve until told to stop.

    SIGTERM or Ctrl-C end it, after running transfers and imports; a second one ends it at once. One line
    tells that all is ready, and DIR/run/endpoints.json where. Port 0 takes a free one.
    """
    from postroom.app.logs import configure_logs
    from postroom.app.serve import GROUPS
    from postroom.app.serve import serve as run
    from postroom.app.settings import Settings

    ports = {"ftp_port": ftp_port, "sftp_port": sftp_port, "http_port": http_port}
    settings = Settings.load({**options_of(ctx, data), **ports})
    configure_logs(settings.log_level, settings.log_format)
    parts = GROUPS if only is None else [part.strip() for part in only.split(",")]
    run(settings, only=parts, announce=say)
