"""A maildir into which somebody's mail server puts what comes back.

Mails are read in `new` and moved to `cur` once they are kept, marked as seen, or flagged when they tell
nothing. Killed between the two, one is read again, and applied once all the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from postroom.contacts.errors import Unavailable
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.receiving import receive_left

_MOST: Final = 2000
"""Mails of one run; the rest waits for the next."""


class Maildir:
    """What is in one maildir; it is the operator's, and so is whoever may write there."""

    def __init__(self, path: Path, complaint_addresses: frozenset[str], most_bytes: int) -> None:
        """Prepare; a mail of more than `most_bytes` is read no further than that."""
        self._path = path
        self._complaint_addresses = complaint_addresses
        self._most_bytes = most_bytes

    def collect(self, mailroom: Mailroom) -> int:
        """Keep what its new mails tell and put them aside, the oldest first; return how many there were.

        Raises:
            Unavailable: the maildir or the database is away; what is not kept stays where it is.
        """
        try:
            mails = sorted(self._new(), key=lambda each: each.stat().st_mtime)[:_MOST]
            for path in mails:
                self._take(mailroom, path)
        except OSError as failed:
            raise Unavailable(f"The maildir {self._path} cannot be read: {failed.strerror}.") from failed
        return len(mails)

    def _new(self) -> list[Path]:
        with os.scandir(self._path / "new") as entries:
            return [
                Path(each.path)
                for each in entries
                if not each.name.startswith(".") and each.is_file(follow_symlinks=False)
            ]

    def _take(self, mailroom: Mailroom, path: Path) -> None:
        with path.open("rb") as file:
            raw = file.read(self._most_bytes)
        understood = receive_left(mailroom, raw, self._complaint_addresses)
        mailroom.between_steps("maildir mail kept")
        flags = "S" if understood else "FS"
        path.rename(self._path / "cur" / f"{path.name.partition(':')[0]}:2,{flags}")
