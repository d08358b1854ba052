"""Names in the folder of command batches: data files, and the signals that they are complete (seed 001)."""

from __future__ import annotations

DIRECTORY = "batches"
"""Where senders leave batches, without a leading slash."""

DATA_EXTENSIONS = (".dat", ".xml", ".csv")
"""In the order in which data files of one stem are processed (specs, command batches 7.32)."""

SIGNAL_EXTENSION = ".sig"

_TO_AVOID = "%*~|"


def is_data(name: str) -> bool:
    """Tell whether a file of this name holds commands; the case of its extension does not matter."""
    return bool(stem(name)) and _extension(name) in DATA_EXTENSIONS


def is_signal(name: str) -> bool:
    """Tell whether a file of this name says that the data files of its stem are complete."""
    return bool(stem(name)) and _extension(name) == SIGNAL_EXTENSION


def stem(name: str) -> str:
    """Return the name without its extension: a data file and its signal have it in common, to the letter."""
    return name.rpartition(".")[0]


def place(name: str) -> tuple[int, str]:
    """Return what orders the data files of one stem: by extension, those that differ in case by name."""
    return DATA_EXTENSIONS.index(_extension(name)), name


def candidates(stem: str) -> tuple[str, ...]:
    """Return the usual names of data files of a stem, in the order in which they are processed."""
    return tuple(stem + extension for extension in DATA_EXTENSIONS)


def to_avoid(name: str) -> str:
    """Return the characters of a name that its sender should avoid; they do no harm here (seed 001)."""
    return "".join(mark for mark in dict.fromkeys(name) if mark in _TO_AVOID or mark.isspace())


def _extension(name: str) -> str:
    return "." + name.rpartition(".")[2].lower()
