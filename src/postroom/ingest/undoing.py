"""Taking an import back: what it did and nobody has touched since goes, everything else is told.

- A contact that it made is removed with its rows of tables, unless it was changed since, is on another list,
  or stands in the file of a later import.
- A value that it changed becomes what it was, where the contact still has the value that it gave.
- Whom it put on the list leaves it, unless named by the file of a later import onto this list.
- Whom it took off the list comes back, unless a later import has synchronised the list.
- Contacts that a change of criterion merged since, on either side, stay as they are in every respect: nobody
  can tell any more what of them is whose.
- The list goes when it was made by an import, is empty, and owed to nobody else.

Later imports count as long as they are not undone themselves. So imports undone from the newest backwards
leave what was before them. Opt-outs are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import KEY_FIELDS
from postroom.contacts.settings import AccountSettings
from postroom.contacts.undo import Kept, KeptContact
from postroom.ingest import counting
from postroom.ingest.identifying import identify_again
from postroom.ingest.journaling import COMMANDS, unpacked
from postroom.ingest.literals import array
from postroom.store import criteria, relational_rows
from postroom.store import journal as journals
from postroom.store.custom_fields import names_of_columns
from postroom.store.database import Connection
from postroom.store.journal import Journal
from postroom.store.undoing import JournalledContacts, contacts_by_id

LOT_ROWS = 50_000
"""How many contacts get their values back in one statement."""

CONTACT, LIST = "contact", "list"
"""What is kept, beside the names of fields: the contact itself, or its place on or off the list."""

_UPDATED_AT = "updated_at"


@dataclass(slots=True)
class Undone:
    """What was taken back, counted, and what was not."""

    contacts_removed: int = 0
    contacts_restored: int = 0
    removed_from_list: int = 0
    restored_to_list: int = 0
    list_removed: bool = False
    _kept: list[pl.DataFrame] = field(default_factory=list)

    def keep(self, contact_ids: pl.Series, what: str, code: Kept) -> None:
        """Note what stays as it is."""
        if len(contact_ids):
            noted = contact_ids.alias("contact_id").to_frame()
            self._kept.append(noted.with_columns(what=pl.lit(what), code=pl.lit(code.value)))

    def kept_by_code(self) -> dict[str, int]:
        """Count what stays as it is."""
        return dict(self.kept()["code"].value_counts().sort("code").iter_rows())

    def kept(self) -> pl.DataFrame:
        """Return what stays as it is: contact_id, what (CONTACT, LIST or a field) and code, by contact."""
        nothing = pl.DataFrame(schema={"contact_id": pl.Int64, "what": pl.String, "code": pl.String})
        return pl.concat([nothing, *self._kept]).sort("contact_id", maintain_order=True)


def kept_contacts(connection: Connection, account_id: int, undone: Undone) -> Iterator[KeptContact]:
    """Yield what could not be undone, with what people know the contacts by."""
    kept, own = undone.kept(), names_of_columns(connection, account_id)
    for start in range(0, kept.height, LOT_ROWS):
        lot = kept.slice(start, LOT_ROWS)
        known = contacts_by_id(connection, account_id, lot["contact_id"].unique().to_list())
        for contact_id, what, code in lot.iter_rows():
            shown = f"custom_{own[what]}" if what in own else what
            yield KeptContact(
                **{"contact_id": contact_id, **known.get(contact_id, {})}, what=shown, code=Kept(code)
            )


def undo_import(
    connection: Connection, journal: Journal, settings: AccountSettings, *, now: datetime
) -> Undone:
    """Take an import back and mark its journal; the caller holds the account's lock and commits."""
    undoing = _Undoing(connection, journal, settings)
    undoing.remove_contacts()
    undoing.restore_values(now)
    undoing.leave_list()
    undoing.rejoin_list()
    undoing.keep_merged()
    undoing.identify_again()
    undoing.forget_counts()
    journals.mark_undone(connection, journal, now=now)
    undoing.settle_list()
    return undoing.undone


class _Undoing:
    """One import on its way back."""

    def __init__(self, connection: Connection, journal: Journal, settings: AccountSettings) -> None:
        self.undone = Undone()
        self._connection = connection
        self._journal = journal
        self._settings = settings
        self._contacts = JournalledContacts(connection, journal)
        self._made = _ids()
        """Contacts that the import made and that stay."""
        self._named = self._named_on_list = _ids()
        """Whom later imports that stand have in their files: any of them, and those onto this list."""
        self._synced = False
        self._merged = _ids(criteria.merged_since(connection, journal.key.account_id, journal.applied_at))
        self._removed = self._restored = _ids()
        self._touched = _ids()
        """Whom the import did something to that were merged since."""
        for later in journals.later_journals(connection, journal):
            named = unpacked(later["named"])
            self._named = pl.concat([self._named, named]).unique()
            if later["list_id"] == journal.list_id or later["mode"] == COMMANDS:
                self._named_on_list = pl.concat([self._named_on_list, named]).unique()
                self._synced |= later["mode"] == Mode.SYNC

    def remove_contacts(self) -> None:
        for run in self._journal.created:
            elsewhere = _ids(self._contacts.on_other_lists(run))
            named = self._named.filter(self._named.is_between(*run))
            removed = _ids(self._contacts.delete_unchanged(run, kept=array(pl.concat([named, elsewhere]))))
            self._removed = pl.concat([self._removed, removed])
            if len(removed):
                self._contacts.leave_list(array(removed))
                account_id = self._journal.key.account_id
                relational_rows.delete_rows_of_contacts(self._connection, account_id, array(removed.sort()))
            self.undone.contacts_removed += len(removed)
            self._unmerged(self._merged.filter(self._merged.is_between(*run)))
            self._keep_made(self._unmerged(_ids(self._contacts.standing(run))), elsewhere)

    def _keep_made(self, made: pl.Series, elsewhere: pl.Series) -> None:
        named = _within(made, self._named)
        listed = ~named & _within(made, elsewhere)
        self.undone.keep(made.filter(named), CONTACT, Kept.NAMED_SINCE)
        self.undone.keep(made.filter(listed), CONTACT, Kept.ON_ANOTHER_LIST)
        self.undone.keep(made.filter(~named & ~listed), CONTACT, Kept.CHANGED_SINCE)
        self._made = pl.concat([self._made, made])

    def leave_list(self) -> None:
        joined = self._unmerged(unpacked(self._journal.joined))
        named = _within(joined, self._named_on_list)
        leaving = pl.concat(
            [joined.filter(~named), self._made.filter(~_within(self._made, self._named_on_list))]
        )
        if len(leaving):
            self.undone.removed_from_list = self._contacts.leave_list(array(leaving))
        if named.any():
            staying = self._contacts.members_among(array(joined.filter(named)))
            self.undone.keep(_ids(staying), LIST, Kept.NAMED_SINCE)

    def rejoin_list(self) -> None:
        departed = self._unmerged(unpacked(self._journal.departed))
        if departed.is_empty():
            return
        ids = array(departed)
        absent = departed.filter(~_within(departed, _ids(self._contacts.members_among(ids))))
        here = _within(absent, _ids(self._contacts.existing(ids)))
        self.undone.keep(absent.filter(~here), LIST, Kept.GONE)
        if not self._contacts.list_exists():
            self.undone.keep(absent.filter(here), LIST, Kept.LIST_GONE)
        elif self._synced:
            self.undone.keep(absent.filter(here), LIST, Kept.SYNCED_SINCE)
        elif here.any():
            self.undone.restored_to_list = self._contacts.rejoin_list(array(absent.filter(here)))

    def settle_list(self) -> None:
        self.undone.list_removed = self._contacts.remove_unused_list()
        if not self.undone.list_removed and not self._journal.list_is_new:
            self._contacts.restore_list_note()

    def keep_merged(self) -> None:
        self.undone.keep(self._touched.unique(), CONTACT, Kept.MERGED)

    def identify_again(self) -> None:
        """Note by what contacts are met now, where any identifier is enough."""
        if self._settings.matches_any:
            touched = pl.concat([self._removed, self._restored]).unique()
            account_id = self._journal.key.account_id
            identify_again(self._connection, account_id, self._settings.criterion, touched)

    def forget_counts(self) -> None:
        """Let lists be counted anew: the import's, and where anybody may have another address again."""
        account_id, list_id = self._journal.key.account_id, self._journal.list_id
        counting.forget_lists_of(self._connection, account_id, self._restored, besides=[list_id])

    def _unmerged(self, contact_ids: pl.Series) -> pl.Series:
        """Leave out who was merged since, and remember them."""
        merged = _within(contact_ids, self._merged)
        self._touched = pl.concat([self._touched, contact_ids.filter(merged)])
        return contact_ids.filter(~merged)

    def restore_values(self, now: datetime) -> None:
        changes = self._changes()
        if _UPDATED_AT not in changes:
            return
        unmerged = self._unmerged(changes[_UPDATED_AT]["contact_id"])
        changes = {name: rows.filter(_within(rows["contact_id"], unmerged)) for name, rows in changes.items()}
        identifying = self._keep_identifying(changes)
        fields = [name for name in changes if name not in identifying and name != _UPDATED_AT]
        if not fields:
            return
        self._keep_later(changes, fields)
        self._restored = changes[_UPDATED_AT]["contact_id"]
        for lot in _lots(changes, fields):
            arrays = [array(lot[name]) for name in lot.columns]
            self._keep_values(self._contacts.changed_values(fields, arrays))
            self.undone.contacts_restored += self._contacts.restore_values(fields, arrays, now=now)

    def _keep_later(self, changes: dict[str, pl.DataFrame], fields: Sequence[str]) -> None:
        """Leave what later imports gave, be it by chance what this one gave as well."""
        for name, contact_ids in self._contacts.changed_later(fields).items():
            theirs = _within(changes[name]["contact_id"], _ids(contact_ids))
            kept = changes[name]["contact_id"].filter(theirs)
            self.undone.keep(
                kept.filter(_within(kept, _ids(self._contacts.existing(array(kept))))),
                name,
                Kept.CHANGED_SINCE,
            )
            changes[name] = changes[name].filter(~theirs)

    def _keep_identifying(self, changes: dict[str, pl.DataFrame]) -> list[str]:
        """Leave what identifies contacts by another criterion than the import's; return these fields."""
        if self._journal.criterion == self._settings.identification:
            return []
        identifying = [name for name in KEY_FIELDS[self._settings.criterion] if name in changes]
        for name in identifying:
            contact_ids = changes[name]["contact_id"]
            self.undone.keep(contact_ids, name, Kept.IDENTIFIES)
            # They are not again what they were, so they were changed now.
            changed_at = pl.when(_within(changes[_UPDATED_AT]["contact_id"], contact_ids)).then(None)
            changes[_UPDATED_AT] = changes[_UPDATED_AT].with_columns(changed_at.otherwise("was").alias("was"))
        return identifying

    def _keep_values(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.undone.keep(_ids([row["contact_id"] for row in rows if row["gone"]]), CONTACT, Kept.GONE)
        changed: dict[str, list[int]] = {}
        for row in rows:
            for name in row["fields"] if not row["gone"] else ():
                changed.setdefault(name, []).append(row["contact_id"])
        for name, contact_ids in changed.items():
            self.undone.keep(_ids(contact_ids), name, Kept.CHANGED_SINCE)

    def _changes(self) -> dict[str, pl.DataFrame]:
        """Return by field: contact_id, what it was before the import, what it became in the end."""
        parts: dict[str, list[pl.DataFrame]] = {}
        for row in journals.changes_of_journal(self._connection, self._journal):
            values = {"contact_id": row["contact_ids"], "was": row["was"], "became": row["became"]}
            schema = {"contact_id": pl.Int64, "was": pl.String, "became": pl.String}
            parts.setdefault(row["field"], []).append(pl.DataFrame(values, schema=schema))
        return {
            name: pl.concat(frames)
            .group_by("contact_id", maintain_order=True)
            .agg(pl.col("was").first(), pl.col("became").last())
            .filter((name == _UPDATED_AT) | pl.col("was").ne_missing(pl.col("became")))
            for name, frames in parts.items()
        }


def _lots(changes: dict[str, pl.DataFrame], fields: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield contact_id, when it was changed before, and for each field what it was and became."""
    every = (
        changes[_UPDATED_AT].select("contact_id", pl.col("was").alias("was_updated_at")).sort("contact_id")
    )
    for start in range(0, every.height, LOT_ROWS):
        lot = every.slice(start, LOT_ROWS)
        for name in fields:
            columns = {"was": f"was_{name}", "became": f"became_{name}"}
            lot = lot.join(changes[name].rename(columns), on="contact_id", how="left", maintain_order="left")
        yield lot


def _ids(contact_ids: Sequence[int] = ()) -> pl.Series:
    return pl.Series("contact_id", contact_ids, dtype=pl.Int64)


def _within(contact_ids: pl.Series, others: pl.Series) -> pl.Series:
    return contact_ids.is_in(others.implode())
