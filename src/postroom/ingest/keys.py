"""The vectorised twin of `contacts.criteria.dedup_key`."""

from __future__ import annotations

import polars as pl
import polars_hash as plh

from postroom.contacts.criteria import FOLDED_FIELDS, KEY_FIELDS, SEPARATOR, Criterion
from postroom.ingest.cleaning import Cleaner

KEY_CHARACTERS = 32


def dedup_keys(values: pl.DataFrame, criterion: Criterion, cleaner: Cleaner) -> pl.Series:
    """Return the key of each row of normalised fields as 32 hexadecimal digits, null when it has none."""
    present = [name for name in KEY_FIELDS[criterion] if name in values.columns]
    if not present:
        return pl.Series("dedup_key", [None], dtype=pl.String).new_from_index(0, values.height)
    # E-mail addresses are lower case already.
    folds = [cleaner.folded(values[name]) for name in present if name in FOLDED_FIELDS - {"email"}]
    parts = [pl.col(name).fill_null("") if name in present else pl.lit("") for name in KEY_FIELDS[criterion]]
    payload = pl.concat_str(pl.lit(criterion.value), *parts, separator=SEPARATOR)
    keyed = values.with_columns(folds).select(
        payload.alias("payload"), pl.any_horizontal(pl.col(present).is_not_null()).alias("identified")
    )
    digest = plh.col("payload").chash.sha2_256().str.head(KEY_CHARACTERS)
    return keyed.select(pl.when("identified").then(digest).alias("dedup_key")).to_series()
