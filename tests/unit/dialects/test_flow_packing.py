"""What is around a file that goes out: always the same for the same bytes, and read by everybody."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest

from postroom.dialects.flows.writing import gzip_stream, zip_file, zip_member

CONTENT = b"eventId;profileId\n" + b"".join(b"%d;1\n" % number for number in range(5000))
MOMENT = datetime(2026, 3, 4, 12, 30, 14, tzinfo=UTC)


def zipped(pieces: list[bytes], *, large: bool = False, moment: datetime = MOMENT) -> bytes:
    archive = io.BytesIO()
    with zip_member(archive, "data.csv", moment, large=large) as write:
        for piece in pieces:
            write(piece)
    return archive.getvalue()


def gzipped(content: bytes, name: str = "data.csv", moment: datetime = MOMENT) -> bytes:
    archive = io.BytesIO()
    with gzip_stream(archive, name, moment) as write:
        write(content)
    return archive.getvalue()


@pytest.mark.parametrize("large", [False, True])
def test_a_zip_that_is_streamed_is_read_as_any_other(*, large: bool) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped([CONTENT], large=large))) as archive:
        (member,) = archive.infolist()
        assert archive.testzip() is None
        assert archive.read(member) == CONTENT

    assert (member.filename, member.date_time) == ("data.csv", (2026, 3, 4, 12, 30, 14))
    assert member.compress_type == zipfile.ZIP_DEFLATED
    assert member.external_attr >> 16 == 0o100644


def test_the_pieces_in_which_it_comes_do_not_matter() -> None:
    pieces = [CONTENT[start : start + 777] for start in range(0, len(CONTENT), 777)]

    assert zipped(pieces) == zipped([CONTENT])


def test_a_zip_of_a_whole_file_is_the_same_as_a_streamed_one() -> None:
    archive = io.BytesIO()
    zip_file(io.BytesIO(CONTENT), archive, "data.csv", MOMENT)

    assert archive.getvalue() == zipped([CONTENT])


def test_the_time_is_that_of_utc_whatever_zone_it_is_given_in() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert zipped([CONTENT], moment=elsewhere) == zipped([CONTENT])


def test_an_empty_file_has_an_archive_too() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped([]))) as archive:
        assert archive.read("data.csv") == b""


def test_gzip_is_the_same_each_time_and_bears_its_name() -> None:
    first, second = gzipped(CONTENT), gzipped(CONTENT)

    assert first == second
    assert gzip.decompress(first) == CONTENT
    assert b"data.csv\0" in first[:30]
    assert int.from_bytes(first[4:8], "little") == int(MOMENT.timestamp())


def test_a_writer_that_fails_raises_what_it_raised() -> None:
    def failing() -> bytes:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"), zip_member(io.BytesIO(), "a", MOMENT, large=False):
        failing()
