"""How the FTP front end puts things: reply codes, listing lines, times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Conflict, Denied, Missing, PostroomError, Refused, Unavailable
from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.ftp.codes import CODES, reply_for
from postroom.gateway.ftp.listing import format_time, list_lines, mlsx_line, parse_time
from postroom.gateway.seam import Stat

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FACTS = ["type", "size", "modify", "perm", "unix.mode"]


def stat(name: str, mode: int, *, moment: datetime = NOW, size: int = 0) -> Stat:
    return Stat(name, is_dir=mode & 0o040000 == 0o040000, size=size, modified_at=moment, mode=mode)


def test_every_kind_of_refusal_has_a_code() -> None:
    assert set(CODES) == set(VfsKind)


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (VfsError(VfsKind.TOO_BIG, "Too big."), "552 Too big."),
        (VfsError(VfsKind.BUSY, "Being read."), "450 Being read."),
        (Refused("Wrong."), "553 Wrong."),
        (Missing("Gone."), "550 Gone."),
        (Denied("No."), "550 No."),
        (Conflict("Not now."), "450 Not now."),
        (Unavailable("Down."), "451 Down."),
        (PostroomError("Oh."), "451 Oh."),
    ],
)
def test_an_error_becomes_a_reply(error: PostroomError, reply: str) -> None:
    assert reply_for(error) == reply


@given(message=st.text(min_size=1))
def test_no_message_can_become_a_second_reply(message: str) -> None:
    reply = reply_for(VfsError(VfsKind.NAME, message))

    assert len(reply.splitlines()) == 1
    assert reply.startswith("553 ")


def test_a_listing_looks_like_ls() -> None:
    entries = [
        stat("in", 0o040755),
        stat(".createNewList", 0o100644, size=3),
        stat("old.csv", 0o100444, moment=datetime(2019, 5, 6, 7, 8, tzinfo=UTC), size=12345678),
    ]

    lines = b"".join(list_lines(entries, "alice", NOW)).decode().split("\r\n")

    assert lines == [
        "drwxr-xr-x   1 alice    alice           0 Nov 22 12:00 in",
        "-rw-r--r--   1 alice    alice           3 Nov 22 12:00 .createNewList",
        "-r--r--r--   1 alice    alice    12345678 May 06  2019 old.csv",
        "",
    ]


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (0o040755, "type=dir;size=0;modify=20261122120000;perm=elc;unix.mode=0755; x"),
        (0o040555, "type=dir;size=0;modify=20261122120000;perm=el;unix.mode=0555; x"),
        (0o100644, "type=file;size=0;modify=20261122120000;perm=adfrw;unix.mode=0644; x"),
        (0o100444, "type=file;size=0;modify=20261122120000;perm=r;unix.mode=0444; x"),
    ],
)
def test_facts_follow_from_the_rights(mode: int, told: str) -> None:
    assert mlsx_line(stat("x", mode), FACTS, "x") == told


@given(moment=st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_time_told_is_read_back(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "text", ["", "2026", "20261322000000", "2026112212000", "20261122120000.x", "x" * 14]
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_time(text)


def test_fractions_of_a_second_are_dropped() -> None:
    assert parse_time("20261122120000.123") == NOW
