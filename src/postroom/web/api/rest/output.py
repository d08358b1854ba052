"""Answers as JSON, CSV or XML: lists of items, counts (spec 2.2)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias
from xml.sax.saxutils import escape

from fastapi.responses import Response

from postroom.contacts.errors import Missing
from postroom.web.errors import Unacceptable

Format: TypeAlias = Literal["json", "csv", "xml"]
FORMATS: Final[tuple[Format, ...]] = ("json", "csv", "xml")
CONTENT_TYPES: Final[Mapping[Format, str]] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml",
}
_ACCEPTED: Final[Mapping[Format, tuple[str, ...]]] = {
    "json": ("application/json", "text/json", "application/js", "application/*", "*/*"),
    "csv": ("text/csv", "text/*", "*/*"),
    "xml": ("application/xml", "text/xml", "application/*", "*/*"),
}
_UNFIT_FOR_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

Shown: TypeAlias = "str | int | Sequence[Shown] | Mapping[str, Shown] | None"
Item: TypeAlias = Mapping[str, Shown]
"""An object of an answer: names of properties to text, None, texts or an object of texts."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Items with these properties, in this order; `columns` has the parts of those that are objects."""

    items: Sequence[Item]
    properties: Sequence[str]
    total: int | None = None
    columns: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many things a call was about."""

    count: int


Answer: TypeAlias = Listing | Count


def format_for(suffix: str | None, accept: str | None) -> Format:
    """Return the format of the answer: that of the suffix, else the best of the header Accept, else JSON.

    Raises:
        Missing: there is no such suffix.
        Unacceptable: the header allows none of ours.
    """
    if suffix is not None:
        found = next((each for each in FORMATS if each == suffix.lower()), None)
        if found is None:
            raise Missing(f"Answers end in .json, .csv or .xml, not in .{suffix[:20]}.", code="NOT_FOUND")
        return found
    if accept is None or accept in ("*/*", "application/json"):
        return "json"
    ranges = dict(_ranges(accept))
    ranked = [(_quality(ranges, kind), kind) for kind in FORMATS]
    quality, kind = max(ranked, key=lambda pair: pair[0])
    if ranges and quality <= 0:
        raise Unacceptable("Answers are application/json, text/csv or application/xml.")
    return kind


def moment_text(moment: datetime) -> str:
    """Return a moment as this API writes it: UTC, to the second, without a zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def camel(name: str) -> str:
    """Return one of our names as this API writes it."""
    first, *words = name.split("_")
    return first + "".join(word.capitalize() for word in words)


def rendered(answer: Answer, kind: Format) -> Response:
    """Return the answer in a format."""
    return Response(_WRITERS[kind](answer), media_type=CONTENT_TYPES[kind])


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        name, *attributes = (piece.strip().lower() for piece in part.split(";"))
        if name:
            yield name, next((_number(each[2:]) for each in attributes if each.startswith("q=")), 1.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def _quality(ranges: Mapping[str, float], kind: Format) -> float:
    """Return how welcome a format is: what is said of it most closely counts."""
    return next((ranges[name] for name in _ACCEPTED[kind] if name in ranges), 0.0)


def envelope(answer: Answer) -> dict[str, Shown]:
    """Return what an answer is in JSON."""
    if isinstance(answer, Count):
        return {"count": answer.count}
    return {"list": answer.items, "size": len(answer.items), "total": answer.total}


def _json(answer: Answer) -> bytes:
    return json.dumps(envelope(answer), ensure_ascii=False, separators=(",", ":")).encode()


def _csv(answer: Answer) -> bytes:
    """Return a line of names and a line for each item (RFC 4180), with nothing added to the values.

    What begins with + or = stays as it is: phone numbers do, and the file must be fit for an import.
    """
    written = io.StringIO()
    lines = csv.writer(written)
    if isinstance(answer, Count):
        lines.writerows([["count"], [answer.count]])
        return written.getvalue().encode()
    parts = answer.columns or {}
    lines.writerow(
        column
        for name in answer.properties
        for column in ([f"{name}.{part}" for part in parts[name]] if name in parts else [name])
    )
    for item in answer.items:
        lines.writerow(
            cell
            for name in answer.properties
            for cell in (_cells_of(item[name], parts[name]) if name in parts else [_cell(item[name])])
        )
    return written.getvalue().encode()


def _cells_of(value: Shown, parts: Sequence[str]) -> list[Shown]:
    if isinstance(value, Mapping):
        return [_cell(value[part]) for part in parts]
    cells: Sequence[Shown] = value if isinstance(value, list | tuple) else ()
    return [*cells[: len(parts)], *([None] * (len(parts) - len(cells)))]


def _cell(value: Shown) -> Shown:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value


def _xml(answer: Answer) -> bytes:
    return f"{_XML_HEAD}<response>{''.join(_elements(envelope(answer)))}</response>\n".encode()


def _elements(item: Item) -> Iterator[str]:
    for name, value in item.items():
        yield _element(name, value)


def _element(name: str, value: Shown) -> str:
    if value is None or value == "":
        return f"<{name}/>"
    if isinstance(value, Mapping):
        inner = "".join(_elements(value))
    elif isinstance(value, list | tuple):
        inner = "".join(_element("item", each) for each in value)
    else:
        inner = escape(_UNFIT_FOR_XML.sub("\ufffd", str(value)), {"\r": "&#13;"})
    return f"<{name}>{inner}</{name}>"


_WRITERS: Final[Mapping[Format, Callable[[Answer], bytes]]] = {"json": _json, "csv": _csv, "xml": _xml}
