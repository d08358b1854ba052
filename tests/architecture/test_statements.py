from __future__ import annotations

import re

import pytest

from postroom.store.statements import purposes, statements
from tests.architecture.source_tree import SOURCE, python_files, strings, tree_of
from tests.architecture.system_tables import belongs_to_the_system

SQL = SOURCE / "store" / "sql"
SCHEMA = "schema"  # tables, not statements
AREAS = sorted(path.stem for path in SQL.glob("*.sql") if path.stem != SCHEMA)
# Statements on the tables of accounts that cannot name account_id, and why.
WHOLE_TABLES: dict[str, str] = {
    "events.days_with_partitions": "partitions are days, of all accounts",
    "files.blobs_in_use": "blobs have no account; the tidier asks of each whether anybody still has it",
}
STATEMENTS = [(area, name) for area in AREAS for name in statements(area)]

# What differs from node to node, or from one evaluation to the next (architecture, section 5).
VOLATILE = re.compile(
    r"\b(?:(?:now|random|timeofday|(?:clock|statement|transaction)_timestamp|gen_random_uuid|uuidv[47]|"
    r"nextval|currval|lastval|setval|txid_current|pg_current_xact_id)\s*\(|"
    r"current_(?:timestamp|date|time)\b|localtime(?:stamp)?\b)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("area", AREAS)
def test_every_statement_has_a_name_of_its_own_and_a_purpose(area: str) -> None:
    text = (SQL / f"{area}.sql").read_text(encoding="utf-8")
    headings = re.findall(r"^--\s*([a-z]\w*)\s*:", text, re.MULTILINE)
    above_the_first = text.partition(f"-- {headings[0]}:")[0]

    assert headings == list(purposes(area)), "a heading without a purpose, or two of one name"
    assert without_comments(above_the_first).strip() == "", "SQL above the first heading is never run"


@pytest.mark.parametrize(("area", "name"), STATEMENTS)
def test_every_statement_says_something(area: str, name: str) -> None:
    assert statement(area, name).strip()


@pytest.mark.parametrize(("area", "name"), STATEMENTS)
def test_a_statement_on_the_tables_of_accounts_names_account_id(area: str, name: str) -> None:
    words = set(re.findall(r"\w+", statement(area, name)))

    if words & account_tables():
        assert ("account_id" in words) == (f"{area}.{name}" not in WHOLE_TABLES)


@pytest.mark.parametrize(("area", "name"), STATEMENTS)
def test_nothing_volatile_decides_what_a_merge_writes(area: str, name: str) -> None:
    for clause in merging_clauses(statement(area, name)):
        assert VOLATILE.search(clause) is None


def test_no_exception_outlives_its_statement() -> None:
    assert set(WHOLE_TABLES) <= {f"{area}.{name}" for area, name in STATEMENTS}


def test_no_default_that_a_merge_fills_is_volatile() -> None:
    schema = without_comments((SQL / f"{SCHEMA}.sql").read_text(encoding="utf-8"))
    tables = dict(
        re.findall(r"^create (?:unlogged )?table (\w+) \((.*?)^\);", schema, re.MULTILINE | re.DOTALL)
    )
    merged = {
        table
        for area, name in STATEMENTS
        for table in re.findall(r"\bmerge into (\w+)", statement(area, name), re.IGNORECASE)
    }

    defaults = {table: re.findall(r"\bdefault\b[^,\n]*", tables[table], re.IGNORECASE) for table in merged}

    assert [table for table, found in defaults.items() if VOLATILE.search(" ".join(found))] == []


def test_every_statement_is_run_by_a_module_of_the_store() -> None:
    run = {text for path in python_files(SOURCE / "store") for text in strings(tree_of(path))}

    assert [f"{area}.{name}" for area, name in STATEMENTS if name not in run] == []


@pytest.mark.parametrize(
    "sql",
    [
        "insert into files values (1) on conflict (a) do update set b = now()",
        "insert into files values (1) on conflict (a) do update set b = coalesce(b, clock_timestamp())",
        "merge into files using staging on a = b when matched then update set c = CURRENT_TIMESTAMP",
    ],
)
def test_the_rule_sees_a_volatile_merge(sql: str) -> None:
    assert any(VOLATILE.search(clause) for clause in merging_clauses(sql))


def test_the_rule_lets_a_moment_pass_as_a_parameter() -> None:
    sql = "with a as (insert into b values (now()) on conflict (c) do update set d = %(now)s) select now()"

    assert [clause for clause in merging_clauses(sql) if VOLATILE.search(clause)] == []


def statement(area: str, name: str) -> str:
    return without_comments(statements(area)[name])


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.DOTALL)


def account_tables() -> set[str]:
    schema = (SQL / f"{SCHEMA}.sql").read_text(encoding="utf-8")
    tables = re.findall(r"^create (?:unlogged )?table (?:if not exists )?(\w+)", schema, re.MULTILINE)
    return {table for table in tables if not belongs_to_the_system(table)}


def merging_clauses(sql: str) -> list[str]:
    """Return what follows each `do update` and each `merge into`, up to the end of its query."""
    starts = [match.end() for match in re.finditer(r"\b(?:do\s+update|merge\s+into)\b", sql, re.IGNORECASE)]
    return [up_to_the_closing_parenthesis(sql[start:]) for start in starts]


def up_to_the_closing_parenthesis(sql: str) -> str:
    depth = 0
    for position, character in enumerate(sql):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return sql[:position]
    return sql
