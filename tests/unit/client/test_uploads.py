from __future__ import annotations

import io
import os

from hypothesis import given
from hypothesis import strategies as st

from postroom.client.uploads import Upload


def test_progress_is_told_in_bytes_of_all() -> None:
    told: list[tuple[int, int]] = []
    upload = Upload(io.BytesIO(b"0123456789"), "clients.csv", lambda sent, size: told.append((sent, size)))

    pieces = [upload.read(4), upload.read(4), upload.read(4), upload.read(4)]

    assert pieces == [b"0123", b"4567", b"89", b""]
    assert told == [(4, 10), (8, 10), (10, 10), (10, 10)]


def test_a_file_that_was_read_before_is_sent_from_where_it_stood() -> None:
    file = io.BytesIO(b"headcontent")
    file.read(4)
    upload = Upload(file, "clients.csv")

    first = upload.read()
    upload.seek(0)

    assert (first, upload.read()) == (b"content", b"content")


@given(st.binary(max_size=50), st.integers(0, 50), st.lists(st.integers(1, 20)))
def test_it_is_sent_whole_however_it_is_read(content: bytes, start: int, sizes: list[int]) -> None:
    file = io.BytesIO(content)
    file.seek(min(start, len(content)))
    upload = Upload(file, "clients.csv")

    length = upload.seek(0, os.SEEK_END)
    upload.seek(0)
    sent = b"".join(upload.read(size) for size in sizes) + upload.read()

    assert sent == content[start:]
    assert length == len(sent) == upload.tell()
