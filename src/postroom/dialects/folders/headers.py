"""From the first line of a file to the contact fields of its columns (specs, contact folders 1.3)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from postroom.contacts.batches import Action, ColumnMap, FileRefused, Header
from postroom.contacts.criteria import KEY_FIELDS, Criterion
from postroom.contacts.field_words import ALIASES, DOCUMENTED_WORDS, fold
from postroom.contacts.fields import CONTACT_FIELDS, CUSTOM_FIELDS, DOCUMENTED_FIELDS, MEANS
from postroom.contacts.media import ADDRESS_FIELD
from postroom.contacts.reasons import Language, Reason
from postroom.contacts.settings import AccountSettings

MAX_HEADERS = 500
SEPARATORS = (";", ",", "\t", "|")
REPORT_HEADERS: dict[str, tuple[str, str, str]] = {
    "fr": ("Ligne", "Code", "Motif"),
    "en": ("Line", "Code", "Reason"),
}
"""What the report of refused rows appends, by language."""

DISPATCH = "dispatch"
"""The column that names a row's account, in files for several (seed 000 section 2.3.2)."""

FIXED_FIELDS = tuple(field for field in DOCUMENTED_FIELDS if field not in {"facebook_id", "twitter_id"})
"""The columns of a file without a header, in their order (seed 004)."""

_FIRST_MEANS = FIXED_FIELDS.index(MEANS[0])
_ADDRESS = re.compile(r"\S@\S|^[^A-Za-z]*(?:[0-9][^A-Za-z0-9]*){6}")
"""What looks like an e-mail address or a phone number, and no header does."""

_NUMBERED = re.compile(r"(?:champ|field) ?0?([1-9]|1[0-5])")


def _folded(names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {fold(name): field for field, texts in names.items() for name in texts}


_BY_DOCUMENT = _folded(DOCUMENTED_WORDS)
_BY_ALIAS = _folded(ALIASES)
_REPORT_MARKS = frozenset(tuple(fold(header) for header in headers) for headers in REPORT_HEADERS.values())


def document_name(field: str, language: Language) -> str:
    """Return what the documents call a field that has a fixed name."""
    names = DOCUMENTED_WORDS[field]
    return names[0] if language == "fr" else names[min(1, len(names) - 1)]


def field_of(header: str, settings: AccountSettings) -> str | None:
    """Return the contact field a header names, or None.

    Names of the documents come first, then the account's own labels, then its custom fields, then the
    aliases: a label may give an alias another meaning, but nobody can take `Email` away.
    """
    name = fold(header)
    if not name:
        return None
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return CUSTOM_FIELDS[int(numbered[1]) - 1]
    labels = {fold(label): field for field, label in settings.labels.items()}
    return (
        _BY_DOCUMENT.get(name) or labels.get(name) or _custom_field(header, settings) or _BY_ALIAS.get(name)
    )


def _custom_field(header: str, settings: AccountSettings) -> str | None:
    """Return the custom field that a header names, with `custom_` in front or not; by its exact name first.

    Names that differ by nothing that `fold` keeps are told apart by their exact names alone.
    """
    if not settings.custom:
        return None
    sent = header.strip().removeprefix("custom_")
    exact = [field for field, column in settings.custom.items() if column.name == sent]
    alike = [field for field, column in settings.custom.items() if fold(column.name) == fold(sent)]
    return next(iter(exact or alike), None) if exact or len(alike) == 1 else None


def dispatch_column(header_cells: Sequence[str]) -> int | None:
    """Return where a row's account is named, or None when it is nowhere.

    Raises FileRefused when there are two such columns.
    """
    found = [column for column, header in enumerate(header_cells) if fold(header) == DISPATCH]
    if len(found) > 1:
        raise FileRefused(Reason.DUPLICATE_HEADER, f"{DISPATCH} / {DISPATCH}")
    return found[0] if found else None


def map_columns(
    header_cells: Sequence[str],
    settings: AccountSettings,
    action: Action = Action.IMPORT,
    *,
    reserved: int | None = None,
) -> ColumnMap:
    """Tell where each contact field stands that the action looks at; the column `reserved` is none.

    Raises:
        FileRefused: TOO_MANY_HEADERS, WRONG_SEPARATOR, NO_KNOWN_HEADER, DUPLICATE_HEADER, MISSING_COLUMN.
    """
    if len(header_cells) > MAX_HEADERS:
        raise FileRefused(Reason.TOO_MANY_HEADERS, f"{len(header_cells)} > {MAX_HEADERS}")
    _check_separator(header_cells, settings)
    appended = report_columns(header_cells)
    positions: dict[str, int] = {}
    unknown: list[str] = []
    for column, header in enumerate(header_cells):
        field = field_of(header, settings)
        if column in appended or column == reserved or not fold(header):
            continue
        if field is None:
            unknown.append(header.strip())
        elif field in positions:
            twice = f"{header_cells[positions[field]].strip()} / {header.strip()}"
            raise FileRefused(Reason.DUPLICATE_HEADER, twice)
        else:
            positions[field] = column
    if not positions:
        raise FileRefused(Reason.NO_KNOWN_HEADER, settings.separator.join(header_cells))
    _check_required(positions, settings, action)
    wanted = _wanted(settings, action)
    positions = {field: column for field, column in positions.items() if field in wanted}
    return ColumnMap(positions, len(header_cells), tuple(header_cells), tuple(unknown), appended)


def map_first_line(cells: Sequence[str], settings: AccountSettings, header: Header) -> ColumnMap:
    """Tell where each contact field stands in an import, by its header or by the fixed order (seed 004).

    In doubt the first line is a contact when an address stands where that order has one.
    Raises FileRefused as `map_columns` does, WRONG_SEPARATOR alone when there is no header.
    """
    other = _separator_of_contact(cells, settings)
    if header is Header.PRESENT or (header is Header.UNKNOWN and not other and not _is_contact(cells)):
        return map_columns(cells, settings)
    if other:
        raise FileRefused(Reason.WRONG_SEPARATOR, f"{_shown(other)} / {_shown(settings.separator)}")
    return _fixed_order(cells, settings)


def _fixed_order(cells: Sequence[str], settings: AccountSettings) -> ColumnMap:
    # Where empty cells erase, a file of six columns says nothing of the others: its first line counts them.
    width = min(len(cells), len(FIXED_FIELDS)) if settings.empty_cells == "erase" else len(FIXED_FIELDS)
    names = tuple(_name(field, settings) for field in FIXED_FIELDS[:width])
    return ColumnMap(
        {field: column for column, field in enumerate(FIXED_FIELDS[:width])}, width, names, has_header=False
    )


def _is_contact(cells: Sequence[str]) -> bool:
    return any(_ADDRESS.search(cell) for cell in cells[_FIRST_MEANS : _FIRST_MEANS + len(MEANS)])


def _separator_of_contact(cells: Sequence[str], settings: AccountSettings) -> str | None:
    """Return another separator that makes a contact of a line that is one cell by the account's."""
    if sum(1 for cell in cells if cell.strip()) != 1:
        return None
    (line,) = (cell for cell in cells if cell.strip())
    others = (each for each in SEPARATORS if each != settings.separator)
    return next((each for each in others if _is_contact(line.split(each))), None)


def _name(field: str, settings: AccountSettings) -> str:
    """Return the header that the documents have for a field, in the account's language."""
    if field in CUSTOM_FIELDS:
        number = CUSTOM_FIELDS.index(field) + 1
        return f"Champ {number}" if settings.language == "fr" else f"Field {number}"
    names = DOCUMENTED_WORDS[field]
    return names[0] if settings.language == "fr" else names[min(1, len(names) - 1)]


def report_columns(header_cells: Sequence[str]) -> tuple[int, ...]:
    """Return the columns that an earlier report has appended, when it has."""
    named = [column for column, header in enumerate(header_cells) if fold(header)]
    last = tuple(named[-3:])
    together = len(last) == 3 and last[2] - last[0] == 2
    if together and tuple(fold(header_cells[column]) for column in last) in _REPORT_MARKS:
        return last
    return ()


def _check_separator(header_cells: Sequence[str], settings: AccountSettings) -> None:
    """Refuse a header that is one cell, and no header, where another separator makes headers of it."""
    named = [header for header in header_cells if fold(header)]
    if len(named) != 1 or field_of(named[0], settings):
        return

    def known(separator: str) -> int:
        return sum(1 for cell in named[0].split(separator) if field_of(cell, settings))

    best = max((each for each in SEPARATORS if each != settings.separator), key=known)
    if known(best):
        raise FileRefused(Reason.WRONG_SEPARATOR, f"{_shown(best)} / {_shown(settings.separator)}")


def _shown(separator: str) -> str:
    return "« tab »" if separator == "\t" else f"« {separator} »"


def _wanted(settings: AccountSettings, action: Action) -> Collection[str]:
    if action.consent is not None:
        return (ADDRESS_FIELD[action.consent[1]],)
    return KEY_FIELDS[settings.criterion] if action is Action.DELETE else CONTACT_FIELDS


def _check_required(positions: Mapping[str, int], settings: AccountSettings, action: Action) -> None:
    if action is Action.DELETE and settings.criterion is Criterion.NONE:
        raise FileRefused(Reason.NO_CRITERION)
    needed = MEANS if action is Action.IMPORT else _wanted(settings, action)
    if not any(field in positions for field in needed):
        raise FileRefused(Reason.MISSING_COLUMN, " / ".join(DOCUMENTED_WORDS[field][0] for field in needed))
    if action is Action.IMPORT and settings.criterion is Criterion.REFERENCE and "reference" not in positions:
        raise FileRefused(Reason.MISSING_COLUMN, DOCUMENTED_WORDS["reference"][0])
