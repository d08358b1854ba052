"""What the engine is measured against: bare COPY of clean rows, and one row at a time.

The clean rows are taken from contacts as an import left them, so both sides store the same values.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

_CHUNK = 1 << 20
_ROWS_PER_TRANSACTION = 10_000
_LIST = 1


def export_rows(url: str, sorted_rows: Path, filed_rows: Path) -> list[str]:
    """Write the contacts in COPY's text form, once by key and once in the order of the file.

    Ids count up in that order. Return the columns that are written: those that hold anything.
    """
    with psycopg.connect(url) as connection:
        columns = _filled_columns(connection)
        for target, order in ((sorted_rows, "dedup_key"), (filed_rows, "reference")):
            numbered = [
                f"row_number() over (order by {order})" if name == "contact_id" else name for name in columns
            ]
            query = f"copy (select {', '.join(numbered)} from contacts order by {order}) to stdout"
            with target.open("wb") as file, connection.cursor() as cursor, cursor.copy(query) as copy:
                for data in copy:
                    file.write(data)
    return columns


def _filled_columns(connection: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    found = connection.execute(
        "select column_name from information_schema.columns "
        "where table_name = 'contacts' and is_identity = 'NO' order by ordinal_position"
    ).fetchall()
    names = [str(name) for (name,) in found]
    counts = connection.execute(f"select {', '.join(f'count({name})' for name in names)} from contacts")
    filled = counts.fetchone()
    assert filled is not None
    return [name for name, count in zip(names, filled, strict=True) if count]


def copy_floor(order: Mapping[str, Any]) -> dict[str, Any]:
    """COPY `rows` into contacts, then make their memberships; committed and durable at the end."""
    began = time.perf_counter()
    with psycopg.connect(order["url"]) as connection:
        with (
            Path(order["rows"]).open("rb") as file,
            connection.cursor() as cursor,
            cursor.copy(f"copy contacts ({', '.join(order['columns'])}) from stdin") as copy,
        ):
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
        copied = time.perf_counter()
        connection.execute(
            "insert into memberships (account_id, list_id, contact_id) "
            "select account_id, %s, contact_id from contacts order by contact_id",
            (_LIST,),
        )
    ended = time.perf_counter()
    return {"seconds": ended - began, "copy": copied - began, "memberships": ended - copied}


def row_at_a_time(order: Mapping[str, Any]) -> dict[str, Any]:
    """Upsert the first `count` of `rows` one by one, each with its membership, 10,000 a transaction."""
    names: list[str] = order["columns"]
    kept = {"account_id", "contact_id", "dedup_key", "created_at"}
    updates = ", ".join(f"{name} = excluded.{name}" for name in names if name not in kept)
    upsert = (
        f"insert into contacts ({', '.join(names)}) values ({', '.join(['%s'] * len(names))}) "
        f"on conflict (account_id, dedup_key) do update set {updates} returning contact_id"
    )
    join = (
        "insert into memberships (account_id, list_id, contact_id) values (%s, %s, %s) on conflict do nothing"
    )
    rows = list(_values(Path(order["rows"]), order["count"]))
    began = time.perf_counter()
    with psycopg.connect(order["url"], prepare_threshold=1) as connection, connection.cursor() as cursor:
        for number, row in enumerate(rows, start=1):
            found = cursor.execute(upsert, row).fetchone()
            assert found is not None
            cursor.execute(join, (row[0], _LIST, found[0]))
            if number % _ROWS_PER_TRANSACTION == 0:
                connection.commit()
    return {"seconds": time.perf_counter() - began, "rows": len(rows)}


def _values(rows: Path, count: int) -> Iterator[list[str | None]]:
    with rows.open(encoding="utf-8", newline="\n") as file:
        for _, line in zip(range(count), file, strict=False):
            yield [None if cell == "\\N" else cell for cell in line.rstrip("\n").split("\t")]
