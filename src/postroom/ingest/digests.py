"""Knowing a row again by its digest, so that an unchanged file costs no more than reading it."""

from __future__ import annotations

import io

import polars as pl
import polars_hash as plh

from postroom.contacts.addresses import LIBRARIES
from postroom.contacts.criteria import SEPARATOR
from postroom.contacts.settings import AccountSettings
from postroom.ingest.lookup import SortedNumbers
from postroom.store import merge
from postroom.store.database import Connection
from postroom.store.merge import Merging

LAW = f"2 with {LIBRARIES}"
"""Raise whenever the law of rows changes: the same text then means something else."""

WORTH_ROWS = 5_000
"""From how many rows on a list's digests are worth loading."""

MOST_MEMBERS = 5_000_000
"""Sixteen bytes each are held in memory."""

_SCHEMA = {"digest": pl.Int64, "contact_id": pl.Int64}


def with_digest(
    data: pl.DataFrame, fields: tuple[str, ...], settings: AccountSettings, law: str = LAW
) -> pl.DataFrame:
    """Add `digest` (64 bits, the same on every machine) of each row as sent, and of what it is sent for."""
    meaning = ",".join(
        (
            f"law {law}",
            settings.criterion.value,
            settings.region,
            str(settings.strict),
            settings.empty_cells,
            *fields,
        )
    )
    cells = (pl.col(field).fill_null("") for field in fields)
    payload = data.select(pl.concat_str(pl.lit(meaning), *cells, separator=SEPARATOR).alias("payload"))
    digest = payload.select(plh.col("payload").nchash.xxh3_64().reinterpret(signed=True).alias("digest"))
    return data.with_columns(digest["digest"])


class KnownRows:
    """The rows that a list's contacts were last imported from."""

    def __init__(self, digests: pl.DataFrame) -> None:
        """Hold `digests`: digest and contact_id."""
        ordered = digests.sort("digest")
        self._digests = SortedNumbers(ordered["digest"])
        self._contact_ids = ordered["contact_id"]

    @classmethod
    def of_list(
        cls, connection: Connection, merging: Merging, *, lines: int, worth: int, most: int = MOST_MEMBERS
    ) -> KnownRows:
        """Load what a list of at most `most` contacts was imported from, for `worth` lines or more."""
        if lines < worth or not lines // 4 <= merge.count_members(connection, merging) <= most:
            return cls(pl.DataFrame(schema=_SCHEMA))
        digests = pl.DataFrame(schema=_SCHEMA)
        for csv in merge.digests_of_list(connection, merging):
            digests = digests.vstack(pl.read_csv(io.BytesIO(csv.encode()), has_header=False, schema=_SCHEMA))
        return cls(digests)

    def split(self, data: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """Return the rows that are not known, and the contact ids of the others."""
        if not len(self._digests):
            return data, pl.Series("contact_id", [], dtype=pl.Int64)
        places = self._digests.places(data["digest"])
        return data.filter(places.is_null()), self._contact_ids.gather(places.drop_nulls())
