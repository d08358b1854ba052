"""Numbers of an .xlsx as their formats show them: `00000` makes 01000 of a postal code stored as 1000.

Calamine tells dates by their formats but keeps the formats to itself; so those that change what a number says
are looked up here: leading zeros, digits in groups, percentages. A format that is not found, for whatever
reason, shows nothing. Patterns do for parts that programs write: a cell's place stands before its style.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import IO, BinaryIO

Show = Callable[[float], str | None]
"""Shows a number; None when its own digits are what is seen."""

_WORKBOOK, _RELATIONS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_BUILT_IN = {9: "0%", 10: "0.00%"}
_MOST_FORMATS = 255
_MOST_PART_BYTES = 16 << 20
_PIECE_BYTES = 1 << 20
_LONGEST_TAG_BYTES = 256

_CELL_STYLES = re.compile(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CELL = re.compile(rb"""<(?:\w+:)?c\s+r=["']([A-Z]{1,3})([0-9]{1,7})["']\s+s=["']([0-9]{1,5})["']""")

_UNSEEN = re.compile(r"\[(?:\$[^\]]*|[A-Za-z]+)\]|_.|\*.")
"""A locale, a colour, a blank as wide as some character, a filler."""
_PERCENT = re.compile(r"0(?:\.(0+))?%")
_PLACE = re.compile(r'"[^"]*"|\\.|[-0# ()]')


@dataclass(frozen=True, slots=True)
class NumberFormats:
    """Which cells of a sheet have a format that changes what they say; rows and columns count from 0."""

    _shows: tuple[Show, ...]
    _columns: Mapping[int, bytearray]
    """By column a byte for each row: 0, or the place among `_shows`, from 1."""

    def __bool__(self) -> bool:
        """Tell whether there is any such cell."""
        return bool(self._columns)

    def shown(self, row: int, column: int, number: float) -> str | None:
        """Return a number as a person sees it; None when its own digits are what is seen."""
        rows = self._columns.get(column, b"")
        place = rows[row] if row < len(rows) else 0
        return self._shows[place - 1](number) if place else None


NO_FORMATS = NumberFormats((), {})


def formats_of(stream: BinaryIO, sheet: str) -> NumberFormats:
    """Find the formats of the sheet of this name; a workbook that is no .xlsx has none."""
    if not zipfile.is_zipfile(stream):
        return NO_FORMATS
    with zipfile.ZipFile(stream) as archive:
        names = set(archive.namelist())
        if not names >= {_WORKBOOK, _RELATIONS, _STYLES}:
            return NO_FORMATS
        codes = _telling_codes(_text(archive, _STYLES))
        part = _part_of(archive, sheet)
        if not codes or part not in names:
            return NO_FORMATS
        distinct = list(dict.fromkeys(codes.values()))[:_MOST_FORMATS]
        places = {style: distinct.index(code) + 1 for style, code in codes.items() if code in distinct}
        with archive.open(part) as content:
            return NumberFormats(tuple(show for _, show in distinct), _marked(content, places))


def show_by(code: str) -> Show | None:
    """Return how a format shows a number; None when its own digits will do."""
    positive = _UNSEEN.sub("", code.partition(";")[0])
    percent = _PERCENT.fullmatch(positive)
    if percent:
        decimals = len(percent[1] or "")
        return lambda number: f"{number * 100:.{decimals}f}%"
    places = _PLACE.findall(positive)
    digits = [place for place in places if place in {"0", "#"}]
    if "".join(places) != positive or len(digits) < 2 or digits[0] != "0":
        return None
    return lambda number: _in_places(number, places)


def _in_places(number: float, places: list[str]) -> str | None:
    """Fill the places with digits from the right; the first takes all that are left."""
    if number < 0 or not number.is_integer() or number >= 1e15:
        return None
    digits = str(int(number))
    open_places = sum(place in {"0", "#"} for place in places)
    shown: list[str] = []
    for place in reversed(places):
        if place not in {"0", "#"}:
            shown.append(place[1:] if place.startswith("\\") else place.strip('"'))
            continue
        open_places -= 1
        taken = digits[-1:] if open_places else digits
        digits = digits[: len(digits) - len(taken)]
        shown.append(taken or place.replace("#", ""))
    return "".join(reversed(shown)).strip()


def _telling_codes(styles: str) -> dict[int, tuple[str, Show]]:
    """Return code and meaning of each style, by its index, whose format changes what a number says."""
    codes = dict(_BUILT_IN)
    for attributes in _tags("numFmt", styles):
        if attributes.get("numFmtId", "").isdecimal():
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
    shows = {number: show_by(code) for number, code in codes.items()}
    section = _CELL_STYLES.search(styles)
    telling: dict[int, tuple[str, Show]] = {}
    for style, attributes in enumerate(_tags("xf", section[0] if section else "")):
        number = int(attributes["numFmtId"]) if attributes.get("numFmtId", "").isdecimal() else 0
        show = shows.get(number)
        if show is not None:
            telling[style] = (codes[number], show)
    return telling


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    targets = {
        each.get("Id"): each.get("Target", "") for each in _tags("Relationship", _text(archive, _RELATIONS))
    }
    for attributes in _tags("sheet", _text(archive, _WORKBOOK)):
        if attributes.get("name") == sheet:
            target = next(
                (targets.get(value, "") for key, value in attributes.items() if key.endswith(":id")), ""
            )
            return posixpath.normpath(posixpath.join("/xl", target)).removeprefix("/")
    return ""


def _marked(content: IO[bytes], places: Mapping[int, int]) -> dict[int, bytearray]:
    columns: dict[int, bytearray] = {}
    for letters, row, style in _styled_cells(content):
        place = places.get(int(style))
        if place:
            marks = columns.setdefault(_column(letters), bytearray())
            marks.extend(bytes(max(0, int(row) - len(marks))))
            marks[int(row) - 1] = place
    return columns


def _styled_cells(content: IO[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    held = b""
    while piece := content.read(_PIECE_BYTES):
        held += piece
        # A tag that the piece cuts off is found with the next one.
        end = held.rfind(b"<", max(0, len(held) - _LONGEST_TAG_BYTES))
        whole, held = (held[:end], held[end:]) if end >= 0 else (held, b"")
        for cell in _CELL.finditer(whole):
            yield cell[1], cell[2], cell[3]
    for cell in _CELL.finditer(held):
        yield cell[1], cell[2], cell[3]


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = 26 * column + letter - 64
    return column - 1


def _tags(name: str, xml: str) -> Iterator[dict[str, str]]:
    for tag in re.finditer(rf"<(?:\w+:)?{name}\s([^>]*)", xml):
        yield {key: unescape(double or single) for key, double, single in _ATTRIBUTE.findall(tag[1])}


def _text(archive: zipfile.ZipFile, part: str) -> str:
    with archive.open(part) as content:
        return content.read(_MOST_PART_BYTES).decode("utf-8", "replace")
