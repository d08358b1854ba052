"""The vectorised twin of `contacts.rows`: from frames of raw text to values, keys and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from postroom.contacts.criteria import KEY_FIELDS, Criterion
from postroom.contacts.fields import CONTACT_FIELDS, MAX_VALUE_CHARACTERS, MEANS
from postroom.contacts.reasons import INVALID_ADDRESS, Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.cleaning import Cleaner, longer
from postroom.ingest.dates import BirthDates
from postroom.ingest.emails import Emails
from postroom.ingest.keys import dedup_keys, identifier_columns, identifiers
from postroom.ingest.phones import Phones
from postroom.ingest.typed_columns import typed_columns

_Shown = tuple[Reason, pl.Expr]
"""Why values of a field are blanked, and what is shown of one."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """What became of a frame.

    `accepted` has line, dedup_key (32 hexadecimal digits or null) and the normalised fields that the frame
    had, in the order of CONTACT_FIELDS, birth_date as a date; where any identifier is enough, the columns of
    `keys.identifier_columns` come in the place of keys, which are null. `refused` and `warnings` have line,
    reason (a code) and value. All keep the order of the frame; the warnings of one row are in the order of
    email, phone, mobile, birth_date, custom fields.
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame
    warnings: pl.DataFrame


class Normaliser:
    """Normalises the frames of one account; what it learns of odd values on one frame it uses on the next.

    Not to be shared between threads.
    """

    def __init__(self, settings: AccountSettings, *, identifying: bool = False) -> None:
        """Prepare for the account's region, criterion and strictness.

        With `identifying` a row need not reach anybody, but must have a key; only the fields of the criterion
        are looked at.
        """
        self._settings = settings
        self._identifying = identifying
        self._fields = [
            name for name in CONTACT_FIELDS if not identifying or name in KEY_FIELDS[settings.criterion]
        ]
        self._identifiers = identifier_columns(settings.criterion) if settings.matches_any else []
        self._cleaner = Cleaner()
        self._emails = Emails()
        self._phones = {kind: Phones(settings.region, kind) for kind in ("phone", "mobile")}
        self._dates = BirthDates()
        self._custom = typed_columns(settings)

    def normalise(self, frame: pl.DataFrame) -> Normalised:
        """Judge a frame of `line` and raw text columns by contact field, row for row as the law does."""
        present = [name for name in self._fields if name in frame.columns]
        texts = frame.select("line", *(self._cleaner.cleaned(frame[name]) for name in present))
        values = texts.with_columns(self._typed(texts))
        values = values.with_columns(self._identities(values))
        good = self._good(texts, values)
        refused = self._refused(texts.filter(~good), values.filter(~good))
        if refused.height:
            texts, values = texts.filter(good), values.filter(good)
        accepted = values.select("line", "dedup_key", *self._identifiers, *present)
        return Normalised(accepted, refused, self._warnings(texts, values))

    def _identities(self, values: pl.DataFrame) -> list[pl.Series]:
        criterion = self._settings.criterion
        if not self._settings.matches_any:
            return [dedup_keys(values, criterion, self._cleaner)]
        no_key = pl.Series("dedup_key", [None], dtype=pl.String).new_from_index(0, values.height)
        return [no_key, *identifiers(values, criterion, self._cleaner)]

    def _typed(self, texts: pl.DataFrame) -> list[pl.Series]:
        typed = [
            phones.normalised(texts[kind]).alias(kind)
            for kind, phones in self._phones.items()
            if kind in texts.columns
        ]
        if "email" in texts.columns:
            typed.append(self._emails.normalised(texts["email"]))
        if "birth_date" in texts.columns:
            typed.append(self._dates.read(texts["birth_date"]))
        typed += [self._custom[name].read(texts[name]) for name in self._custom if name in texts.columns]
        return typed

    def _good(self, texts: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
        means = [name for name in MEANS if name in texts.columns]
        if self._identifying:
            identities = self._identifiers or ["dedup_key"]
            good = values.select(pl.any_horizontal(pl.col(identities).is_not_null())).to_series()
        else:
            good = pl.repeat(value=False, n=texts.height, eager=True)
            for name in means:
                good |= values[name].is_not_null()
        for name in means if self._settings.strict else ():
            good &= values[name].is_not_null() | texts[name].is_null()
        if self._settings.criterion is Criterion.REFERENCE:
            good &= values["reference"].is_not_null() if "reference" in values.columns else pl.Series([False])
        for name in texts.columns[1:]:
            good &= ~longer(texts[name], MAX_VALUE_CHARACTERS)
        return good

    def _refused(self, texts: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
        """Say why, for rows that are known to be refused: the first reason that applies."""
        fields = texts.columns[1:]
        verdicts = [
            _verdict(
                pl.col(name).str.len_chars() > MAX_VALUE_CHARACTERS,
                Reason.VALUE_TOO_LONG,
                pl.lit(self._settings.shown(name)),
            )
            for name in fields
        ]
        if self._settings.criterion is Criterion.REFERENCE:
            missing = pl.col("reference").is_null() if "reference" in fields else pl.lit(value=True)
            verdicts.append(_verdict(missing, Reason.MISSING_REFERENCE, pl.lit("")))
        for name in MEANS:
            if name in fields:
                invalid = pl.col(name).is_not_null() & pl.lit(values[name]).is_null()
                verdicts.append(_verdict(invalid, INVALID_ADDRESS[name], pl.col(name)))
        verdicts.append(_verdict(pl.lit(value=True), *self._last_word()))
        return texts.select("line", pl.coalesce(verdicts).alias("verdict")).unnest("verdict")

    def _warnings(self, texts: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
        reasons = {**INVALID_ADDRESS, "birth_date": Reason.BAD_DATE}
        shown: dict[str, _Shown] = {name: (reason, pl.col(name)) for name, reason in reasons.items()}
        for name, typed in self._custom.items():
            shown[name] = (Reason.BAD_CUSTOM_VALUE, pl.lit(f"{typed.name}: ") + pl.col(name))
        return _blanked(texts, values, shown)

    def _last_word(self) -> tuple[Reason, pl.Expr]:
        if self._identifying:
            return Reason.MISSING_KEY, pl.lit(self._settings.criterion.value)
        return Reason.NO_MEANS, pl.lit("")


def _verdict(applies: pl.Expr, reason: Reason, value: pl.Expr) -> pl.Expr:
    said = pl.struct(pl.lit(reason.value).alias("reason"), value.alias("value"))
    return pl.when(applies).then(said)


def _blanked(texts: pl.DataFrame, values: pl.DataFrame, shown: Mapping[str, _Shown]) -> pl.DataFrame:
    """List the values of accepted rows that were blanked, by the fields of `shown`, with why."""
    found = []
    for name, (reason, value) in shown.items():
        if name in texts.columns:
            blanked = texts[name].is_not_null() & values[name].is_null()
            row = pl.arange(texts.height, eager=True).alias("row").filter(blanked)
            found.append(
                texts.filter(blanked)
                .select("line", pl.lit(reason.value).alias("reason"), value.alias("value"))
                .with_columns(row)
            )
    if not found:
        return (
            texts.select("line").clear().with_columns(pl.lit("").alias("reason"), pl.lit("").alias("value"))
        )
    return pl.concat(found).sort("row", maintain_order=True).drop("row")


def normalise(frame: pl.DataFrame, settings: AccountSettings) -> Normalised:
    """Normalise a single frame; see Normaliser for many."""
    return Normaliser(settings).normalise(frame)
