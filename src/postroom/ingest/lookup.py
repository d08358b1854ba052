"""Looking many numbers up among many others, without building a hash table for each look."""

from __future__ import annotations

import polars as pl


class SortedNumbers:
    """Sixty-four-bit numbers in order, held once (eight bytes each)."""

    def __init__(self, numbers: pl.Series) -> None:
        """Hold `numbers`, which must be in ascending order."""
        self._numbers = numbers

    def __len__(self) -> int:
        """Count them."""
        return len(self._numbers)

    def places(self, wanted: pl.Series) -> pl.Series:
        """Return where each of `wanted` stands among the numbers, null where it does not."""
        if self._numbers.is_empty():
            return pl.Series("place", [None], dtype=pl.UInt32).new_from_index(0, len(wanted))
        nearest = self._numbers.search_sorted(wanted).clip(upper_bound=len(self._numbers) - 1)
        found = self._numbers.gather(nearest) == wanted
        return pl.select(pl.when(found.fill_null(value=False)).then(nearest).alias("place")).to_series()

    def joined(self, more: pl.Series) -> SortedNumbers:
        """Return these numbers and `more` of them."""
        return SortedNumbers(pl.concat([self._numbers, more]).sort())
