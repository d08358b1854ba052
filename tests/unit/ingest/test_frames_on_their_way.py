from __future__ import annotations

from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.batches import ColumnMap, FileRefused
from postroom.ingest.frames import Frame, Layout, careful_frame
from postroom.ingest.records import CarefulReader
from postroom.ingest.sandbox.channel import Message, NonsenseError
from postroom.ingest.sandbox.frames import packed, unpacked

FIELDS = ("email", "last_name")
LAYOUT = Layout.of(ColumnMap({"email": 0, "last_name": 1}, 2, ("Email", "Nom")), ";")


def frame(text: str) -> Frame:
    return careful_frame(list(CarefulReader(text, ";", 2)), LAYOUT)


def arrived(sent: Frame) -> Frame:
    return unpacked(packed(sent, FIELDS), FIELDS, ";")


CELLS = st.text(st.characters(exclude_characters='\0\x01\r"', exclude_categories=["Cs"]), max_size=5)


@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=3).map(";".join), max_size=8))
def test_a_frame_arrives_as_it_was(rows: list[str]) -> None:
    sent = frame("".join(f"{row}\n" for row in rows))

    found = arrived(sent)

    assert found.data.equals(sent.data)
    assert found.issues == sent.issues
    assert found.rows == sent.rows
    lines = sent.sent[0].lines
    assert [found.cells(line) for line in lines] == [sent.cells(line) for line in lines]


def test_cells_of_several_lines_and_quotes_arrive() -> None:
    sent = frame('"a;\nb ""c""";x\nlast;"\n"\n')

    found = arrived(sent)

    assert found.data.equals(sent.data)
    assert found.cells(2) == ('a;\nb "c"', "x")


GOOD = packed(frame("a;b\nc;d\n;;surplus\n"), FIELDS)


def told(**facts: object) -> Message:
    """Return a good frame of which something else is told."""
    return Message("frame", {**GOOD.facts, **facts}, GOOD.body)


def table(content: bytes) -> Message:
    """Return a frame of one row with another table."""
    facts = {"issues": [], "table_bytes": len(content), "ended_by": "\n"}
    return Message("frame", facts, content + b"text\n")


@pytest.mark.parametrize(
    "message",
    [
        told(table_bytes=None),
        told(table_bytes=0),
        told(table_bytes=-1),
        told(table_bytes=10**30),
        told(ended_by=None),
        told(ended_by=""),
        told(ended_by="\ud800"),
        told(ended_by="a"),
        told(issues=None),
        told(issues=[]),
        told(issues=[1]),
        told(issues=[["x", "TOO_MANY_COLUMNS", "x"]]),
        told(issues=[[None, "TOO_MANY_COLUMNS", "x"]]),
        told(issues=[[10**30, "TOO_MANY_COLUMNS", "x"]]),
        told(issues=[[4, "NO_SUCH_REASON", "x"]]),
        told(issues=[[4, "TOO_MANY_COLUMNS", "x"]] * 2),
        Message("frame", {}, GOOD.body),
        Message("frame", GOOD.facts, GOOD.body + b"\x01"),
        table(b"x\0a\0b\x01"),
        table(b"\0a\0b\x01"),
        table(b"2\0\xff\0b\x01"),
        table(b"2\0a\0b\0c\x01"),
        table(b"2\0a\0b\x013\0a\0b\x01"),
        table(b"3\0a\0b\x012\0a\0b\x01"),
    ],
)
def test_a_frame_that_is_none_is_nonsense(message: Message) -> None:
    with pytest.raises(NonsenseError):
        unpacked(message, FIELDS, ";")


def test_whatever_bytes_come_are_a_frame_or_nonsense() -> None:
    random = Random(6)
    for _ in range(500):
        body = bytearray(GOOD.body)
        for _ in range(random.randint(1, 5)):
            body[random.randrange(len(body))] = random.choice([0, 1, 10, 34, 59, random.randrange(256)])
        try:
            found = unpacked(Message("frame", GOOD.facts, bytes(body)), FIELDS, ";")
        except (NonsenseError, FileRefused):
            continue
        assert found.data.schema == {"email": pl.String, "last_name": pl.String, "line": pl.Int64}
        assert all(isinstance(found.cells(line), tuple) for line in found.data["line"])
