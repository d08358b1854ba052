"""What a command line says before its records: the command, its arguments, the names of its fields.

Lines are URL-like (seed 001, Body): split at `&`, then at the first `=`, then unescaped. What follows an `&`
and has no `=` belongs to the value before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.contacts.commands import Command, Kind
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.header import Heading
from postroom.dialects.batches.lines import MAX_HEADER_LINE_BYTES
from postroom.dialects.batches.records import FieldList, FieldsRefused, field_list
from postroom.dialects.batches.text import EDGES, text_of, unescaped
from postroom.dialects.batches.vocabulary import BLOCKS, IN_DAT, CommandRefused, Rule, check, check_fields

_AMPERSAND = re.compile(r"&(?=[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*=)")
_ARGUMENT = re.compile(rb"&[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*=")
_DATA = re.compile(rb"&[ \t]*data[ \t]*=", re.IGNORECASE)
_NO_FIELDS = FieldList((), ",")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command line has its field names and its records, as offsets into it.

    Without data `data` and `names` are the line's end; without a caret `records` is None.
    """

    data: int
    names: int
    records: int | None
    end: int

    def names_in(self, line: bytes) -> bytes | None:
        """Return the names of the fields; None without data, or when it says nothing at all."""
        if self.records is not None:
            return line[self.names : self.records - 1]
        return line[self.names : self.end].strip(EDGES.encode()) or None


def placed(line: bytes) -> Place:
    """Find the parts of a command line; splitting at `&` comes before all other (specs, 7.8)."""
    data = _DATA.search(line)
    if data is None:
        return Place(len(line), len(line), None, len(line))
    after = _ARGUMENT.search(line, data.end())
    end = after.start() if after else len(line)
    caret = line.find(b"^", data.end(), end)
    return Place(data.start(), data.end(), caret + 1 if caret >= 0 else None, end)


def ends_at_argument(line: bytes) -> int:
    """Return where the records of a continued line end: at the first argument, which is too late there."""
    found = _ARGUMENT.search(line)
    return found.start() if found else len(line)


@dataclass(frozen=True, slots=True)
class Statement:
    """A command as its line says it; `refusal` tells why it cannot be run.

    `row` is the one record of a command that has it in its arguments, or has none.
    """

    rule: Rule | None
    command: Command | None = None
    delimiter: str = ","
    refusal: tuple[Verdict, str] | None = None
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    row: tuple[str, ...] | None = None

    @property
    def kind(self) -> Kind | None:
        """Return what the command does, None for one that we do not know."""
        return self.rule.kind if self.rule else None

    @property
    def is_block(self) -> bool:
        """Tell whether the lines below are its records."""
        return self.kind in BLOCKS


def statement_of(arguments: bytes, names: bytes | None, heading: Heading) -> Statement:
    """Read a command from its arguments and the names of its fields, which are None when it has no data."""
    if max(len(arguments), len(names or b"")) > MAX_HEADER_LINE_BYTES:
        return Statement(None, refusal=(Verdict.LINE_TOO_LONG, f"> {MAX_HEADER_LINE_BYTES:,} B"))
    said, repeated = _arguments(text_of(arguments))
    word = said.pop("cmd", "").lower()
    rule = IN_DAT.get(word)
    if rule is None:
        return Statement(None, refusal=(Verdict.UNKNOWN_COMMAND, word))
    if "data" in said:
        return Statement(rule, refusal=(Verdict.BAD_ARGUMENT, "data"))
    try:
        return _checked(rule, said, None if names is None else text_of(names), repeated, heading)
    except (CommandRefused, FieldsRefused) as refused:
        return Statement(rule, refusal=(refused.verdict, refused.value))


def _checked(
    rule: Rule, said: dict[str, str], names: str | None, repeated: tuple[str, ...], heading: Heading
) -> Statement:
    arguments, unknown = check(rule, said, heading.header)
    if rule.kind in BLOCKS or not rule.records:
        extra = [*unknown, *(["data"] if names is not None else [])]
        row = None if rule.records else ()
        delimiter = dict(arguments).get("delimiter", ",")
        command = Command(rule.kind, arguments)
        return Statement(rule, command, delimiter, unknown=tuple(extra), repeated=repeated, row=row)
    if rule.kind is Kind.CHANGE and names is None:
        return _change(rule, dict(arguments), tuple(unknown), repeated)
    if names is None:
        raise CommandRefused(Verdict.MISSING_DATA)
    fields = field_list(names) if names.strip(EDGES) else heading.fields or _NO_FIELDS
    check_fields(rule, fields.names)
    if not fields.names:
        raise CommandRefused(Verdict.MISSING_FIELD, "data=")
    command = Command(rule.kind, arguments, fields.names)
    return Statement(rule, command, fields.delimiter, unknown=tuple(unknown), repeated=repeated)


def _change(
    rule: Rule, arguments: dict[str, str], unknown: tuple[str, ...], repeated: tuple[str, ...]
) -> Statement:
    """Read who is renamed from the arguments, as the HTTP twin has it: a record like any other."""
    row = tuple(arguments.pop(field, "") for field in rule.fields)
    missing = next((field for field, value in zip(rule.fields, row, strict=True) if not value), None)
    if missing:
        raise CommandRefused(Verdict.MISSING_ARGUMENT, missing)
    command = Command(rule.kind, tuple(sorted(arguments.items())), rule.fields)
    return Statement(rule, command, unknown=unknown, repeated=repeated, row=row)


def _arguments(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Split arguments; `+` is a blank in them (specs, 7.7). Of a repeated one the last counts."""
    said: dict[str, str] = {}
    repeated = []
    for piece in _AMPERSAND.split(text):
        name, _, value = piece.partition("=")
        key = name.strip(EDGES).lower()
        if key in said:
            repeated.append(key)
        said[key] = unescaped(value.strip(" \r\n&").replace("+", " "))
    return said, tuple(repeated)
