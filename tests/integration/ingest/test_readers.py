"""Files read by a process of their own: what comes of them, and what becomes of the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from postroom.contacts.batches import FileRefused
from postroom.contacts.errors import Unavailable
from postroom.contacts.reasons import Reason
from postroom.dialects.folders.headers import map_columns
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.readers import Readers
from tests.integration.app.waiting import until
from tests.integration.ingest.deposits import LIMITS, SETTINGS, read, reading
from tests.workbooks import Raw, package, sheet, xlsx, zipped

LONG = b"Email;Nom\n" + b"".join(b"alice%d@example.fr;Durand\n" % number for number in range(100_000))
"""More than fits between a reader and who asked: the reader waits until its frames are taken."""


@pytest.fixture
def own() -> Iterator[Readers]:
    """Return readers that no other test uses."""
    with Readers() as opened:
        opened.start()
        yield opened


def server_of_this_process() -> psutil.Process:
    """Return the server that was started last: that of `own`, where a test has it."""
    children = psutil.Process().children()
    servers = [child for child in children if "postroom.ingest.sandbox.server" in child.cmdline()]
    return max(servers, key=psutil.Process.create_time)


def at_work(server: psutil.Process) -> list[psutil.Process]:
    """Return the readers that hold a file; the one in reserve holds none yet."""
    return [child for child in server.children() if any(path.startswith("/") for path in held(child.pid))]


def held(pid: int) -> list[str]:
    """Return where the descriptors of a process lead, besides nowhere; nothing when it has just ended."""
    try:
        targets = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []
    return [target for target in targets if target != "/dev/null"]


def refusal(attempt: Callable[[], object]) -> Reason:
    with pytest.raises(FileRefused) as caught:
        attempt()
    return caught.value.reason


def test_a_file_is_read_apart_as_it_is_read_here(readers: Readers) -> None:
    content = b'Email;Nom\nalice@example.fr;"Dup;ont\n& fils"\n;;surplus\n\nbob@example.fr;\n'

    found = read(readers, content)

    assert found.rows == [
        {"email": "alice@example.fr", "last_name": "Dup;ont\n& fils", "line": 2},
        {"email": "bob@example.fr", "last_name": None, "line": 6},
    ]
    (issue,) = found.issues
    assert (issue.line, issue.reason, issue.value) == (4, Reason.TOO_MANY_COLUMNS, "surplus")
    assert issue.cells == ("", "", "surplus")


def test_every_row_can_be_had_as_it_was_sent(readers: Readers) -> None:
    opened = reading(readers, b'Email;Nom\na@example.fr;"x ""y"""\n b ;c\n')

    (frame,) = opened.frames(map_columns(opened.header, SETTINGS))

    assert frame.cells(2) == ("a@example.fr", 'x "y"')
    assert frame.cells(3) == (" b ", "c")


def test_frames_come_in_order_however_small(readers: Readers) -> None:
    found = read(readers, LONG, block_bytes=64 << 10)

    assert [row["line"] for row in found.rows] == list(range(2, 100_002))


def test_fields_may_have_any_name(readers: Readers) -> None:
    opened = reading(readers, b"Email;Nom\na@example.fr;Durand\n")
    columns = map_columns(opened.header, SETTINGS)
    renamed = type(columns)({"dispatch": 1, "text": 0}, 2, columns.header)

    (frame,) = opened.frames(renamed)

    assert frame.data.to_dicts() == [{"dispatch": "Durand", "text": "a@example.fr", "line": 2}]


def test_a_character_that_ends_rows_on_the_way_is_dropped_from_cells(readers: Readers) -> None:
    assert read(readers, b"Email;Nom\na@example.fr;Du\x01rand\n").rows[0]["last_name"] == "Durand"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.csv", Reason.EMPTY_FILE),
        (b"Email\n", "a.pdf", Reason.UNKNOWN_FORMAT),
        (b"\x89PNG\r\n", "a.csv", Reason.NOT_TEXT),
        (b"PK\x03\x04", "a.zip", Reason.BAD_ARCHIVE),
        (b'Email\n"open\n', "a.csv", Reason.UNCLOSED_QUOTE),
    ],
)
def test_a_refusal_says_its_reason(readers: Readers, content: bytes, name: str, reason: Reason) -> None:
    assert refusal(lambda: read(readers, content, name)) is reason


def repeated_string() -> bytes:
    cell = '<c t="s"><v>0</v></c>'
    return package({"A": sheet([], extra=f"<row>{cell * 100}</row>" * 100)}, strings=["x" * 1_000_000])


def far_cell() -> bytes:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    return package({"A": sheet([["Email"]], extra=far)})


@pytest.mark.parametrize("bomb", [repeated_string, far_cell])
def test_a_workbook_that_wants_all_memory_loses_its_own_reader(
    readers: Readers, bomb: Callable[[], bytes]
) -> None:
    assert refusal(lambda: read(readers, bomb(), "a.xlsx")) is Reason.TOO_COMPLEX
    assert read(readers, b"Email\na@example.fr\n").rows


def test_entities_within_entities_are_not_expanded(readers: Readers) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + sheet(
        [["Email"]], extra="<row><c><v>&l11;</v></c></row>"
    )

    found = read(readers, package({"A": bomb}), "a.xlsx", limits=ReaderLimits(512 << 20, 20))

    assert len(str(found.rows)) < 100


def test_a_sheet_of_four_rows_that_claims_a_million_reads_in_a_moment(readers: Readers) -> None:
    rows = [["Email"], ["a@example.fr"], ["b@example.fr"], ["c@example.fr"]]
    empty = '<row r="1048576" s="1"><c r="A1048576" s="1"/></row>'
    claims = package({"A": sheet(rows, dimension="A1:XFD1048576", extra=empty)}, formats=["0"])

    found = read(readers, claims, "a.xlsx", limits=ReaderLimits(256 << 20, 5))

    assert len(found.rows) == 3
    assert found.reading.inspection.line_count == 4


def test_a_zip_of_zeros_is_stopped_where_it_exceeds_what_an_archive_may_hold(readers: Readers) -> None:
    bomb = zipped({"a.csv": b"Email\n" + b"a\n" * 40_000_000})

    assert refusal(lambda: read(readers, bomb, "a.zip")) is Reason.ARCHIVE_TOO_BIG


def test_lines_of_a_letter_under_many_headers_keep_within_the_limits(readers: Readers) -> None:
    headers = ";".join(["Email", "Mobile", *(f"Champ {number}" for number in range(1, 16))])
    content = headers.encode() + b"\n" + b"a\n" * 1_500_000

    opened = reading(readers, content)

    frames = opened.frames(map_columns(opened.header, SETTINGS))
    assert sum(frame.rows for frame in frames) == 1_500_000


def test_a_reader_that_takes_too_long_is_ended(own: Readers) -> None:
    with pytest.raises(FileRefused) as caught:
        read(own, LONG, limits=ReaderLimits(512 << 20, 1e-6))

    assert caught.value.reason is Reason.TOO_COMPLEX
    until(lambda: not at_work(server_of_this_process()))


def test_what_comes_of_a_file_has_a_limit(readers: Readers) -> None:
    limits = ReaderLimits(512 << 20, 60, output_bytes=10_000)

    assert refusal(lambda: read(readers, LONG, limits=limits)) is Reason.TOO_COMPLEX


def test_a_reader_killed_from_outside_is_no_fault_of_the_file(own: Readers) -> None:
    opened = reading(own, LONG)
    (reader,) = at_work(server_of_this_process())
    frames = opened.frames(map_columns(opened.header, SETTINGS))
    next(frames)

    reader.kill()

    with pytest.raises(Unavailable):
        list(frames)


def test_a_reader_that_crashes_refuses_its_file(own: Readers) -> None:
    opened = reading(own, LONG)
    (reader,) = at_work(server_of_this_process())

    reader.send_signal(signal.SIGSEGV)

    assert refusal(lambda: list(opened.frames(map_columns(opened.header, SETTINGS)))) is Reason.UNREADABLE


def test_when_the_server_dies_readers_die_and_the_next_file_gets_a_new_one(own: Readers) -> None:
    opened = reading(own, LONG)
    server = server_of_this_process()
    (reader,) = at_work(server)

    server.kill()

    with pytest.raises(Unavailable):
        list(opened.frames(map_columns(opened.header, SETTINGS)))
    until(lambda: not reader.is_running())
    assert read(own, b"Email\na@example.fr\n").rows


def test_a_reading_given_up_halfway_leaves_nothing_behind(own: Readers) -> None:
    server = server_of_this_process()
    read(own, b"Email\na@example.fr\n")  # Polars opens a few at its first use
    until(lambda: len(server.children()) == 1)  # the one in reserve
    before = psutil.Process().num_fds(), server.num_fds()

    for _ in range(20):
        opened = reading(own, LONG)
        next(opened.frames(map_columns(opened.header, SETTINGS)))
        opened.close()
        read(own, b"Email\na@example.fr\n")
        refusal(lambda: reading(own, b""))

    until(lambda: len(server.children()) == 1)
    until(lambda: psutil.Process().num_fds() <= before[0])
    until(lambda: server.num_fds() <= before[1] + 1)  # one more when the reserve is being made


def test_readers_know_nothing_of_our_environment_and_hold_none_of_our_files(
    own: Readers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL", "postgresql://secret")
    own.close()
    with (tmp_path / "ours").open("wb") as ours:
        os.set_inheritable(ours.fileno(), True)
        own.start()
        opened = reading(own, LONG)
        (reader,) = at_work(server_of_this_process())

        assert "POSTROOM_DATABASE_URL" not in reader.environ()
        files = [target for target in held(reader.pid) if target.startswith("/")]
        sockets = [target for target in held(reader.pid) if target.startswith("socket:")]
        assert len(files) == 1
        assert str(tmp_path) not in files[0]
        assert len(sockets) == 1
    opened.close()


STARTER = """
import sys
from postroom.ingest.sandbox.readers import Readers
from tests.integration.ingest.deposits import reading
from tests.integration.ingest.test_readers import LONG
readers = Readers()
opened = reading(readers, LONG)
print("reading", flush=True)
sys.stdin.read()
"""


def test_when_who_asked_is_killed_nothing_is_left() -> None:
    asking = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
    )
    with asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"reading\n"
        (server,) = psutil.Process(asking.pid).children()
        (reader,) = at_work(server)

        asking.kill()

        until(lambda: not reader.is_running() and not server.is_running())


def test_a_reader_in_reserve_that_dies_is_replaced(own: Readers) -> None:
    server = server_of_this_process()
    until(lambda: len(server.children()) == 1)
    (spare,) = server.children()

    spare.kill()

    until(lambda: [child.pid for child in server.children()] not in ([], [spare.pid]))
    assert read(own, b"Email\na@example.fr\n").rows


def test_files_of_several_accounts_are_read_at_once(own: Readers) -> None:
    first, second, third = (reading(own, LONG) for _ in range(3))

    for opened in (third, first, second):
        frames = opened.frames(map_columns(opened.header, SETTINGS))
        assert sum(frame.rows for frame in frames) == 100_000


def test_a_workbook_is_read_apart_too(readers: Readers) -> None:
    book = xlsx([["Email", "Mobile"], ["a@example.fr", Raw("612345678")]], more={"Autre": [["x"]]})

    found = read(readers, book, "a.xlsx", limits=LIMITS)

    assert found.rows == [{"email": "a@example.fr", "mobile": "612345678", "line": 2}]
    assert found.reading.inspection.other_sheets == ("Autre",)
