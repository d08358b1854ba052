"""Archives of reports: CSV files from a stream of lines, in one pass, the same bytes for the same lines."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType
from postroom.contacts.settings import AccountSettings
from postroom.dialects.flows.cells import Spelling, quoter
from postroom.dialects.flows.writing import zip_entry
from postroom.dialects.folders.reporting import (
    CLICKED,
    OPENED,
    OPTED_OUT,
    files_about,
    report_columns,
    report_encoding,
)
from postroom.store.reports import ReactionLine

_REACTIONS: Final = {
    CLICKED: EventType.CLICKED.value,
    OPENED: EventType.OPENED.value,
    OPTED_OUT: EventType.UNSUBSCRIBED.value,
}
"""What events the name of a file means."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An archive to be written: about a campaign (0: all of them), on these channels."""

    path: Path
    campaign_id: int
    channels: Sequence[Channel]


class Archives:
    """Writes archives from lines in the order of campaigns, channels and types; memory is bounded."""

    def __init__(self, lines: Iterator[ReactionLine], settings: AccountSettings, moment: datetime) -> None:
        """Take lines; `moment` becomes the time of the files in archives."""
        self._files = groupby(lines, key=lambda each: each.file)
        self._next = next(self._files, None)
        self._moment = moment
        self._encoding = report_encoding(settings)
        self._plain = self._encoding == "utf-8"
        quote = quoter(Spelling(separator=settings.separator))
        header = settings.separator.join(quote(name) for _field, name in report_columns(settings))
        self._header = f"{header}\n".encode(self._encoding, "replace")

    def write(self, wanted: Wanted) -> int:
        """Write an archive, its files in the order of their lines; return how many lines are in it.

        Archives are asked for by rising `campaign_id`.
        """
        count = 0
        with zipfile.ZipFile(wanted.path, "x") as archive:
            for name in files_about(wanted.channels):
                with archive.open(zip_entry(name, self._moment), "w", force_zip64=True) as file:
                    file.write(self._header)
                    for line in self._lines_of(wanted.campaign_id, name):
                        file.write(line)
                        count += 1
        return count

    def _lines_of(self, campaign_id: int, name: str) -> Iterator[bytes]:
        channel, _, reaction = name.removesuffix(".csv").partition("_")
        sought = (campaign_id, channel, _REACTIONS[reaction])
        while self._next is not None and self._next[0] < sought:
            self._next = next(self._files, None)
        if self._next is not None and self._next[0] == sought:
            for each in self._next[1]:
                yield self._encoded(each.line)

    def _encoded(self, line: bytes) -> bytes:
        # A character that the encoding has not becomes a question mark (specs, OUT flows section 2).
        return line if self._plain or line.isascii() else line.decode().encode(self._encoding, "replace")
