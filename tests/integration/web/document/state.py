"""What an account holds, as one value to compare."""

from __future__ import annotations

from psycopg import sql

from postroom.drops.room import Room
from tests.conftest import Person

TABLES = (
    "accounts",
    "lists",
    "memberships",
    "contacts",
    "contact_ids",
    "identifiers",
    "optouts",
    "consent_acts",
    "consent_changes",
    "drops",
    "files",
    "journals",
    "relational_tables",
    "relational_fields",
    "relational_foreign_keys",
    "relational_rows",
    "flow_activations",
    "flow_runs",
    "locations",
    "suppressions",
    "bounce_series",
    "templates",
)
_DIGEST = sql.SQL(
    "select {name} as name, md5(string_agg(t::text, '|' order by t::text)) as digest"
    " from {table} t where account_id = %(account_id)s"
)
_STATE = sql.SQL(" union all ").join(
    _DIGEST.format(name=sql.Literal(table), table=sql.Identifier(table)) for table in TABLES
)


def state_of(room: Room, person: Person) -> dict[str, str | None]:
    """Return a digest of each table's rows that are this person's."""
    with room.database.transaction() as connection:
        rows = connection.execute(_STATE, {"account_id": person.account.account_id}).fetchall()
    return {row["name"]: row["digest"] for row in rows}
