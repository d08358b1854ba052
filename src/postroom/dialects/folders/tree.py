"""The tree that a login of contact folders sees: directories, rights, markers, names (seed 000, 1 and 2).

Directories are written without a leading slash; the root is the empty string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import Enum

from postroom.contacts.batches import Action, Mode
from postroom.contacts.reasons import Language
from postroom.contacts.settings import AccountSettings

CONTACTS = "contacts"
REPORTING = "reporting"
STATES = ("in", "on", "ok", "ko")
MARKERS: dict[str, Mode] = {
    ".createNewList": Mode.CREATE,
    ".addToExistingList": Mode.ADD,
    ".syncExistingList": Mode.SYNC,
}
"""Mode markers of `contacts/import`, least destructive first."""

MARKER_DIRECTORY = f"{CONTACTS}/{Action.IMPORT.value}"

_POSTPONED = re.compile(r"\..*|.*(\.(tmp|part|filepart|partial|crdownload)|~)", re.IGNORECASE | re.DOTALL)
_PGP_EXTENSION = re.compile(r"\.(pgp|gpg|asc)$", re.IGNORECASE)
_ARCHIVE_EXTENSION = re.compile(r"\.(zip|gz)$", re.IGNORECASE)
_DATA_EXTENSION = re.compile(r"\.(csv|txt|xls|xlsx|xlsm|xlsb|ods)$", re.IGNORECASE)


class Right(Enum):
    """What a sender may do in a directory."""

    LIST = "list"
    """Look at it."""
    READ = "read"
    """Fetch its files as well."""
    WRITE = "write"
    """Create, overwrite, rename and delete files as well."""


def _rights() -> dict[str, Right]:
    tree = {"": Right.LIST, CONTACTS: Right.LIST, REPORTING: Right.READ}
    for action in Action:
        tree[f"{CONTACTS}/{action.value}"] = Right.LIST
        for state in STATES:
            tree[f"{CONTACTS}/{action.value}/{state}"] = Right.WRITE if state == "in" else Right.READ
    return tree


_RIGHTS = _rights()


def directories() -> tuple[str, ...]:
    """Return every directory, parents before children; the root, the empty string, comes first."""
    return tuple(_RIGHTS)


def rights(directory: str) -> Right | None:
    """Return what a sender may do in `directory`; None when the tree has no such directory.

    The days below `reporting` are made as they come, so everything there may be read.
    Names are told apart by case, as the document writes them.
    """
    if directory.startswith(f"{REPORTING}/"):
        return Right.READ
    return _RIGHTS.get(directory)


def action_of(directory: str) -> Action | None:
    """Return the action whose folder `directory` is, or lies in; None outside of all of them."""
    parts = directory.split("/")
    if len(parts) < 2 or parts[0] != CONTACTS or directory not in _RIGHTS:
        return None
    return Action(parts[1])


def directory_of(action: Action, state: str) -> str:
    """Return the folder of an action for files in `state`: in, on, ok or ko."""
    return f"{CONTACTS}/{action.value}/{state}"


def is_marker(directory: str, name: str) -> bool:
    """Tell whether `name` in `directory` is a mode marker: the only files a sender may write outside `in`."""
    return directory == MARKER_DIRECTORY and name in MARKERS


def mode_of(marker_names: Collection[str]) -> Mode:
    """Return the mode that the markers ask for.

    Without a marker lists are created (seed 000 section 2.4.1). Of several the least destructive
    wins: create, then add, then synchronise (specs, contact folders 1.1).
    """
    return next((mode for marker, mode in MARKERS.items() if marker in marker_names), Mode.CREATE)


def marker_notes(marker_names: Collection[str], language: Language) -> list[str]:
    """Return what to tell about the markers: that there are several."""
    present = [marker for marker in MARKERS if marker in marker_names]
    if len(present) < 2:
        return []
    if language == "fr":
        return [f"plusieurs marqueurs, le moins destructif compte : {', '.join(present)}"]
    return [f"several markers, the least destructive counts: {', '.join(present)}"]


def postponed(name: str) -> bool:
    """Tell whether an upload of this name waits for its rename (temporary names and dot-files)."""
    return _POSTPONED.fullmatch(name) is not None


def list_names(filename: str, settings: AccountSettings) -> tuple[str, ...]:
    """Return the names by which a deposit finds its list, best first; the last one names a new list.

    The full name is tried first, then the name without `.csv`, `.txt`, `.xlsx`, `.zip` … or two of them
    such as `.csv.zip` (architecture section 11); `.pgp`, `.gpg` or `.asc` after them go first.
    With `list_name` = `filename` only the full name counts.
    """
    stem = _DATA_EXTENSION.sub("", _ARCHIVE_EXTENSION.sub("", _PGP_EXTENSION.sub("", filename)))
    if settings.list_name == "filename" or stem in {"", filename}:
        return (filename,)
    return (filename, stem)


def on_name(deposited_seconds: int, filename: str) -> str:
    """Return the name a file bears from `on` onwards; seconds are POSIX, UTC (seed 000 section 2.2)."""
    return f"{deposited_seconds}_{filename}"


def report_kind(base: str, name: str) -> str | None:
    """Say what the file `name` is beside the deposit `base`; None for the deposit itself and any other."""
    return next((kind for kind, named in _REPORT_NAMES.items() if named(base) == name), None)


def errors_name(name: str) -> str:
    """Name the file of refused rows that stands beside `name`."""
    return f"{name}.errors.csv"


def warnings_name(name: str) -> str:
    """Name the file of rows that were taken with a value left out."""
    return f"{name}.warnings.csv"


def undo_name(name: str) -> str:
    """Name the file of what could not be undone of an import."""
    return f"{name}.undo.csv"


def summary_name(name: str) -> str:
    """Name the text that says what became of the file."""
    return f"{name}.report.txt"


def refusal_name(name: str) -> str:
    """Name the text that says why the whole file was refused."""
    return f"{name}.error.txt"


_REPORT_NAMES: dict[str, Callable[[str], str]] = {
    "errors": errors_name,
    "refusal": refusal_name,
    "warnings": warnings_name,
    "summary": summary_name,
    "undo": undo_name,
}
