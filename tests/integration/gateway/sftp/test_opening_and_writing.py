"""What the ways to open a file mean here, and what an open file answers."""

from __future__ import annotations

import struct

from tests.integration.gateway.sftp.conftest import StartServer
from tests.integration.gateway.sftp.peer import (
    FX_FAILURE,
    FX_NO_SUCH_FILE,
    FX_OK,
    FX_OP_UNSUPPORTED,
    FX_PERMISSION_DENIED,
    FXF_APPEND,
    FXF_CREAT,
    FXF_EXCL,
    FXF_READ,
    FXF_TRUNC,
    FXF_WRITE,
    FXP_CLOSE,
    FXP_OPEN,
    INBOX,
    Running,
    Status,
    string,
    wired,
)

PATH = f"{INBOX}/a.csv"
NEW_FILE = FXF_WRITE | FXF_CREAT | FXF_TRUNC


def _asked_to_open(flags: int) -> tuple[int, bytes, bytes, bytes]:
    return FXP_OPEN, string(PATH), struct.pack(">I", flags), bytes(4)


def test_creating_without_the_write_flag_is_an_upload(running: Running) -> None:
    with wired(running) as wire:
        handle = wire.open(PATH, FXF_CREAT | FXF_EXCL)
        wire.write(handle, 0, b"x")
        wire.close(handle)
    assert running.alice.content("a.csv") == b"x"


def test_an_exclusive_creation_of_what_exists_fails(running: Running) -> None:
    running.alice.put(PATH, b"old")
    with wired(running) as wire:
        answer = wire.ask(*_asked_to_open(FXF_WRITE | FXF_CREAT | FXF_EXCL))
    assert isinstance(answer, Status)
    assert answer.code == FX_FAILURE
    assert "exists" in answer.text


def test_opening_what_is_not_there_without_creating_it_fails(running: Running) -> None:
    with wired(running) as wire:
        for flags in (FXF_READ, FXF_WRITE, FXF_WRITE | FXF_TRUNC, FXF_WRITE | FXF_APPEND):
            answer = wire.ask(*_asked_to_open(flags))
            assert isinstance(answer, Status)
            assert answer.code == FX_NO_SUCH_FILE


def test_appending_creates_if_asked_and_ignores_offsets(running: Running) -> None:
    with wired(running) as wire:
        for word in (b"one ", b"two"):
            handle = wire.open(PATH, FXF_WRITE | FXF_APPEND | FXF_CREAT)
            wire.write(handle, 0, word)
            wire.close(handle)
    assert running.alice.content("a.csv") == b"one two"


def test_updating_starts_from_the_published_bytes(running: Running) -> None:
    running.alice.put(PATH, b"Alice;Bob")
    with wired(running) as wire:
        handle = wire.open(PATH, FXF_WRITE | FXF_CREAT)
        wire.write(handle, 6, b"Charlie")
        wire.close(handle)
    assert running.alice.content("a.csv") == b"Alice;Charlie"


def test_a_file_that_was_opened_to_be_changed_and_was_not_is_not_published_again(running: Running) -> None:
    running.alice.put(PATH, b"old")
    before = running.alice.files.copy()
    with wired(running) as wire:
        assert wire.close(wire.open(PATH, FXF_WRITE)) == Status(FX_OK, "")
    assert running.alice.files == before
    assert running.alice.aborted == ["nothing was written"]


def test_an_empty_new_file_is_published(running: Running) -> None:
    with wired(running) as wire:
        wire.close(wire.open(PATH, NEW_FILE))
    assert running.alice.content("a.csv") == b""


def test_the_last_write_of_rclone_has_trailing_bytes(running: Running) -> None:
    with wired(running) as wire:
        handle = wire.open(PATH, NEW_FILE)
        assert wire.write(handle, 0, b"all of it", trailing=b"\0\0\0") == Status(FX_OK, "")
        wire.close(handle)
    assert running.alice.content("a.csv") == b"all of it"


def test_nobody_sees_an_upload_before_its_close(running: Running) -> None:
    running.alice.put(PATH, b"old")
    with wired(running) as wire:
        upload = wire.open(PATH, NEW_FILE)
        wire.write(upload, 0, b"new")
        reading = wire.open(PATH, FXF_READ)
        assert wire.read(reading, 0, 100) == b"old"
        wire.close(upload)
        assert wire.read(reading, 0, 100) == b"old"
        wire.close(reading)
        assert wire.read(wire.open(PATH, FXF_READ), 0, 100) == b"new"


def test_of_two_uploads_to_one_name_the_last_close_wins(running: Running) -> None:
    with wired(running) as wire:
        first, second = wire.open(PATH, NEW_FILE), wire.open(PATH, NEW_FILE)
        wire.write(first, 0, b"first")
        wire.write(second, 0, b"second")
        wire.close(second)
        wire.close(first)
    assert running.alice.content("a.csv") == b"first"


def test_a_file_open_for_both_can_be_read_until_it_is_written(running: Running) -> None:
    running.alice.put(PATH, b"old")
    with wired(running) as wire:
        handle = wire.open(PATH, FXF_READ | FXF_WRITE)
        assert wire.read(handle, 1, 100) == b"ld"
        wire.write(handle, 0, b"b")
        answer = wire.read(handle, 0, 100)
        assert answer == Status(FX_OP_UNSUPPORTED, "An upload cannot be read before it is closed.")
        wire.close(handle)
    assert running.alice.content("a.csv") == b"bld"


def test_a_handle_does_only_what_it_was_opened_for(running: Running) -> None:
    running.alice.put(PATH, b"old")
    with wired(running) as wire:
        reading, writing = wire.open(PATH, FXF_READ), wire.open(PATH, FXF_WRITE)
        for answer in (wire.write(reading, 0, b"x"), wire.read(writing, 0, 1)):
            assert isinstance(answer, Status)
            assert answer.code == FX_PERMISSION_DENIED


def test_a_handle_is_good_for_one_close(running: Running) -> None:
    with wired(running) as wire:
        handle = wire.open(PATH, NEW_FILE)
        wire.close(handle)
        for answer in (wire.close(handle), wire.write(handle, 0, b"x"), wire.ask(FXP_CLOSE, string(b"none"))):
            assert isinstance(answer, Status)
            assert answer.code == FX_FAILURE


def test_large_files_are_read_whole_in_pieces_of_any_size(running: Running) -> None:
    content = bytes(range(256)) * 4000
    running.alice.put(PATH, content)
    with wired(running) as wire:
        handle = wire.open(PATH, FXF_READ)
        for size in (1000, 32768, 300_000, 10_000_000):
            answer, at = b"", 0
            while isinstance(piece := wire.read(handle, at, size), bytes):
                answer, at = answer + piece, at + len(piece)
            assert answer == content


def test_only_so_many_files_may_be_open_at_once(start_server: StartServer) -> None:
    running = start_server(max_open_files=2)
    running.alice.put(PATH, b"old")
    with wired(running) as wire:
        handles = [wire.open(PATH, FXF_READ), wire.open(PATH, FXF_READ)]
        answer = wire.ask(*_asked_to_open(FXF_READ))
        assert isinstance(answer, Status)
        assert "No more than 2 files" in answer.text
        wire.close(handles[0])
        wire.open(PATH, FXF_READ)
