"""Nothing may lie about: each upload ends as a row with bytes, or leaves nothing at all."""

from __future__ import annotations

from postroom.drops.room import Room


def assert_tidy(room: Room) -> None:
    """Fail when a staging file remains, a blob without a row, or a row without its blob."""
    with room.database.transaction() as connection:
        rows = connection.execute("select blob_key from files").fetchall()
    assert [path.name for path in room.blobs.staging.iterdir()] == []
    assert sorted(room.blobs.keys()) == sorted(row["blob_key"] for row in rows)
