"""Reads .xml files: a transaction of header elements and command blocks (seed 003; specs, 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO

from lxml import etree

from postroom.contacts.commands import BatchRefused, Command, Finding, Kind, Step
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import header as headers
from postroom.dialects.batches.elements import Elements, Event, before, line_of, text_of
from postroom.dialects.batches.header import MAX_LINES, Heading, Pair, read_header
from postroom.dialects.batches.records import MAX_FIELDS, FieldsRefused, check_lengths, field_name
from postroom.dialects.batches.runs import Runs
from postroom.dialects.batches.vocabulary import IN_XML, CommandRefused, Rule, check, check_fields
from postroom.dialects.batches.xml_text import PIECE_BYTES

_ALIASES = {"force_subscribe": "force_sub"}
_REMEMBERED = 1000
_REMEMBERED_CHARACTERS = 4096
"""So many names of ignored arguments are kept, and combinations of fields in a block, each so long."""


def opened(stream: BinaryIO) -> tuple[Heading, Iterator[Step]]:
    """Read the header of an .xml file, and give its steps as they are asked for.

    Raises BatchRefused, and so do the steps, where the file is not well-formed further down.
    """
    events = iter(Elements(stream))
    for event in events:
        if event is not None:
            break
    else:  # never: a file without an end is not well-formed
        raise BatchRefused(Finding(1, Verdict.NOT_WELL_FORMED))
    what, element = event
    command = element.getparent() if what is Event.RECORD else element
    if command is None or what is Event.TRANSACTION:
        heading = _heading(list(element), line_of(element))
    else:
        heading = _heading(before(command), line_of(command))
    return heading, XmlReader(heading).steps(chain([event], events))


def _heading(elements: Sequence[etree._Element], ends: int) -> Heading:
    if len(elements) > MAX_LINES:
        raise BatchRefused(Finding(ends, Verdict.TOO_BIG, f"> {MAX_LINES:,}"))
    pairs = [Pair(line_of(each), str(each.tag).lower(), text_of(each)) for each in elements]
    heading = read_header(pairs, headers.IN_XML, ends=ends)
    if heading.header.isrelational:
        raise BatchRefused(Finding(ends, Verdict.MISPLACED_FLAG, "isrelational=1"), heading.header)
    return heading


class XmlReader:
    """Reads the command blocks of a transaction as they come."""

    def __init__(self, heading: Heading) -> None:
        """Read what follows a header."""
        self._header = heading.header
        self._runs = Runs()
        self._told: set[tuple[Verdict, str]] = set()
        self._block: etree._Element | None = None
        self._ordinal = 0
        self._line = 1
        self._number = 0
        self._rule: Rule | None = None
        self._arguments: tuple[tuple[str, str], ...] = ()
        self._is_refused = False
        self._commands: dict[tuple[object, ...], Command] = {}

    def steps(self, events: Iterator[tuple[Event, etree._Element] | None]) -> Iterator[Step]:
        """Yield what the commands ask, and what is wrong with them, in the order of the file."""
        for event in events:
            if event is None:
                self._runs.grow(PIECE_BYTES)
            else:
                self._take(*event)
            if self._runs.ready:
                yield from self._runs.taken()
        self._runs.finish()
        yield from self._runs.taken()

    def _take(self, event: Event, element: etree._Element) -> None:
        if event is Event.RECORD:
            command = element.getparent()
            if command is not None and command is not self._block:
                self._begin(command)
                self._arguments_are(before(element))
            self._record(element)
        elif event is Event.COMMAND:
            if element is not self._block:
                self._begin(element)
                self._arguments_are(element)
            self._end(element)
        elif self._ordinal:
            self._strays(each for each in element if each.tag != "command")

    def _begin(self, element: etree._Element) -> None:
        if self._ordinal:
            self._strays(each for each in before(element) if each.tag != "command")
        self._ordinal += 1
        self._block, self._line, self._number = element, line_of(element), 0
        self._rule, self._arguments, self._commands = None, (), {}
        self._is_refused = False

    def _strays(self, elements: Iterable[etree._Element]) -> None:
        """Tell of elements of a transaction that come after its first command (specs, 7.15)."""
        for each in islice(elements, _REMEMBERED):
            verdict = Verdict.HEADER_AFTER_BODY if each.tag in headers.IN_XML else Verdict.NOT_A_COMMAND
            self._runs.tell(Finding(line_of(each), verdict, str(each.tag)[:80]))

    def _arguments_are(self, elements: Iterable[etree._Element]) -> None:
        """Read what a command says before its records."""
        said: dict[str, str] = {}
        for each in elements:
            key, value = _argument(each)
            if key in said:
                self._warn(Verdict.REPEATED_KEY, key)
            said[key] = value
        word = said.pop("type", "")
        self._rule = IN_XML.get(word.lower())
        if self._rule is None:
            if word:
                self._refuse(Verdict.UNKNOWN_COMMAND, word)
            else:
                self._refuse(Verdict.MISSING_ARGUMENT, "type")
            return
        try:
            self._arguments, unknown = check(self._rule, said, self._header)
        except CommandRefused as refused:
            self._refuse(refused.verdict, refused.value)
            return
        for key in unknown:
            self._warn(Verdict.UNKNOWN_ARGUMENT, key)

    def _end(self, element: etree._Element) -> None:
        for each in element if self._number else ():
            self._warn_if_late(each)
        if self._is_refused or self._rule is None:
            return
        if not self._rule.records:
            command = Command(self._rule.kind, self._arguments)
            self._runs.add(command, self._line, 0, self._ordinal, ())
        elif not self._number:
            self._refuse(Verdict.MISSING_DATA)

    def _warn_if_late(self, element: etree._Element | None) -> None:
        """Warn of an argument that follows a record: it is ignored, as records were read without it."""
        if element is not None and element.tag != "record":
            self._line = max(self._line, line_of(element))
            self._warn(Verdict.UNKNOWN_ARGUMENT, str(element.tag))

    def _record(self, element: etree._Element) -> None:
        self._number += 1
        rule = self._rule
        if self._number > 1:
            self._warn_if_late(element.getprevious())
        if self._is_refused or rule is None:
            return
        if not rule.records:
            self._warn(Verdict.UNKNOWN_ARGUMENT, "record")
            return
        line = self._line = max(self._line, line_of(element))
        command = self._commands.get(tuple([each.tag for each in element]))
        if command is not None:
            row = tuple([text_of(each) for each in element])
            self._runs.add(command, line, self._number, self._ordinal, row)
        else:
            self._new_record(element, line, rule)

    def _new_record(self, element: etree._Element, line: int, rule: Rule) -> None:
        """Read a record whose fields are others than those of the records before it in its block."""
        try:
            values, items = _contents(element)
            check_fields(rule, values)
        except (CommandRefused, FieldsRefused) as refused:
            self._tell(line, refused.verdict, refused.value, number=self._number)
            return
        if items and rule.kind is not Kind.SEND:
            self._warn(Verdict.UNKNOWN_FIELD, "items")
            items = ()
        command = Command(rule.kind, self._arguments, tuple(values))
        tags = tuple([each.tag for each in element])
        if len(values) == len(tags) and sum(len(str(tag)) for tag in tags) <= _REMEMBERED_CHARACTERS:
            if len(self._commands) >= _REMEMBERED:
                self._commands.clear()
            self._commands[tags] = command
        self._runs.add(command, line, self._number, self._ordinal, tuple(values.values()), items)

    def _refuse(self, verdict: Verdict, value: str = "") -> None:
        self._is_refused = True
        self._tell(self._line, verdict, value)

    def _warn(self, verdict: Verdict, value: str) -> None:
        """Warn of what is ignored, of each once in a file."""
        told = (verdict, value[:80])
        if told not in self._told and len(self._told) < _REMEMBERED:
            self._told.add(told)
            self._tell(self._line, *told, failed=False)

    def _tell(
        self, line: int, verdict: Verdict, value: str, *, number: int | None = None, failed: bool = True
    ) -> None:
        kind = self._rule.kind if self._rule else None
        self._runs.tell(Finding(line, verdict, value, number, self._ordinal, kind, failed))


def _argument(element: etree._Element) -> tuple[str, str]:
    """Read a child of a command; the name of a campaign stands one deeper (specs, command batches 1.2)."""
    key = str(element.tag).lower()
    if key == "campaign" and len(element):
        key, element = "campaign_name", next((each for each in element if each.tag == "name"), element)
    return _ALIASES.get(key, key), text_of(element)


def _contents(element: etree._Element) -> tuple[dict[str, str], tuple[object, ...]]:
    """Read the values of a record, by field, and its item blocks; raise FieldsRefused for a field twice."""
    values: dict[str, str] = {}
    items: list[object] = []
    for each in element:
        name = field_name(str(each.tag))
        if name == "items":
            items.append(_items(each))
        elif name in values:
            raise FieldsRefused(Verdict.REPEATED_FIELD, name)
        else:
            values[name] = text_of(each)
    if len(values) > MAX_FIELDS:
        raise FieldsRefused(Verdict.TOO_BIG, f"> {MAX_FIELDS}")
    check_lengths(values)
    return values, tuple(items)


def _items(element: etree._Element) -> dict[str, object]:
    """Read an item block: rows of columns for a message, which no contact keeps (seed 003, Item Blocks)."""
    rows = [
        {str(column.get("name", "")): text_of(column) for column in row if column.tag == "column"}
        for row in element
        if row.tag == "row"
    ]
    return {"name": str(element.get("name", "")), "rows": rows}
