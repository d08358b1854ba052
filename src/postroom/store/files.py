"""What senders see: files in directories. The rows are the tree, the bytes are blobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("files")


@dataclass(frozen=True, slots=True)
class File:
    """A name in a directory; `size` in bytes, `directory` without leading slash."""

    account_id: int
    file_id: int
    directory: str
    name: str
    size: int
    sha256: str
    blob_key: str
    modified_at: datetime
    drop_id: int | None


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes behind a file: where they are, how many (bytes), and their SHA-256 in hexadecimal."""

    blob_key: str
    size: int
    sha256: str


def lock_tree(connection: Connection, account_id: int) -> None:
    """Let one session or worker at a time change an account's tree, until the transaction ends.

    Taken after `lock_account` where both are needed.
    """
    connection.execute(_SQL["lock_tree"], {"account_id": account_id})


def enter_tree(connection: Connection, account_id: int, login: str) -> bool:
    """Do as `lock_tree` does, for a login; False when it may not change anything there (any more)."""
    row = connection.execute(_SQL["enter_tree"], {"account_id": account_id, "login": login}).fetchone()
    return row is not None


def put_file(
    connection: Connection,
    *,
    account_id: int,
    directory: str,
    name: str,
    content: Content,
    modified_at: datetime,
    drop_id: int | None = None,
) -> int:
    """Make a file, or replace the one of that name; return its id."""
    row = connection.execute(
        _SQL["put_file"],
        {
            "account_id": account_id,
            "directory": directory,
            "name": name,
            "size": content.size,
            "sha256": content.sha256,
            "blob_key": content.blob_key,
            "modified_at": modified_at,
            "drop_id": drop_id,
        },
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return int(row["file_id"])


def file_at(connection: Connection, account_id: int, directory: str, name: str) -> File | None:
    """Return the file at a place, or None."""
    row = connection.execute(
        _SQL["file_at"], {"account_id": account_id, "directory": directory, "name": name}
    ).fetchone()
    return File(**row) if row else None


def files_in(connection: Connection, account_id: int, directory: str) -> list[File]:
    """Return the files of a directory, by name."""
    rows = connection.execute(_SQL["files_in"], {"account_id": account_id, "directory": directory})
    return [File(**row) for row in rows]


def newest_in(connection: Connection, account_id: int, directories: Sequence[str]) -> dict[str, datetime]:
    """Return when the newest file of each of these directories was made; of those that have one."""
    parameters = {"account_id": account_id, "directories": list(directories)}
    rows = connection.execute(_SQL["newest_in"], parameters)
    return {row["directory"]: row["modified_at"] for row in rows}


def files_beginning(connection: Connection, account_id: int, directory: str, beginning: str) -> list[File]:
    """Return the files of a directory whose names begin with `beginning`, by name."""
    parameters = {"account_id": account_id, "directory": directory, "beginning": beginning}
    return [File(**row) for row in connection.execute(_SQL["files_beginning"], parameters)]


def files_of_drop(connection: Connection, account_id: int, drop_id: int) -> list[File]:
    """Return a deposit's file and its reports, oldest first."""
    rows = connection.execute(_SQL["files_of_drop"], {"account_id": account_id, "drop_id": drop_id})
    return [File(**row) for row in rows]


def move_file(connection: Connection, file: File, *, directory: str, name: str, drop_id: int | None) -> None:
    """Give a file another place and deposit."""
    connection.execute(
        _SQL["move_file"],
        {
            "account_id": file.account_id,
            "file_id": file.file_id,
            "directory": directory,
            "name": name,
            "drop_id": drop_id,
        },
    )


def touch_file(connection: Connection, file: File, modified_at: datetime) -> None:
    """Set a file's modification time."""
    connection.execute(
        _SQL["touch_file"],
        {"account_id": file.account_id, "file_id": file.file_id, "modified_at": modified_at},
    )


def remove_file(connection: Connection, file: File) -> None:
    """Forget a file; its blob is the caller's to delete."""
    connection.execute(_SQL["remove_file"], {"account_id": file.account_id, "file_id": file.file_id})


def remove_files_of_drops(
    connection: Connection, account_id: int, drop_ids: Sequence[int], directories: Sequence[str]
) -> list[str]:
    """Forget the files and reports of deposits that stand in `directories`; return their blobs' keys."""
    rows = connection.execute(
        _SQL["remove_files_of_drops"],
        {"account_id": account_id, "drop_ids": list(drop_ids), "directories": list(directories)},
    )
    return [row["blob_key"] for row in rows]


def remove_abandoned(
    connection: Connection, account_id: int, directories: Sequence[str], *, before: datetime, limit: int
) -> list[str]:
    """Forget at most `limit` files of no deposit that came before a moment; return their blobs' keys."""
    rows = connection.execute(
        _SQL["remove_abandoned"],
        {"account_id": account_id, "directories": list(directories), "before": before, "limit": limit},
    )
    return [row["blob_key"] for row in rows]


def name_taken(connection: Connection, account_id: int, directories: Sequence[str], name: str) -> bool:
    """Tell whether any of the directories holds `name`."""
    row = connection.execute(
        _SQL["name_taken"], {"account_id": account_id, "directories": list(directories), "name": name}
    ).fetchone()
    return bool(row and row["taken"])


def blobs_in_use(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Return those of `keys` that some file or deposit, of whatever account, still has."""
    rows = connection.execute(_SQL["blobs_in_use"], {"keys": list(keys)})
    return {row["blob_key"] for row in rows}
