"""What the columns of a run are for: which tables they fill, and which of them tell rows and contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from postroom.contacts.commands import Kind
from postroom.contacts.criteria import Criterion
from postroom.contacts.settings import AccountSettings
from postroom.contacts.tables import Field, Table, TableKind, TableState
from postroom.contacts.verdicts import Verdict

CONTACT_ID = "contact_id"
"""How programs name a contact; no file may."""

_NAMES = {"email": "email", "first": "first", "first_name": "first", "customer_key": "customer_key"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A column that fills a field, by its place; `refers_to` is the flat table whose row it names, if so."""

    place: int
    name: str
    field: Field
    refers_to: Table | None = None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What is said of one table: places of its unique key and of its owner's key, and what fills it."""

    table: Table
    unique: Cell
    owner: Cell | None
    owner_table: Table | None
    cells: tuple[Cell, ...]

    @property
    def needs_contact(self) -> bool:
        """Tell whether rows belong to contacts directly."""
        return self.table.owner is not None and self.owner_table is None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run's columns say: of tables, owners before what they own, and of contacts, by places.

    `contact` is empty when the columns name no contact, or none is needed.
    """

    tables: tuple[TablePlan, ...]
    contact: Mapping[str, int]
    ignored: tuple[str, ...]


class PlanRefused(Exception):  # it is a verdict about a command, not an error of ours
    """The columns cannot be read; nothing of the command is done."""

    def __init__(self, verdict: Verdict, value: str) -> None:
        """Keep why."""
        self.verdict = verdict
        self.value = value
        super().__init__(f"{verdict.value} {value}")


class Planner:
    """Reads the columns of runs, against the tables of an account."""

    def __init__(
        self,
        tables: Sequence[Table],
        settings: AccountSettings,
        *,
        bulk_table: str | None = None,
        by_id: bool = False,
    ) -> None:
        """Take all tables; `bulk_table` is the one whose fields stand without a name before them.

        Programs may name contacts `by_id`, and delete rows by their keys alone; files may not.
        """
        self.tables = tables
        self._by_name = {table.name.lower(): table for table in tables}
        self._by_id = {table.table_id: table for table in tables}
        self._settings = settings
        self._bulk_table = bulk_table
        self._names = {**_NAMES, CONTACT_ID: CONTACT_ID} if by_id else _NAMES

    def plan(self, fields: Sequence[str], kind: Kind) -> Plan:
        """Return what these columns say.

        Raises:
            PlanRefused: a table is not there or not active, or what tells rows or their contact is missing.
        """
        contact: dict[str, int] = {}
        placed: dict[tuple[str, str], int] = {}
        ignored: list[str] = []
        for place, written in enumerate(fields):
            table, dot, column = written.strip().lower().rpartition(".")
            if not dot and (name := self._names.get(column)):
                contact.setdefault(name, place)
            elif not dot and self._bulk_table is None:
                ignored.append(written)
            else:
                where = (table if dot else (self._bulk_table or "").lower(), column)
                if placed.setdefault(where, place) != place:
                    raise PlanRefused(Verdict.REPEATED_FIELD, written)
        plans = [self._table_plan(table, placed) for table in self._named(placed)]
        ignored += self._unknown(placed, fields)
        if not self._names_contact(plans, contact, kind):
            contact = {}
        plans.sort(key=lambda plan: self._depth(plan.table))
        return Plan(tuple(plans), contact, () if kind is Kind.RELATIONAL_DELETE else tuple(ignored))

    def _named(self, placed: Mapping[tuple[str, str], int]) -> list[Table]:
        names = dict.fromkeys(table for table, _ in placed)
        if self._bulk_table is not None:
            names = dict.fromkeys([self._bulk_table.lower()])
        if not names:
            raise PlanRefused(Verdict.MISSING_FIELD, "table.column")
        return [self._active(name) for name in names]

    def _active(self, name: str) -> Table:
        table = self._by_name.get(name)
        if table is None:
            raise PlanRefused(Verdict.NO_SUCH_TABLE, name)
        if table.state is not TableState.ACTIVE:
            raise PlanRefused(Verdict.TABLE_NOT_ACTIVE, table.name)
        return table

    def _table_plan(self, table: Table, placed: Mapping[tuple[str, str], int]) -> TablePlan:
        unique = table.key
        name = table.name.lower()
        place = placed.get((name, unique.name.lower()))
        if place is None:
            raise PlanRefused(Verdict.MISSING_FIELD, f"{table.name}.{unique.name}")
        owner_table = self._by_id[table.owner.table_id] if table.owner and table.owner.table_id else None
        owner = None
        if owner_table is not None and table.owner is not None:
            owner = self._key_cell(table, table.owner.column or "", owner_table, placed)
        cells = [
            Cell(placed[name, field.name.lower()], field.name, field)
            for field in table.fields
            if field.active and not field.is_unique and (name, field.name.lower()) in placed
        ]
        for key in table.references:
            flat = self._by_id[key.table_id or 0]
            cell = self._key_cell(table, key.column or "", flat, placed)
            cells += [cell] if cell else []
        return TablePlan(table, Cell(place, unique.name, unique), owner, owner_table, tuple(cells))

    def _key_cell(
        self, table: Table, column: str, to: Table, placed: Mapping[tuple[str, str], int]
    ) -> Cell | None:
        """Find where rows say which row of another table they mean: beside them, or by that row itself."""
        unique = to.key
        place = placed.get((table.name.lower(), column.lower()))
        if place is None:
            place = placed.get((to.name.lower(), unique.name.lower()))
        return None if place is None else Cell(place, column, unique, to)

    def _unknown(self, placed: Mapping[tuple[str, str], int], fields: Sequence[str]) -> list[str]:
        unknown = []
        for (name, column), place in placed.items():
            table = self._by_name.get(name)
            field = table.field(column) if table else None
            if table is None or not ((field and field.active) or table.key_of(column)):
                unknown.append(fields[place])
        return unknown

    def _names_contact(self, plans: Sequence[TablePlan], contact: Mapping[str, int], kind: Kind) -> bool:
        needed = "customer_key" if self._settings.criterion is Criterion.REFERENCE else "email"
        if needed in contact or CONTACT_ID in contact:
            return any(plan.table.owner for plan in plans)
        deletes_by_key = CONTACT_ID in self._names and kind is Kind.RELATIONAL_DELETE
        if any(plan.needs_contact for plan in plans) and not deletes_by_key:
            raise PlanRefused(Verdict.MISSING_FIELD, needed)
        return False

    def _depth(self, table: Table) -> int:
        if table.kind is TableKind.FLAT:
            return 0
        owner = table.owner
        if owner is None or owner.table_id is None:
            return 1
        return 1 + self._depth(self._by_id[owner.table_id])
