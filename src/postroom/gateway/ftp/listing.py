"""Folders and files as FTP tells them: LIST lines, MLSx facts, times."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from postroom.contacts.errors import Refused
from postroom.gateway.seam import Stat

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RECENT: Final = timedelta(days=180)
_TIME_FORMAT: Final = "%Y%m%d%H%M%S"


def list_lines(entries: Iterable[Stat], owner: str, now: datetime) -> Iterator[bytes]:
    """Yield "ls -lA" lines in UTC, with line ends. Dot-files too: a sender must find a mode marker."""
    for entry in entries:
        when = _list_time(entry.modified_at.astimezone(UTC), now)
        mode = stat.filemode(entry.mode)
        yield f"{mode}   1 {owner:<8} {owner:<8} {entry.size:>8} {when} {entry.name}\r\n".encode()


def mlsx_line(entry: Stat, facts: Iterable[str], name: str) -> str:
    """Return the chosen facts and `name`, without a line end; RFC 3659 section 7."""
    known = {
        "type": "dir" if entry.is_dir else "file",
        "size": str(entry.size),
        "modify": format_time(entry.modified_at),
        "perm": _permissions(entry),
        "unix.mode": f"0{stat.S_IMODE(entry.mode):o}",
    }
    told = "".join(f"{fact}={known[fact]};" for fact in facts if fact in known)
    return f"{told} {name}"


def format_time(moment: datetime) -> str:
    """Return YYYYMMDDHHMMSS in UTC; RFC 3659 section 2.3."""
    return moment.astimezone(UTC).strftime(_TIME_FORMAT)


def parse_time(text: str) -> datetime:
    """Return the moment that YYYYMMDDHHMMSS, with or without a fraction, names. Raises Refused."""
    whole, _, fraction = text.partition(".")
    try:
        moment = datetime.strptime(whole, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        moment = None
    # strptime also takes fewer digits.
    if moment is None or format_time(moment) != whole or not (fraction or "0").isdigit():
        raise Refused("The time must be written YYYYMMDDHHMMSS, in UTC.")
    return moment


def _permissions(entry: Stat) -> str:
    """Return RFC 3659's letters; c: create in, f: rename, d: delete, a: append, w: overwrite."""
    writable = bool(entry.mode & stat.S_IWUSR)
    if entry.is_dir:
        return "elc" if writable else "el"
    return "adfrw" if writable else "r"


def _list_time(moment: datetime, now: datetime) -> str:
    day = f"{_MONTHS[moment.month - 1]} {moment.day:02d}"
    return f"{day}  {moment.year:04d}" if now - moment > _RECENT else f"{day} {moment:%H:%M}"
