"""From frames of raw text to rows ready to merge: normalised, each key once, in key order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from postroom.contacts.settings import AccountSettings
from postroom.ingest.collapsing import collapsed
from postroom.ingest.digests import KnownRows, with_digest
from postroom.ingest.feedback import IssueSink, tell_issues
from postroom.ingest.frames import Frame
from postroom.ingest.normalise import Normalised, Normaliser


@dataclass(frozen=True, slots=True)
class PreparedFrame:
    """Rows to merge and how the frame's other rows ended.

    `rows` has position (0, 1, …), dedup_key (32 hexadecimal digits or null), key_hash (64 bits, this process
    only), digest (64 bits or null) and the fields; in order of the key, for the index's sake. `known` are the
    ids of contacts whose rows are as they were last time; those rows are in `raw` only. Where any identifier
    is enough, matching_any says what `rows` has instead of keys, and `identities` what contacts are met by
    afterwards.
    """

    raw: pl.DataFrame
    known: pl.Series
    rows: pl.DataFrame
    accepted: int
    read: int = 0
    refused: int = 0
    warnings: int = 0
    identities: Mapping[int, Sequence[str | None]] = field(default_factory=dict)


class Preparer:
    """Prepares the frames of one file, in order."""

    def __init__(
        self, settings: AccountSettings, fields: tuple[str, ...], known: KnownRows, on_issue: IssueSink
    ) -> None:
        """Prepare for one account's settings, the fields that the file brings and the rows known already."""
        self._settings = settings
        self._fields = fields
        self._known = known
        self._on_issue = on_issue
        self._normaliser = Normaliser(settings)

    def prepare(self, frame: Frame) -> PreparedFrame:
        """Prepare a frame; refusals and warnings go to `on_issue` on the way."""
        raw = with_digest(frame.data, self._fields, self._settings)
        unknown, known = self._known.split(raw)
        result = self._normaliser.normalise(unknown)
        tell_issues(frame, result, self._on_issue)
        return PreparedFrame(
            raw=raw,
            known=known,
            rows=self._ready(result, unknown),
            accepted=result.accepted.height,
            read=frame.rows,
            refused=len(frame.issues) + result.refused.height,
            warnings=result.warnings.height,
        )

    def prepare_whole(self, raw: pl.DataFrame) -> PreparedFrame:
        """Prepare a frame's raw rows again, as if none were known."""
        nobody = pl.Series("contact_id", [], dtype=pl.Int64)
        result = Normaliser(self._settings).normalise(raw)
        return PreparedFrame(raw, nobody, self._ready(result, raw), result.accepted.height)

    def _ready(self, result: Normalised, raw: pl.DataFrame) -> pl.DataFrame:
        rows = result.accepted.with_columns(_digests(result, raw))
        erasing = self._settings.empty_cells == "erase"
        single = collapsed(rows, self._fields, erasing=erasing)
        return single.sort("dedup_key", nulls_last=True).select(
            pl.int_range(pl.len(), dtype=pl.Int32).alias("position"),
            "dedup_key",
            pl.when(pl.col("dedup_key").is_not_null()).then(pl.col("dedup_key").hash()).alias("key_hash"),
            "digest",
            *self._fields,
        )


def _digests(result: Normalised, raw: pl.DataFrame) -> pl.Series:
    """Return the accepted rows' digests; null for rows that must be looked at again next time."""
    if result.refused.height:
        raw = raw.filter(~pl.col("line").is_in(result.refused["line"].implode()))
    again = result.accepted["dedup_key"].is_null()
    if result.warnings.height:
        again |= result.accepted["line"].is_in(result.warnings["line"].implode())
    return raw.select(pl.when(~again).then(pl.col("digest")).alias("digest")).to_series()
