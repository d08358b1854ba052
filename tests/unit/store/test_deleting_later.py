from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from postroom.contacts.errors import Missing
from postroom.store.blobs import DeletingLater, LocalBlobs


def test_a_deletion_waits_and_everything_else_happens_at_once(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    later = DeletingLater(blobs)
    staged = later.staging / "upload"
    staged.write_bytes(b"file")

    keys = [later.put_bytes(b"bytes"), later.put_file(staged)]
    later.delete(keys[0])

    assert later.deleted == [keys[0]]
    for key, content in zip(keys, (b"bytes", b"file"), strict=True):
        with blobs.open(key) as behind, later.open(key) as before:
            assert behind.read() == before.read() == content
    assert set(later.keys()) == set(keys)


def test_staging_is_cleared_at_once(tmp_path: Path) -> None:
    later = DeletingLater(LocalBlobs(tmp_path))
    (later.staging / "left").write_bytes(b"x")

    assert later.clear_staging(datetime.now(UTC) + timedelta(seconds=5)) == 1
    with pytest.raises(Missing):
        later.open("0" * 32)
