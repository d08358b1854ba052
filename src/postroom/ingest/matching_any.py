"""Imports into accounts whose contacts are met by any one identifier."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from postroom.contacts.settings import AccountSettings
from postroom.ingest.background import Background
from postroom.ingest.collapsing import collapsed
from postroom.ingest.feedback import IssueSink
from postroom.ingest.frames import Frame
from postroom.ingest.identifying import note_identifiers
from postroom.ingest.keys import identifier_columns
from postroom.ingest.literals import array
from postroom.ingest.meeting import Acquaintances, Identifiers, RowReader, identifying_values, tell
from postroom.ingest.merging import FrameMerger
from postroom.ingest.normalise import Normalised, Normaliser
from postroom.ingest.preparing import PreparedFrame
from postroom.store import identifiers
from postroom.store.database import Connection
from postroom.store.merge import Matched


class AnyMatcher:
    """Finds out whom the rows of one file mean; each frame is merged before the next is matched."""

    def __init__(
        self,
        connection: Connection,
        account_id: int,
        settings: AccountSettings,
        fields: tuple[str, ...],
        background: Background,
        *,
        on_issue: IssueSink,
    ) -> None:
        """Match for one account's settings and the fields that the file brings."""
        self._connection = connection
        self._account_id = account_id
        self._settings = settings
        self._fields = fields
        self._background = background
        self._on_issue = on_issue
        self._normaliser = Normaliser(settings)

    def normalise(self, frame: Frame) -> Normalised:
        """Judge a frame's rows, without the database and without telling of any yet."""
        return self._normaliser.normalise(frame.data)

    def match(self, frame: Frame, result: Normalised) -> PreparedFrame:
        """Return one row for each contact that rows mean, as it is to be merged; tell of all others.

        The rows have a column `contact`: its id, or a negative number for one that is to be made.
        """
        accepted = result.accepted
        reader = self._reader(accepted)
        contact = pl.Series("contact", reader.read(accepted), dtype=pl.Int64)
        ambiguous = {accepted["line"][place]: value for place, value in reader.ambiguous.items()}
        refused, warnings = tell(frame, result, ambiguous, self._on_issue)
        meant = accepted.with_columns(contact).filter(pl.col("contact").is_not_null())
        return PreparedFrame(
            raw=frame.data,
            known=pl.Series("contact_id", [], dtype=pl.Int64),
            rows=self._single(meant),
            accepted=meant.height,
            read=frame.rows,
            refused=refused,
            warnings=warnings,
            identities=reader.identities,
        )

    def _reader(self, accepted: pl.DataFrame) -> RowReader:
        criterion = self._settings.criterion
        self._background.settle()
        columns = accepted.select(identifier_columns(criterion))
        known = Acquaintances.of_rows(self._connection, self._account_id, columns)
        values = identifying_values(self._connection, self._account_id, criterion, known.contacts())
        return RowReader(known, values, criterion, erasing=self._erasing)

    def _single(self, meant: pl.DataFrame) -> pl.DataFrame:
        """Make one row of all about one contact, new contacts last and in the order of their numbers."""
        no_digest = pl.lit(None, dtype=pl.Int64).alias("digest")
        by_contact = meant.select(
            "line", pl.col("contact").cast(pl.String).alias("dedup_key"), no_digest, *self._fields
        )
        single = collapsed(by_contact, self._fields, erasing=self._erasing)
        contact = pl.col("dedup_key").cast(pl.Int64).alias("contact")
        return (
            single.with_columns(contact)
            .sort("contact", descending=True)
            .select(
                pl.int_range(pl.len(), dtype=pl.Int32).alias("position"),
                pl.lit(None, dtype=pl.String).alias("dedup_key"),
                "digest",
                "contact",
                *self._fields,
            )
        )

    @property
    def _erasing(self) -> bool:
        return self._settings.empty_cells == "erase"


class AnyMerger(FrameMerger):
    """Merges frames that AnyMatcher has matched."""

    def merge(self, frame: PreparedFrame) -> None:
        """Bring a frame's rows into contacts and onto the list, and note by what these are met now."""
        rows = frame.rows
        known = rows.filter(pl.col("contact") > 0)
        fresh = rows.filter(pl.col("contact") < 0)
        if known.height:
            self._join(known["contact"])
            self._update(
                rows, Matched(differing=known["position"].to_list(), differing_ids=known["contact"].to_list())
            )
        first = self._insert(fresh) if fresh.height else 0
        self._background.settle()
        self._note(frame.identities, first)
        self._tally.add_collapsed(frame.accepted - rows.height)

    def _join(self, contacts: pl.Series) -> None:
        joined = identifiers.join_known(self._connection, self._merging, array(contacts.sort()))
        self.added += len(joined)
        self._journal.joined(joined)

    def _note(self, identities: Mapping[int, Identifiers], first: int) -> None:
        """Note what contacts are met by; the new ones have the ids from `first` on."""
        changed = pl.Series(sorted(contact for contact in identities if contact > 0), dtype=pl.Int64)
        if len(changed):
            identifiers.forget_identifiers(self._connection, self._merging.account_id, array(changed))
        owned = [
            (identifier, contact if contact > 0 else first - contact - 1)
            for contact, by in identities.items()
            for identifier in by
            if identifier
        ]
        schema = {"identifier": pl.String, "contact_id": pl.Int64}
        if owned:
            note_identifiers(
                self._connection, self._merging.account_id, pl.DataFrame(owned, schema=schema, orient="row")
            )
