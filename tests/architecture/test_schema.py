from __future__ import annotations

import pytest

from postroom.store.database import Connection, Database
from tests.architecture.system_tables import belongs_to_the_system

TABLES = """
select c.relname as name, c.oid as oid, a.attname as first_column
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = 1
where c.relkind in ('r', 'p') and n.nspname = current_schema()
order by c.relname
"""

UNIQUE_INDEXES = """
select i.indexrelid::regclass::text as name, i.indisprimary as is_primary, a.attname as first_column
from pg_index i
left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = %(table)s and i.indisunique
order by 1
"""

FOREIGN_KEYS = """
select k.conname as name, other.relname as target,
       here.attname as first_column, there.attname as target_column
from pg_constraint k
join pg_class other on other.oid = k.confrelid
join pg_attribute here on here.attrelid = k.conrelid and here.attnum = k.conkey[1]
join pg_attribute there on there.attrelid = k.confrelid and there.attnum = k.confkey[1]
where k.conrelid = %(table)s and k.contype = 'f'
order by 1
"""


def tables_breaking_the_rule(connection: Connection) -> list[str]:
    """Return what keeps a table of accounts from being sharded by account_id, one sentence each."""
    broken: list[str] = []
    for table in connection.execute(TABLES).fetchall():
        if belongs_to_the_system(table["name"]):
            continue
        if table["first_column"] != "account_id":
            broken.append(f"{table['name']}: the first column is {table['first_column']}")
        broken += broken_indexes(connection, table["name"], table["oid"])
        broken += broken_foreign_keys(connection, table["name"], table["oid"])
    return broken


def broken_indexes(connection: Connection, table: str, oid: int) -> list[str]:
    """Return the unique indexes that do not start with account_id, and a missing primary key.

    A table without any unique index is fine: it holds rows that nothing tells apart, such as staging.
    """
    indexes = connection.execute(UNIQUE_INDEXES, {"table": oid}).fetchall()
    broken = [
        f"{table}: {index['name']} starts with {index['first_column'] or 'an expression'}"
        for index in indexes
        if index["first_column"] != "account_id"
    ]
    if indexes and not any(index["is_primary"] for index in indexes):
        broken.append(f"{table}: there is no primary key")
    return broken


def broken_foreign_keys(connection: Connection, table: str, oid: int) -> list[str]:
    """Return the foreign keys that leave the shard: to system tables, or not by account_id."""
    return [
        f"{table}: {key['name']} points to {key['target']}, which may be on another node"
        for key in connection.execute(FOREIGN_KEYS, {"table": oid}).fetchall()
        if belongs_to_the_system(key["target"])
        or (key["first_column"], key["target_column"]) != ("account_id", "account_id")
    ]


def test_every_table_of_accounts_can_be_sharded(database: Database) -> None:
    with database.transaction() as connection:
        assert tables_breaking_the_rule(connection) == []


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("create table odd (id int, account_id int, primary key (account_id, id))", "the first column is id"),
        ("create table odd (account_id int, id int primary key)", "odd_pkey starts with id"),
        ("create table odd (account_id int, id int, unique (account_id, id))", "there is no primary key"),
        (
            "create table odd (account_id int, id int, primary key (account_id, id), unique (id))",
            "odd_id_key starts with id",
        ),
        (
            "create table odd (account_id int references accounts, id int, primary key (account_id, id))",
            "odd_account_id_fkey points to accounts",
        ),
    ],
)
def test_the_rule_sees_a_table_that_cannot_be_sharded(database: Database, table: str, complaint: str) -> None:
    with database.transaction() as connection:
        connection.execute(table)
        complaints = [line for line in tables_breaking_the_rule(connection) if line.startswith("odd: ")]
        connection.rollback()

    assert any(complaint in line for line in complaints), complaints


def test_the_rule_lets_a_key_inside_one_account_pass(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "create table odd (account_id int, id int, file_id bigint, primary key (account_id, id),"
            " foreign key (account_id, file_id) references files)"
        )
        complaints = [line for line in tables_breaking_the_rule(connection) if line.startswith("odd: ")]
        connection.rollback()

    assert complaints == []
