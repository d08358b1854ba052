"""What every command is asked in the same words: where the data is, and whether to answer in JSON."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # types alone: what is behind them takes half a second to import
    from postroom.app.bootstrap import Postroom
    from postroom.app.settings import Settings


@dataclass(slots=True)
class Call:
    """What this call of `postroom` was given besides its command's own arguments."""

    data: Path | None = None
    debug: bool = False
    as_json: bool = False


def call_of(ctx: typer.Context) -> Call:
    """Return the call, which its outermost context keeps."""
    root = ctx.find_root()
    if not isinstance(root.obj, Call):
        root.obj = Call()
    return root.obj


def _note_data(ctx: typer.Context, data: Path | None) -> Path | None:
    if data is not None:
        call_of(ctx).data = data
    return data


def _note_json(ctx: typer.Context, as_json: bool) -> bool:
    # Also for errors, which are reported where the command's own arguments are not at hand.
    call_of(ctx).as_json = as_json
    return as_json


DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        file_okay=False,
        callback=_note_data,
        help="Data directory; else POSTROOM_DATA, else ./postroom-data.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", callback=_note_json, help="Answer in JSON, for programs.")
]
AccountOption = Annotated[str, typer.Option("--account", metavar="NAME", help="The account.")]


def options_of(ctx: typer.Context, data: Path | None = None) -> dict[str, object]:
    """Return the settings that were given as options of the command line."""
    return {"data": data if data is not None else call_of(ctx).data}


def load_settings(ctx: typer.Context, data: Path | None = None) -> Settings:
    """Read the settings; raise Refused when they do not work."""
    from postroom.app.settings import Settings

    return Settings.load(options_of(ctx, data))


def operator() -> str:
    """Return who types: the user of the machine, also behind sudo; what is recorded is no proof."""
    with suppress(OSError, KeyError):
        return os.environ.get("SUDO_USER") or getpass.getuser()
    return f"uid {os.getuid()}"


@contextmanager
def opened(ctx: typer.Context, data: Path | None = None) -> Iterator[Postroom]:
    """Yield the installation that the call is about; the embedded database runs at least until the end."""
    from postroom.app.bootstrap import opened as opened_installation

    with opened_installation(load_settings(ctx, data)) as postroom:
        yield postroom
