"""Parses XML as it comes: gives its outer elements when they are whole, and forgets them (specs, 2.4).

No DTD, no network, no entities but the five of XML; depth, sizes and what is held in memory are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import BinaryIO

from lxml import etree

from postroom.contacts.commands import BatchRefused, Finding
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.text import EDGES
from postroom.dialects.batches.xml_text import utf8_pieces

MAX_ELEMENT_BYTES = 2 * 1024 * 1024
"""Of a record, or of anything else that stands between two of them."""

_ROOT = "transaction"
_REASONS = {code: name for name, code in vars(etree.ErrorTypes).items() if name.startswith("ERR_")}
_TOO_BIG = etree.ErrorTypes.ERR_RESOURCE_LIMIT


class Event(Enum):
    """What has come to be whole."""

    RECORD = "record"
    COMMAND = "command"
    TRANSACTION = "transaction"


class Elements:
    """Iterates over a file: what has come to be whole, with its element; None after each piece of the file.

    An element is forgotten, and what stands before it, when the next is asked for. Raises BatchRefused.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Take a stream at its start."""
        self._stream = stream
        self._parser = etree.XMLPullParser(
            events=("end",),
            tag=(_ROOT, "command", "record"),
            resolve_entities="internal",
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        self._root: etree._Element | None = None
        self._command: etree._Element | None = None
        """The command of the record just given."""

    def __iter__(self) -> Iterator[tuple[Event, etree._Element] | None]:
        held, line = 0, 1
        try:
            for piece in utf8_pieces(self._stream):
                self._parser.feed(piece)
                held += len(piece)
                line += piece.count(b"\n")
                for event in self._events():
                    held = 0
                    yield event
                if held > MAX_ELEMENT_BYTES:
                    raise BatchRefused(Finding(line, Verdict.TOO_BIG, f"> {MAX_ELEMENT_BYTES:,} B"))
                yield None
            self._check_root(self._parser.close())
        except etree.XMLSyntaxError as error:
            raise BatchRefused(_not_well_formed(error)) from None
        yield from self._events()

    def _events(self) -> Iterator[tuple[Event, etree._Element]]:
        for _, element in self._parser.read_events():
            parent = element.getparent()
            event = self._event(element, parent)
            if event is not None:
                yield event, element
                if parent is not None:
                    _forget(element, parent)

    def _event(self, element: etree._Element, parent: etree._Element | None) -> Event | None:
        """Tell what an element is by where it stands; those deeper down are values."""
        if parent is not None and parent is self._command:
            return Event.RECORD if element.tag == "record" else None
        if self._root is None:
            self._check_root(element.getroottree().getroot())
        if parent is None:
            return Event.TRANSACTION
        if parent is self._root:
            return Event.COMMAND if element.tag == "command" else None
        if element.tag == "record" and parent.tag == "command" and parent.getparent() is self._root:
            self._command = parent
            return Event.RECORD
        return None

    def _check_root(self, root: etree._Element) -> None:
        self._root = root
        if root.getroottree().docinfo.internalDTD is not None:  # never: it was refused before parsing
            raise BatchRefused(Finding(1, Verdict.DOCTYPE_REFUSED))
        if root.tag != _ROOT:
            raise BatchRefused(Finding(line_of(root), Verdict.NOT_A_BATCH, f"<{str(root.tag)[:40]}>"))


def text_of(element: etree._Element) -> str:
    """Return what stands in an element before any other, without the blanks around it."""
    text = element.text
    return text.strip(EDGES) if text else ""


def line_of(element: etree._Element) -> int:
    """Return the 1-based line where an element begins."""
    return element.sourceline or 1


def before(element: etree._Element) -> list[etree._Element]:
    """Return what stands before an element in its parent, in order."""
    return list(element.itersiblings(preceding=True))[::-1]


def _forget(element: etree._Element, parent: etree._Element) -> None:
    """Free an element that is whole and all before it; what follows it may still be growing."""
    element.clear(keep_tail=True)
    while (before := element.getprevious()) is not None:
        parent.remove(before)


def _not_well_formed(error: etree.XMLSyntaxError) -> Finding:
    """Say where and why, in words of the parser's codes: its messages may quote what is secret."""
    line, column = error.position
    if error.code == _TOO_BIG:
        return Finding(line or 1, Verdict.TOO_BIG, f"{line}:{column}")
    reason = _REASONS.get(error.code or 0, "").removeprefix("ERR_").lower().replace("_", " ")
    return Finding(line or 1, Verdict.NOT_WELL_FORMED, f"{line}:{column} {reason}")
