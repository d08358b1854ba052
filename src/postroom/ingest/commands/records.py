"""Records of commands as rows fit to merge: blanks keep, NULL erases, the law of rows refuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import polars as pl

from postroom.contacts.commands import Run
from postroom.contacts.criteria import Criterion
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.telling import CommandRefused, Telling
from postroom.ingest.normalise import Normalised, Normaliser

FIELDS: Mapping[str, str] = {
    "email": "email",
    "first": "first_name",
    "last": "last_name",
    "company": "company",
    "address_1": "address1",
    "address_2": "address2",
    "city": "city",
    "state": "state",
    "zip": "zipcode",
    "country": "country",
    "phone": "phone",
    "fax": "fax",
    "customer_key": "reference",
}
"""The contact fields of the protocol, without regard to case (specs, command batches 3.1)."""

FORMATS: Mapping[str, int] = {
    "1": 1,
    "2": 2,
    "99": 99,
    "plain": 1,
    "plain_text": 1,
    "html": 2,
    "mime": 99,
    "multi": 99,
    "multipart": 99,
}
"""Codes and words of formats, in lower case (specs, command batches 3.2)."""

ERASED = "\x00"
"""Stands for a value that NULL erases; no normalised value has a control character."""

WHO = frozenset({"email", "reference", "first_name"})
"""The fields that say whom a command means that gives nobody any values."""

_CUSTOM = "custom_"
_FLAGS = {"": False, "0": False, "false": False, "1": True, "true": True}
SAID_FORMATS = ("format", "format_number", "format_text")
"""The fields that say a format."""

_NOBODY = frozenset({Reason.NO_MEANS, Reason.INVALID_PHONE, Reason.INVALID_MOBILE})


class CustomColumns(Protocol):
    """Where the values of an account's custom fields are, and what they may be."""

    def column(self, name: str) -> str | None:
        """Return the contact field that holds a custom field, None when there is none of that name."""

    def typed(self, name: str, text: str) -> str | Verdict:
        """Return a value as it is stored, or why it cannot be."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The good records of a run.

    `frame` has row (the record's place in the run), line, dedup_key (32 hexadecimal digits), duplicate,
    format (1, 2, 99 or null) and `fields`, in the order of CONTACT_FIELDS; a value is null where nothing is
    said, ERASED where NULL is.
    """

    frame: pl.DataFrame
    fields: tuple[str, ...]

    def having(self, frame: pl.DataFrame) -> Rows:
        """Return these rows with another frame."""
        return Rows(frame, self.fields)


class RecordReader:
    """Reads the records of one account's commands."""

    def __init__(self, settings: AccountSettings, custom: CustomColumns) -> None:
        """Read for an account: blanks keep and odd values only warn, whatever it has set for files."""
        self._settings = settings
        self._custom = custom
        # Custom fields have been seen to by `custom`, which knows those that the batch makes and deletes.
        lenient = replace(settings, strict=False, empty_cells="keep", custom={})
        self._normaliser = Normaliser(lenient)
        self._by_address = Normaliser(replace(lenient, criterion=Criterion.EMAIL))

    def read(
        self, run: Run, telling: Telling, *, only: Collection[str] | None = None, by_address: bool = False
    ) -> Rows:
        """Judge the records of a run; those that are refused are told and left out.

        With `only` some contact fields are looked at, and others mean nothing. Keys are those of addresses
        with `by_address`, whatever identifies the account's contacts. Raises CommandRefused when the records
        have no field for what identifies.
        """
        cells = _Cells(run, telling, self._custom, only)
        needed = {"email": "email"} if by_address else self._needed()
        for field, name in needed.items():
            if field not in cells.contact:
                raise CommandRefused(Verdict.MISSING_FIELD, name)
        duplicate = _starred(cells.contact)
        erased = _erased(cells.contact, keeping=needed)
        rows = pl.int_range(len(run), dtype=pl.Int64, eager=True).alias("line")
        normaliser = self._by_address if by_address else self._normaliser
        result = normaliser.normalise(pl.DataFrame([rows, *cells.contact.values()]))
        good = _told(result, telling).rename({"line": "row"})
        places = good["row"]
        for field, gone in erased.items():
            value = pl.when(gone.gather(places)).then(pl.lit(ERASED)).otherwise(pl.col(field)).alias(field)
            good = good.with_columns(value)
        lines = pl.Series("line", run.lines, dtype=pl.Int64)
        good = good.with_columns(
            lines.gather(places),
            (duplicate | cells.duplicates()).gather(places).alias("duplicate"),
            cells.formats().gather(places).alias("format"),
        )
        return Rows(good, tuple(name for name in CONTACT_FIELDS if name in cells.contact))

    def _needed(self) -> dict[str, str]:
        needed = {"email": "email"}
        if self._settings.criterion is Criterion.REFERENCE:
            needed["reference"] = "customer_key"
        return needed


class _Cells:
    """The columns of a run, by contact field as sent, and by name those that say something else."""

    def __init__(
        self, run: Run, telling: Telling, custom: CustomColumns, only: Collection[str] | None
    ) -> None:
        self.contact: dict[str, pl.Series] = {}
        self._telling = telling
        self._rows = len(run)
        self._special: dict[str, pl.Series] = {}
        for place, name in enumerate(run.command.fields):
            field = FIELDS.get(name.lower())
            special = name.lower() in {"duplicate", *SAID_FORMATS}
            own = name.removeprefix(_CUSTOM) if name.startswith(_CUSTOM) else None
            if own is not None:
                field = custom.column(own)
            if special:
                self._special[name.lower()] = _column(run, place, name)
            elif only is not None and field not in only:
                continue
            elif field is None or field in self.contact:
                said = _column(run, place, name) != ""
                telling.ignore_field(name, said.arg_true().to_list())
            else:
                column = _column(run, place, field)
                self.contact[field] = column if own is None else self._typed(column, own, custom)

    def duplicates(self) -> pl.Series:
        """Tell which records ask for one more contact with an address."""
        return self._read("duplicate", _FLAGS, pl.Boolean).fill_null(value=False)

    def formats(self) -> pl.Series:
        """Return the format that each record asks for, null where none does."""
        found = pl.Series("format", [None], dtype=pl.Int16).new_from_index(0, self._rows)
        for name in SAID_FORMATS:
            found = found.to_frame().select(pl.coalesce("format", self._read(name, FORMATS, pl.Int16)))[
                "format"
            ]
        return found

    def _read(self, name: str, meanings: Mapping[str, int], dtype: type[pl.DataType]) -> pl.Series:
        if name not in self._special:
            return pl.Series("read", [None], dtype=dtype).new_from_index(0, self._rows)
        words = self._special[name].str.to_lowercase()
        read = words.replace_strict(list(meanings), list(meanings.values()), default=None, return_dtype=dtype)
        for row in (read.is_null() & (words != "")).arg_true().to_list():
            self._telling.warn(row, Verdict.BAD_VALUE, self._special[name][row])
        return read.alias("read")

    def _typed(self, column: pl.Series, name: str, custom: CustomColumns) -> pl.Series:
        """Return the values of a custom field as they are stored, those left out that cannot be."""
        distinct = [text for text in column.unique().to_list() if text not in {"", "NULL"}]
        stored = {text: custom.typed(name, text) for text in distinct}
        changed = {text: value for text, value in stored.items() if value != text}
        if not changed:
            return column
        wrong = {text: value for text, value in changed.items() if isinstance(value, Verdict)}
        for row in column.is_in(list(wrong)).arg_true().to_list():
            self._telling.warn(row, wrong[column[row]], f"{name}={column[row]}")
        values = [None if text in wrong else value for text, value in changed.items()]
        return column.replace(list(changed), pl.Series(values, dtype=pl.String))


def _column(run: Run, place: int, name: str) -> pl.Series:
    return pl.Series(name, [row[place] for row in run.rows], dtype=pl.String)


def _starred(contact: dict[str, pl.Series]) -> pl.Series:
    """Take the star off addresses that have one; return which had."""
    starred = contact["email"].str.starts_with("*")
    if starred.any():
        contact["email"] = contact["email"].str.strip_prefix("*")
    return starred


def _erased(contact: dict[str, pl.Series], *, keeping: Collection[str]) -> dict[str, pl.Series]:
    """Take NULL out of the columns; return where it stood, by field, but for those that identify."""
    found = {}
    for field, column in contact.items():
        null = column == "NULL"
        if null.any():
            contact[field] = column.set(null, None)
            if field not in keeping:
                found[field] = null.fill_null(value=False)
    return found


def _told(result: Normalised, telling: Telling) -> pl.DataFrame:
    """Tell what was refused and left out; return the rows that have an e-mail address."""
    for row, code, value in result.refused.iter_rows():
        reason = Reason(code)
        if reason in _NOBODY:
            telling.fail(row, Verdict.MISSING_EMAIL)
        elif reason is Reason.MISSING_REFERENCE:
            telling.fail(row, Verdict.MISSING_CUSTOMER_KEY)
        else:
            telling.fail(row, Verdict(code), value)
    accepted = result.accepted
    wrong = dict(
        result.warnings.filter(pl.col("reason") == Reason.INVALID_EMAIL).select("line", "value").iter_rows()
    )
    for row in accepted.filter(pl.col("email").is_null())["line"]:
        if row in wrong:
            telling.fail(row, Verdict.INVALID_EMAIL, wrong[row])
        else:
            telling.fail(row, Verdict.MISSING_EMAIL)
    good = accepted.filter(pl.col("email").is_not_null())
    if result.warnings.height:
        warned = result.warnings.filter(pl.col("line").is_in(good["line"].implode()))
        for row, code, value in warned.iter_rows():
            telling.warn(row, Verdict(code), value)
    return good
