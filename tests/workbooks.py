"""Workbooks made by hand, part by part: honest ones, and some that no spreadsheet program would write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


@dataclass(frozen=True)
class Raw:
    """A cell as XML has it: its type (n, s, b, e, str), its value, and the index of its style."""

    value: str
    kind: str = "n"
    style: int = 0


Cell = str | float | bool | Raw | None
Rows = Sequence[Sequence[Cell]]


def xlsx(rows: Rows, *, more: Mapping[str, Rows] | None = None, formats: Sequence[str] = ()) -> bytes:
    """Return a workbook with `rows` on its first sheet; style 1 + n has the nth of `formats`."""
    sheets = {"Contacts": sheet(rows), **{name: sheet(each) for name, each in (more or {}).items()}}
    return package(sheets, formats=formats)


def package(
    sheets: Mapping[str, str],
    *,
    formats: Sequence[str] = (),
    strings: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> bytes:
    """Return a workbook of sheets written as XML."""
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}"'
        f'{" state=" + quoteattr("hidden") if name in hidden else ""} r:id="rId{number}"/>'
        for number, name in numbered
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    relations += f'<Relationship Id="rIdS" Type="{_RELATED}/styles" Target="styles.xml"/>'
    relations += f'<Relationship Id="rIdT" Type="{_RELATED}/sharedStrings" Target="sharedStrings.xml"/>'
    shared = "".join(f"<si><t>{escape(each)}</t></si>" for each in strings)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
        f'Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATED}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>',
        "xl/styles.xml": styles(formats),
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{shared}</sst>",
    }
    for number, name in numbered:
        parts[f"xl/worksheets/sheet{number}.xml"] = sheets[name]
    return zipped({name: part.encode() for name, part in parts.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def styles(formats: Sequence[str]) -> str:
    """Return the part with the formats of numbers."""
    codes = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
        for number, code in enumerate(formats, start=164)
    )
    cells = "".join(
        f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number, _ in enumerate(formats, 164)
    )
    return (
        f'<styleSheet {_MAIN}><numFmts count="{len(formats)}">{codes}</numFmts>'
        f'<cellXfs count="{len(formats) + 1}"><xf numFmtId="0"/>{cells}</cellXfs></styleSheet>'
    )


def sheet(rows: Rows, *, dimension: str = "", extra: str = "") -> str:
    """Return a sheet; `dimension` is what it claims to be, `extra` goes behind its rows."""
    written = "".join(
        f'<row r="{line}">{"".join(_cell(value, line, column) for column, value in enumerate(row))}</row>'
        for line, row in enumerate(rows, start=1)
    )
    claim = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f"<worksheet {_MAIN}>{claim}<sheetData>{written}{extra}</sheetData></worksheet>"


def _cell(value: Cell, line: int, column: int) -> str:
    place = f'r="{_letters(column)}{line}"'
    match value:
        case None:
            return ""
        case Raw():
            return f'<c {place} s="{value.style}" t="{value.kind}"><v>{escape(value.value)}</v></c>'
        case bool():
            return f'<c {place} t="b"><v>{int(value)}</v></c>'
        case str():
            text = escape(value)
            return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        case _:
            return f"<c {place}><v>{value!r}</v></c>"


def _letters(column: int) -> str:
    high, low = divmod(column, 26)
    return (chr(64 + high) if high else "") + chr(65 + low)


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """Return an OpenDocument spreadsheet of texts."""
    written = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="Contacts">{written}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    parts = {"content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    return zipped({"mimetype": kind, **parts})
