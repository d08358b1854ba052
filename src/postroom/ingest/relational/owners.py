"""Whom the records of a run mean: contacts by their ids, by e-mail and first name, or by customer key."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import polars as pl

from postroom.contacts.criteria import Criterion
from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict
from postroom.ingest.background import Background, Foreground
from postroom.ingest.cleaning import Cleaner
from postroom.ingest.emails import Emails
from postroom.ingest.identifying import owners
from postroom.ingest.keys import dedup_keys
from postroom.ingest.literals import array
from postroom.ingest.relational.findings import Findings
from postroom.ingest.relational.plans import CONTACT_ID
from postroom.store import relational_rows
from postroom.store.database import Connection
from postroom.store.identifiers import any_identifiers, identifying_fields

_MET = {"key": pl.String, CONTACT_ID: pl.Int64}


class Owners:
    """Finds the contacts that records name."""

    def __init__(
        self,
        connection: Connection,
        account_id: int,
        settings: AccountSettings,
        background: Background | Foreground,
    ) -> None:
        """Look among the contacts of an account, once `background` is settled."""
        self._connection = connection
        self._account_id = account_id
        self._settings = settings
        self._background = background
        self._cleaner = Cleaner()
        self._emails = Emails()

    def find(self, columns: Sequence[pl.Series], contact: Mapping[str, int], findings: Findings) -> pl.Series:
        """Return the contact of each record, null for those that mean nobody, which are refused."""
        if CONTACT_ID in contact:
            return self._by_id(columns[contact[CONTACT_ID]], findings)
        if self._settings.criterion is Criterion.REFERENCE:
            texts = self._cleaned(columns, contact.get("customer_key"))
            self._refuse(findings, texts.is_null(), Verdict.MISSING_CUSTOMER_KEY, texts)
            return self._by_key(texts, Criterion.REFERENCE, None, findings)
        texts = self._cleaned(columns, contact.get("email"))
        self._refuse(findings, texts.is_null(), Verdict.MISSING_EMAIL, texts)
        # A star before an address means a duplicate where one is made.
        addresses = self._emails.normalised(texts.str.strip_prefix("*"))
        self._refuse(findings, texts.is_not_null() & addresses.is_null(), Verdict.INVALID_EMAIL, texts)
        first = columns[contact["first"]] if "first" in contact else None
        return self._by_key(addresses, Criterion.EMAIL, first, findings)

    def _by_id(self, column: pl.Series, findings: Findings) -> pl.Series:
        ids = column.cast(pl.Int64, strict=False)
        self._background.settle()
        standing = relational_rows.standing_contacts(
            self._connection, self._account_id, ids.drop_nulls().unique().to_list()
        )
        absent = ~ids.is_in(list(standing)).fill_null(value=False)
        self._refuse(findings, absent, Verdict.NO_SUCH_CONTACT, column)
        return ids.set(absent, None).alias(CONTACT_ID)

    def _by_key(
        self, values: pl.Series, criterion: Criterion, first: pl.Series | None, findings: Findings
    ) -> pl.Series:
        name = "email" if criterion is Criterion.EMAIL else "reference"
        distinct = values.drop_nulls().unique().alias(name)
        keys = dedup_keys(distinct.to_frame(), criterion, self._cleaner)
        wanted = array(keys.sort())
        self._background.settle()
        found = relational_rows.match_contacts(self._connection, self._account_id, wanted)
        met = pl.read_csv(io.BytesIO(found.encode()), has_header=False, schema=_MET, raise_if_empty=False)
        known = pl.DataFrame({"value": distinct, "key": keys}).join(met, on="key", how="left")
        result = values.to_frame("value").join(known, on="value", how="left", maintain_order="left")
        contact_ids, several = self._told_apart(result, known, first)
        self._refuse(findings, several, Verdict.SEVERAL_CONTACTS, values)
        absent = values.is_not_null() & contact_ids.is_null() & ~several
        self._refuse(findings, absent, Verdict.NO_SUCH_CONTACT, values)
        return contact_ids

    def _told_apart(
        self, rows: pl.DataFrame, known: pl.DataFrame, first: pl.Series | None
    ) -> tuple[pl.Series, pl.Series]:
        """Tell those of one address apart by first names: whom rows mean, and which could mean several."""
        contact_ids = rows[CONTACT_ID]
        several = pl.Series([False], dtype=pl.Boolean).new_from_index(0, rows.height)
        if not any_identifiers(self._connection, self._account_id):
            return contact_ids, several
        shared = owners(self._connection, self._account_id, known["key"])
        if shared.is_empty():
            return contact_ids, several
        names = self._first_names(pl.concat([shared["contact_id"], known[CONTACT_ID].drop_nulls()]).unique())
        candidates: dict[str, set[int]] = {}
        for identifier, contact_id in shared.iter_rows():
            candidates.setdefault(identifier, set()).add(contact_id)
        found = contact_ids.to_list()
        ambiguous = []
        for place, (key, own) in enumerate(rows.select("key", CONTACT_ID).iter_rows()):
            if key not in candidates:
                continue
            wanted = (first[place] if first is not None else "").strip().lower()
            found[place] = _one_of(candidates[key] | ({own} if own else set()), wanted, names)
            ambiguous += [place] if found[place] is None else []
        return pl.Series(CONTACT_ID, found, dtype=pl.Int64), several.scatter(ambiguous, values=True)

    def _first_names(self, contact_ids: pl.Series) -> dict[int, str]:
        rows = identifying_fields(
            self._connection, self._account_id, ["first_name"], array(contact_ids.sort())
        )
        return {row["contact_id"]: (row["first_name"] or "").strip().lower() for row in rows}

    def _cleaned(self, columns: Sequence[pl.Series], place: int | None) -> pl.Series:
        if place is None:
            return pl.Series([None], dtype=pl.String).new_from_index(0, len(columns[0]))
        return self._cleaner.cleaned(columns[place])

    def _refuse(self, findings: Findings, where: pl.Series, verdict: Verdict, values: pl.Series) -> None:
        if where.any():
            findings.refuse(where.arg_true(), verdict, values.filter(where).fill_null("").to_list())


def _one_of(candidates: set[int], first: str, names: Mapping[int, str]) -> int | None:
    standing = sorted(candidates & names.keys())
    named = [each for each in standing if first and names[each] == first]
    if named:
        return named[0]
    return standing[0] if len(standing) == 1 else None
