"""Names of files: patterns of the account's own, with the date in them (specs, OUT flows 1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from postroom.contacts.errors import Refused

DEFAULT_PATTERN: Final = "{flow}_{table}_{yyyyMMdd}"
_DATES: Final = ("{yyyyMMdd}", "$yyyyMMdd")
_PLACEHOLDER: Final = re.compile(r"\$yyyyMMdd|\{(?:flow|table|entity|yyyyMMdd|HHmmss)\}")
_ALLOWED: Final = re.compile(r"[A-Za-z0-9._-]*")
_OTHERS: Final = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Named:
    """What the name of a file is made of; `extra` tells those of a day apart, empty for the only one."""

    flow: str
    table: str
    day: date
    extra: str = ""
    time: str = "000000"
    """The local time of a file that has no `extra`."""


def check_pattern(pattern: str, *, dated: bool) -> str:
    """Return a pattern that makes names; raise Refused when it does not.

    `dated` ones need a date: without it a day's file would take the place of that of the day before.
    """
    if not pattern or not _ALLOWED.fullmatch(_PLACEHOLDER.sub("", pattern)) or len(pattern) > _LONGEST:
        raise Refused(
            f"'{pattern[:80]}' makes no file name: it may have letters, digits, '.', '_', '-' and {{flow}},"
            " {table}, {entity}, {yyyyMMdd}, {HHmmss}.",
            code="BAD_NAME",
        )
    if pattern.startswith((".", "-")):
        raise Refused("A file name begins with a letter, a digit or '_'.", code="BAD_NAME")
    if dated and not any(each in pattern for each in _DATES):
        raise Refused(
            f"'{pattern}' has no {{yyyyMMdd}} in it: each day's file would replace the one before.",
            code="BAD_NAME",
        )
    return pattern


def file_name(pattern: str, named: Named, extension: str) -> str:
    """Return the name that a pattern makes, with the extension unless it has that already."""
    stem = pattern.removesuffix(extension)
    values = _values(named)
    name = _PLACEHOLDER.sub(lambda found: values[found.group()], stem)
    apart = f"_{plain(named.extra)}" if named.extra and "{HHmmss}" not in pattern else ""
    return name[: _LONGEST - len(apart)] + apart + extension


def plain(text: str) -> str:
    """Return a text with all that may not stand in a file name as `_`."""
    return _OTHERS.sub("_", text)


def _values(named: Named) -> Mapping[str, str]:
    day = f"{named.day.year:04}{named.day.month:02}{named.day.day:02}"
    table = plain(named.table)
    return {
        "$yyyyMMdd": day,
        "{yyyyMMdd}": day,
        "{flow}": plain(named.flow),
        "{table}": table,
        "{entity}": table,
        "{HHmmss}": plain(named.extra) or named.time,
    }
