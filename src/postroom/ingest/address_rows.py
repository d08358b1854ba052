"""The addresses that the rows of an opt-out or opt-in file name."""

from __future__ import annotations

import polars as pl

from postroom.contacts.batches import RowIssue
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.media import ADDRESS_FIELD, PHONE_KIND, Medium
from postroom.contacts.reasons import INVALID_ADDRESS, Reason
from postroom.ingest.cleaning import Cleaner, longer
from postroom.ingest.emails import Emails
from postroom.ingest.feedback import IssueSink
from postroom.ingest.frames import Frame
from postroom.ingest.phones import Phones


class AddressReader:
    """The vectorised twin of `contacts.optouts.address_row`, frame by frame."""

    def __init__(self, medium: Medium, region: str, on_issue: IssueSink) -> None:
        """Read addresses of a medium; `region` says what a number without country code means."""
        self._medium = medium
        self._field = ADDRESS_FIELD[medium]
        self._on_issue = on_issue
        self._cleaner = Cleaner()
        self._column = Emails() if self._field == "email" else Phones(region, PHONE_KIND[medium])

    def __call__(self, frame: Frame) -> tuple[pl.DataFrame, int]:
        """Return the rows taken (line, address), and how many were refused."""
        for issue in frame.issues:
            self._on_issue(issue)
        texts = self._cleaner.cleaned(frame.data[self._field])
        too_long = longer(texts, MAX_VALUE_CHARACTERS)
        found = self._column.normalised(texts).set(too_long, None)
        data = frame.data.select("line", texts.alias("text"), found.alias("address"), too_long.alias("long"))
        refused = data.filter(pl.col("address").is_null())
        for line, text, _address, long in refused.iter_rows():
            self._on_issue(RowIssue(line, *self._verdict(text, long=long), frame.cells(line), refused=True))
        rows = data.filter(pl.col("address").is_not_null()).select("line", "address")
        return rows, len(frame.issues) + refused.height

    def _verdict(self, text: str | None, *, long: bool) -> tuple[Reason, str]:
        if text is None:
            return Reason.MISSING_MEDIUM_VALUE, self._medium.value
        if long:
            return Reason.VALUE_TOO_LONG, self._field
        return INVALID_ADDRESS[self._field], text
