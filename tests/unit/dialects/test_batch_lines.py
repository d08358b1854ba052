"""How the lines of a .dat file become records: wrapped, long, odd; and what is told of others."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from typing import BinaryIO

import pytest

from postroom.contacts.commands import Finding, Run, Step
from postroom.dialects.batches import lines as module
from postroom.dialects.batches.lines import MAX_RECORD_BYTES, Lines
from postroom.dialects.batches.reading import open_batch
from tests.unit.dialects.batches import LOGIN, body, findings, opened, records

MEGABYTE = 1024 * 1024


def places(commands: str | bytes, header: str = "") -> list[tuple[int, int, int]]:
    runs = [step for step in body(commands, header) if isinstance(step, Run)]
    return [(record.line, record.number, record.ordinal) for run in runs for record in run.records]


def test_records_know_their_line_their_place_and_their_command() -> None:
    sent = "cmd=save&data=email^a@b.c^d@e.f\n\ncmd=save&data=email^g@h.i\n"

    assert places(sent) == [(4, 1, 1), (4, 2, 1), (6, 1, 2)]


@pytest.mark.parametrize("blank", ["\n", "  \n", "\t\r\n", "\r\n"])
def test_blank_lines_say_nothing(blank: str) -> None:
    sent = f"{blank}cmd=save&data=email^a@b.c\n{blank}{blank}cmd=save&data=email^d@e.f\n{blank}"

    assert records(body(sent)) == [("a@b.c",), ("d@e.f",)]


def test_a_line_that_begins_with_a_caret_goes_on_with_the_command_before() -> None:
    sent = "cmd=save&data=email,first ^a@b.c,A\n ^d@e.f,D^g@h.i,G\n\n^j@k.l,J\n"

    assert places(sent) == [(4, 1, 1), (5, 2, 1), (5, 3, 1), (7, 4, 1)]


@pytest.mark.parametrize("caret", ["^", "^^", " ^ ", "^\t^"])
def test_records_without_anything_in_them_are_none(caret: str) -> None:
    assert records(body(f"cmd=save&data=email^a@b.c{caret}\n")) == [("a@b.c",)]
    assert findings(body(f"cmd=save&data=email{caret}\n")) == [("MISSING_DATA", "")]


def test_what_is_wrong_with_a_record_says_its_place_and_the_others_run() -> None:
    steps = body("cmd=save&data=email,first^a@b.c,A^d@e.f^g@h.i,G,H^j@k.l,J\n")

    assert records(steps) == [("a@b.c", "A"), ("j@k.l", "J")]
    found = [step for step in steps if isinstance(step, Finding)]
    assert [(each.line, each.number, each.ordinal, each.value) for each in found] == [
        (4, 2, 1, "1 / 2"),
        (4, 3, 1, "3 / 2"),
    ]


def test_an_argument_on_a_line_that_goes_on_is_too_late() -> None:
    steps = body("cmd=save&data=email^a@b.c\n^d@e.f&realm=child\n")

    assert records(steps) == [("a@b.c",), ("d@e.f",)]
    assert findings(steps) == [("UNKNOWN_ARGUMENT", "realm")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("verbose=1", ("HEADER_AFTER_BODY", "verbose=")),
        ("PASSWORD = hidden", ("HEADER_AFTER_BODY", "PASSWORD=")),
        ("colour=red", ("NOT_A_COMMAND", "colour=")),
        ("hidden", ("NOT_A_COMMAND", "…")),
        ("smd=save&data=email^a@b.c", ("NOT_A_COMMAND", "smd=")),
    ],
)
def test_a_line_that_is_no_command_is_told_without_what_it_says(line: str, told: tuple[str, str]) -> None:
    steps = body(f"cmd=save&data=email^a@b.c\n{line}\ncmd=save&data=email^d@e.f\n")

    assert findings(steps) == [told]
    assert records(steps) == [("a@b.c",), ("d@e.f",)]


def test_lines_that_begin_alike_are_read_as_the_first_of_them_was() -> None:
    plain = "cmd=sub&list_id=5&data=email,first^a@b.c,Ann\n"
    odd = 'cmd=sub&list_id=5&data=email,first^ d@e.f , "D, of E" ^g@h.i,G%2C\n'
    short = "cmd=sub&list_id=5&data=email,first^j@k.l\n"

    steps = body(plain + plain + odd + short + plain)

    expected = [("a@b.c", "Ann"), ("a@b.c", "Ann"), ("d@e.f", "D, of E"), ("g@h.i", "G,"), ("a@b.c", "Ann")]
    assert records(steps) == expected
    assert findings(steps) == [("VALUE_COUNT", "1 / 2")]


def test_a_command_without_records_is_told_before_lines_that_begin_alike() -> None:
    plain = "cmd=sub&list_id=5&data=email^a@b.c\n"

    steps = body(f"{plain}cmd=sub&list_id=5&data=email\n{plain}")

    assert findings(steps) == [("MISSING_DATA", "")]
    assert len(records(steps)) == 2


def test_characters_of_windows_and_of_utf8_may_meet_in_one_file() -> None:
    start = b"cmd=save&data=email,first^a@b.c,Zo"
    sent = start + b"\xc3\xab\n" + start + b"\xeb^g@h.i,Zo\xc3\xab\n"

    assert [first for _, first in records(body(sent))] == ["Zoë"] * 3


def test_very_many_beginnings_of_lines_are_not_all_remembered() -> None:
    sent = "".join(f"cmd=sub&list_id={number}&data=email^a@b.c\n" for number in range(2500))

    assert len(records(body(sent))) == 2500


# --------------------------------------------------------------------------------------------- out of bounds


def test_a_line_of_fifty_megabytes_is_run_in_little_more_than_its_own_memory() -> None:
    long = b"^" + b"x" * 50 * MEGABYTE + b"^b"
    content = LOGIN.encode() + b"cmd=save&data=email^%45" + long + b"^" * 1_000_000

    steps, peak = read_traced(content)

    assert records(steps) == [("E",), ("b",)]
    assert [(step.verdict.value, step.number) for step in steps if isinstance(step, Finding)] == [
        ("VALUE_TOO_LONG", 2)
    ]
    assert peak < 4 * len(content)


@pytest.mark.parametrize("piece", ["x", "%20", ",", '\\"', '"', "&", "😀", "é", "^", "^ ", "%", " "])
def test_whatever_a_megabyte_is_made_of_it_takes_some_times_its_memory(piece: str) -> None:
    sent = piece.encode()
    content = LOGIN.encode() + b'cmd=save&data=email,first^a,"' + sent * ((MEGABYTE - 3) // len(sent))

    _, peak = read_traced(content)

    assert peak < 30 * MEGABYTE


def read_traced(content: bytes) -> tuple[list[Step], int]:
    """Read a .dat file; return its steps, and how much memory Python took for that."""
    stream = io.BytesIO(content)
    tracemalloc.start()
    steps = list(open_batch(stream, "march.dat").steps)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return steps, peak


def test_a_record_may_have_a_megabyte_and_no_byte_more() -> None:
    fits = "x" * MAX_RECORD_BYTES

    assert records(body(f"cmd=save&data=email^{fits}^a^{fits}")) == [(fits,), ("a",), (fits,)]
    steps = body(f"cmd=save&data=email^{fits}x^a^{fits}x\n^{fits}x^b")
    assert records(steps) == [("a",), ("b",)]
    assert [step.number for step in steps if isinstance(step, Finding)] == [1, 3, 4]


def test_very_many_records_on_a_line_are_given_as_they_are_read() -> None:
    content = LOGIN.encode() + b"cmd=save&data=email,first" + b"^alice@example.com,A" * 150_000
    stream = io.BytesIO(content)
    tracemalloc.start()

    records = sum(len(step) for step in open_batch(stream, "march.dat").steps if isinstance(step, Run))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert records == 150_000
    assert peak < 40 * MEGABYTE


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let lines be a thousand bytes at the most."""
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 1000)
    return 1000


def test_a_longer_line_is_told_and_the_next_one_runs(short: int) -> None:
    steps = body(f"cmd=save&data=email^{'x' * short}\ncmd=save&data=email^a@b.c\n")

    assert [verdict for verdict, _ in findings(steps)] == ["LINE_TOO_LONG"]
    assert records(steps) == [("a@b.c",)]
    assert places(f"cmd=save&data=email^{'x' * 10 * short}\ncmd=save&data=email^a@b.c\n") == [(5, 1, 2)]


def test_arguments_may_not_be_very_long() -> None:
    steps = body(f"cmd=save&realm={'x' * 70_000}&data=email^a@b.c\ncmd=save&data=email^d@e.f\n")

    assert [verdict for verdict, _ in findings(steps)] == ["LINE_TOO_LONG"]
    assert records(steps) == [("d@e.f",)]


class Slow(io.BytesIO):
    """A stream whose lines may not be asked for byte by byte."""

    def readline(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("readline of a stream without a buffer")


class Unbuffered:
    """What has read, seek and tell, and nothing else."""

    def __init__(self, content: bytes) -> None:
        inner = Slow(content)
        self.read: Callable[[int], bytes] = inner.read
        self.seek: Callable[[int, int], int] = inner.seek


def test_a_stream_without_a_buffer_gets_one() -> None:
    stream: BinaryIO = Unbuffered(b"one\ntwo\n" * 10_000)  # type: ignore[assignment]  # all that is asked of it
    lines = Lines(stream)

    assert [next(lines), lines.mark(), next(lines)] == [b"one\n", (4, 1), b"two\n"]
    lines.rewind((4, 1))
    assert len(list(lines)) == 19_999
    assert lines.number == 20_000


def test_steps_are_read_only_as_they_are_asked_for() -> None:
    batch = opened(LOGIN + "cmd=save&data=email^a@b.c\n" * 100_000)

    first = next(batch.steps)

    assert isinstance(first, Run)
    assert first.lines[-1] < 60_000


def test_a_line_that_is_no_command_ends_the_one_before() -> None:
    steps = body("cmd=save&data=email\nwhat is this\n^a@b.c\ncmd=save&data=email^d@e.f\n")

    assert [verdict for verdict, _ in findings(steps)] == ["MISSING_DATA", "NOT_A_COMMAND", "NOT_A_COMMAND"]
    assert records(steps) == [("d@e.f",)]


def test_beginnings_of_lines_are_not_remembered_when_they_are_long() -> None:
    content = LOGIN.encode() + b"".join(
        b"cmd=save&realm=%05d%s&data=email^a@b.c\n" % (number, b"x" * 60_000) for number in range(300)
    )

    steps, peak = read_traced(content)

    assert len(records(steps)) == 300
    assert peak < 30 * MEGABYTE
