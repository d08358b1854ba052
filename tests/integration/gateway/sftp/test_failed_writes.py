"""After the first failure of an upload nothing of it is published, whatever the client still sends."""

from __future__ import annotations

import logging
import struct
from typing import Any

import pytest

from postroom.gateway.errors import VfsError, VfsKind
from tests.clients import require_program
from tests.fakes.memory_vfs import MEGABYTE
from tests.integration.gateway.sftp.openssh import sftp
from tests.integration.gateway.sftp.peer import (
    FX_FAILURE,
    FX_OK,
    FXF_CREAT,
    FXF_TRUNC,
    FXF_WRITE,
    FXP_CLOSE,
    FXP_OPEN,
    FXP_WRITE,
    INBOX,
    Running,
    Status,
    string,
    wired,
)

NEW_FILE = FXF_WRITE | FXF_CREAT | FXF_TRUNC
DISK_FULL = VfsError(VfsKind.IO, "The disk is full; try again later.")


def test_after_a_failed_write_every_later_write_and_the_close_fail(running: Running) -> None:
    with wired(running) as wire:
        handle = wire.open(f"{INBOX}/a.csv", NEW_FILE)
        assert wire.write(handle, 0, b"good") == Status(FX_OK, "")

        running.alice.write_failure = DISK_FULL
        failed = wire.write(handle, 4, b"bad")
        running.alice.write_failure = None

        assert failed == Status(FX_FAILURE, DISK_FULL.message)
        assert wire.write(handle, 7, b"good again") == failed
        assert wire.close(handle) == failed
    assert running.alice.published() == []
    assert running.alice.aborted == [DISK_FULL.message]


def test_a_client_that_pipelines_writes_and_closes_regardless_publishes_nothing(running: Running) -> None:
    with wired(running) as wire:
        handle = wire.open(f"{INBOX}/a.csv", NEW_FILE)
        running.alice.limit = 3
        for offset in range(5):
            wire.send(FXP_WRITE, string(handle), struct.pack(">Q", offset), string(b"x"))
        wire.send(FXP_CLOSE, string(handle))
        answers = [wire.answer() for _ in range(6)]
    assert [a.code for a in answers if isinstance(a, Status)] == [FX_OK] * 3 + [FX_FAILURE] * 3
    assert running.alice.published() == []


def test_a_commit_that_fails_fails_the_close(running: Running) -> None:
    running.alice.commit_failure = VfsError(VfsKind.QUOTA, "The account is full; delete something.")
    with wired(running) as wire:
        handle = wire.open(f"{INBOX}/a.csv", NEW_FILE)
        wire.write(handle, 0, b"good")
        assert wire.close(handle) == Status(FX_FAILURE, "The account is full; delete something.")
    assert running.alice.published() == []


def test_a_failure_of_ours_is_logged_and_its_details_stay_with_us(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = RuntimeError("secret table name")
    running.alice.commit_failure = broken
    with caplog.at_level(logging.INFO, "postroom.gateway.sftp"), wired(running) as wire:
        handle = wire.open(f"{INBOX}/a.csv", NEW_FILE)
        assert wire.close(handle) == Status(FX_FAILURE, "The server failed; try again later.")
    assert "failed act=close" in caplog.text
    assert "secret table name" in caplog.text
    assert running.alice.published() == []


def test_a_file_that_is_announced_too_big_is_refused_before_its_first_byte(running: Running) -> None:
    announced = struct.pack(">IQ", 1, 21 * MEGABYTE)
    with wired(running) as wire:
        answer = wire.ask(FXP_OPEN, string(f"{INBOX}/a.csv"), struct.pack(">I", NEW_FILE), announced)
    assert answer == Status(FX_FAILURE, "The file is bigger than 20 MB; split it.")
    assert running.alice.uploads_begun == 0


@pytest.mark.clients
def test_a_file_of_21_mb_fails_at_once_and_nothing_is_kept(running: Running, tmp_path: Any) -> None:
    require_program("sftp")
    big = tmp_path / "big.csv"
    big.write_bytes(bytes(21 * MEGABYTE))
    result = sftp(running, f"put {big} big.csv")
    assert result.returncode == 1
    assert "write remote" in result.stderr
    assert running.alice.published() == []
    assert running.alice.aborted == ["The file is bigger than 20 MB; split it."]
