"""The lines of a header: `key=value`, one after another, until the file says something else (seed 001)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from postroom.contacts.commands import BatchRefused, Finding
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.header import MAX_LINES, Heading, Pair, read_header
from postroom.dialects.batches.lines import MAX_HEADER_LINE_BYTES, Lines
from postroom.dialects.batches.text import EDGES, text_of

_PAIR = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)", re.DOTALL)
_EDGES = EDGES.encode()


def header_of(lines: Lines, known: Collection[str], ends: Callable[[bytes, bool], bool]) -> Heading:
    """Read a header; the next line is then the first that is none of it. Raises BatchRefused.

    `ends` is asked of each line that is not blank, without the blanks around it, and told whether it begins
    as a line with a known key does.
    """
    pairs = list(_pairs(lines, known, ends))
    return read_header(pairs, known, ends=lines.number + 1)


def key_of(line: bytes) -> str | None:
    """Return the key that a line begins with, in lower case."""
    match = _PAIR.match(line)
    return match[1].decode().lower() if match else None


def _pairs(lines: Lines, known: Collection[str], ends: Callable[[bytes, bool], bool]) -> Iterator[Pair]:
    mark, count = lines.mark(), 0
    for raw in lines:
        line = (lines.cut if raw is None else raw).strip(_EDGES)
        key = key_of(line)
        if line and ends(line, key in known):
            lines.rewind(mark)
            return
        if raw is None or len(line) > MAX_HEADER_LINE_BYTES:
            raise BatchRefused(Finding(lines.number, Verdict.LINE_TOO_LONG, f"> {MAX_HEADER_LINE_BYTES:,} B"))
        if line.startswith(b"<"):
            raise BatchRefused(Finding(lines.number, Verdict.NOT_A_BATCH, "<"))
        if line:
            count += 1
            if count > MAX_LINES:
                raise BatchRefused(Finding(lines.number, Verdict.TOO_BIG, f"> {MAX_LINES:,}"))
            value = line.partition(b"=")[2] if key else b""
            yield Pair(lines.number, key or "", text_of(value).strip(EDGES))
        mark = lines.mark()
