"""Keeping refused rows and warnings while a file is read: on disk, so that memory stays bounded."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Collection, Iterator
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from postroom.contacts.batches import RowIssue
from postroom.contacts.reasons import Reason

_IN_MEMORY_BYTES = 1024 * 1024
_EXAMPLES = 5


class SpooledIssues(Collection[RowIssue]):
    """Row issues in the order they came, read back any number of times."""

    def __init__(self, directory: Path, *, refused: bool) -> None:
        """Spool to an unnamed file in `directory` once there is more than a megabyte of them."""
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(directory))  # noqa: SIM115 - closed by close()
        self._refused = refused
        self._count = 0

    def add(self, issue: RowIssue) -> None:
        """Keep one issue."""
        row = [issue.line, issue.reason.value, issue.value, issue.cells, issue.language]
        self._spool.write(json.dumps(row).encode() + b"\n")
        self._count += 1

    def close(self) -> None:
        """Forget them all."""
        self._spool.close()

    def __len__(self) -> int:
        """Count them."""
        return self._count

    def __contains__(self, issue: object) -> bool:
        """Look for an equal issue."""
        return any(issue == kept for kept in self)

    def __iter__(self) -> Iterator[RowIssue]:
        """Read them from the first; do not add meanwhile."""
        self._spool.seek(0)
        for encoded in self._spool:
            line, reason, value, cells, language = json.loads(encoded)
            yield RowIssue(line, Reason(reason), value, tuple(cells), self._refused, language)
        self._spool.seek(0, 2)


class IssueSpool:
    """The issues of one file: refusals and warnings apart."""

    def __init__(self, directory: Path) -> None:
        """Spool in `directory` what is too much for memory."""
        # Rows are judged in one thread and met in another.
        self._adding = threading.Lock()
        self._kinds = {refused: SpooledIssues(directory, refused=refused) for refused in (True, False)}

    def __enter__(self) -> Self:
        """Use as a context: the issues are forgotten at its end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget the issues."""
        for issues in self._kinds.values():
            issues.close()

    def add(self, issue: RowIssue) -> None:
        """Keep one issue with its kind."""
        with self._adding:
            self._kinds[issue.refused].add(issue)

    def examples(self) -> list[RowIssue]:
        """Return the first few: refusals before warnings."""
        return list(islice(chain(self._kinds[True], self._kinds[False]), _EXAMPLES))

    def of(self, *, refused: bool) -> SpooledIssues:
        """Return the refusals, or the warnings."""
        return self._kinds[refused]
