"""Whatever a file says, it is read or refused; the quick way of reading a line is the careful one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.commands import Finding, Run, Step
from postroom.dialects.batches import dat, records
from postroom.dialects.batches.dat import DatReader
from tests.unit.dialects.batches import LOGIN, body, hold

NAMES = st.sampled_from(["march.dat", "march.xml", "march.csv"])

MARKS = ["^", "&", "=", ",", "|", "\t", '"', '\\"', '""', "%", "%2C", "%5E", "%00", "%E9", "+", "*", " "]
MARKS += ["\n", "\r\n", "é", "€", "\0", "\x85", "\u2028", "NULL", "a@b.c", "x" * 300]
WORDS = [
    "cmd=sub",
    "cmd=save",
    "cmd=unsub",
    "cmd=delete",
    "cmd=change",
    "cmd=send",
    "cmd=launch",
    "cmd=smartsub",
    "cmd=endsmartsub",
    "cmd=smartunsub",
    "cmd=relationalsave",
    "cmd=customfieldcreate",
    "list_id=5",
    "data=",
    "email",
    "first",
    "format",
    "delimiter=|",
    "realm=",
    "password=",
    "header=email",
    "relational=1",
    "isrelational=1",
    "table=t",
    "columns=email,id",
    "global=1",
    "template_id=1",
]
TAGS = [
    "<transaction>",
    "</transaction>",
    "<command>",
    "</command>",
    "<record>",
    "</record>",
    "<type>save</type>",
    "<realm>alice</realm>",
    "<password>hidden</password>",
    "<list_id>5</list_id>",
    "<email>",
    "</email>",
    "<items>",
    "<row>",
    "<column/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&x;",
    "&#0;",
    "<?xml",
    "<!DOCTYPE",
    "<first/>",
    "<a",
    'xmlns="b">',
]


def text(*words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), max_size=40).map("".join)


@given(content=st.binary(max_size=300), name=NAMES)
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    hold(content, name)


@given(content=text(*MARKS, *WORDS), name=NAMES, encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_any_words_of_the_protocol_are_read_or_refused(content: str, name: str, encoding: str) -> None:
    hold(content.encode(encoding), name)


@given(content=text(*MARKS, *WORDS))
def test_any_commands_after_a_header_are_read_or_refused(content: str) -> None:
    hold(f"{LOGIN}\n{content}".encode(), "march.dat")


@given(content=text(*MARKS, *WORDS))
def test_any_rows_after_a_header_are_read_or_refused(content: str) -> None:
    hold(f"{LOGIN}isrelational=1\ntable=t\ncolumns=email,id\n{content}".encode(), "march.csv")


@given(content=text(*TAGS, *MARKS), within=st.sampled_from(["{}", "<command><type>save</type>{}</command>"]))
def test_any_elements_are_read_or_refused(content: str, within: str) -> None:
    login = "<realm>alice</realm><password>hidden</password>"

    hold(content.encode(), "march.xml")
    hold(f"<transaction>{login}{within.format(content)}</transaction>".encode(), "march.xml")


VALUES = st.sampled_from(["", "a@b.c", "x", " x ", '"a, b"', '"', "%2C", "é", "\x85", "NULL", "+", "a\tb"])
LINE = st.lists(st.lists(VALUES, min_size=1, max_size=3).map(",".join), max_size=4).map("^".join)
HEADS = st.sampled_from(["cmd=save&data=email,first", "cmd=sub&list_id=5&data=email", "cmd=save&data="])


@given(lines=st.lists(st.tuples(HEADS, LINE), max_size=12))
def test_the_quick_way_of_reading_a_line_is_the_careful_one(lines: list[tuple[str, str]]) -> None:
    sent = "".join(f"{head}^{records}\n" for head, records in lines)

    quick = body(sent, "header=email\n")
    with carefully():
        careful = body(sent, "header=email\n")

    assert list(map(comparable, quick)) == list(map(comparable, careful))


@contextmanager
def carefully() -> Iterator[None]:
    """Let nothing be plain, and no line be known again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatReader, "_known_again", lambda self, raw: False)
        patch.setattr(records, "is_plain", lambda record: False)
        patch.setattr(dat, "is_plain", lambda record: False)
        yield


def comparable(step: Step) -> object:
    return step if isinstance(step, Finding) else (step.command, step.records)


@given(rows=st.lists(st.sampled_from(["a@b.c|x", "d@e.f|", "g@h.i", "a|b|c", "", " | "]), max_size=8))
def test_a_block_is_run_whole_or_not_at_all(rows: list[str]) -> None:
    sent = "".join(f"{row}\n" for row in ["cmd=smartsub&list_id=5&delimiter=|", "email|first", *rows])

    steps = body(f"{sent}cmd=endsmartsub\n")

    whole = [row for row in rows if row.strip()]
    ran = sum(len(step) for step in steps if isinstance(step, Run))
    good = bool(whole) and all(row.count("|") == 1 for row in whole)
    assert ran == (len(whole) if good else 0)
    assert any(isinstance(step, Finding) for step in steps) is not good
