"""What the arguments of a command ask, or its header (specs, command batches 7.5 and 7.6)."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.contacts.commands import BatchHeader, Command
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.records import FORMATS
from postroom.ingest.commands.telling import CommandRefused

EVERYWHERE = 0
"""The list that stands for all lists."""

_FLAGS: Mapping[str, bool] = {"0": False, "false": False, "1": True, "true": True}
_MOST = 2**63 - 1


def flag(command: Command, key: str, *, default: bool, alias: str | None = None) -> bool:
    """Return a flag of the line, `default` without one; raise CommandRefused when it is none."""
    said = command.argument(key)
    if said is None and alias:
        said = command.argument(alias)
    if said is None or not said:
        return default
    if said.lower() not in _FLAGS:
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"{key}={said}")
    return _FLAGS[said.lower()]


def number(command: Command, key: str) -> int | None:
    """Return a whole number of the line, None without one; raise CommandRefused when it is none."""
    said = command.argument(key)
    if not said:
        return None
    if not _is_number(said):
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"{key}={said}")
    return int(said)


def required(command: Command, key: str) -> str:
    """Return an argument of the line; raise CommandRefused when it has none."""
    said = command.argument(key)
    if not said:
        raise CommandRefused(Verdict.MISSING_ARGUMENT, key)
    return said


def list_ids(command: Command, header: BatchHeader, *, own: bool) -> list[int]:
    """Return the lists that a command names, each once; else the header's, in its `own` realm.

    Raises CommandRefused when there is none, or one that is no number.
    """
    said = command.argument("list_id")
    if not said:
        if header.list_id is None or not own:
            raise CommandRefused(Verdict.MISSING_ARGUMENT, "list_id")
        return [header.list_id]
    parts = [part.strip() for part in said.split(",")]
    if not all(map(_is_number, parts)):
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"list_id={said}")
    return list(dict.fromkeys(map(int, parts)))


def one_list(command: Command, header: BatchHeader, *, own: bool) -> int:
    """Return the list that a command names, which must be one; raise CommandRefused otherwise."""
    named = list_ids(command, header, own=own)
    if len(named) > 1:
        raise CommandRefused(Verdict.SEVERAL_LISTS, ",".join(map(str, named)))
    return named[0]


def format_of(command: Command) -> int | None:
    """Return the format that a line asks for; None without one, or with one that is none."""
    return FORMATS.get((command.argument("format") or "").lower())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and int(text) <= _MOST
