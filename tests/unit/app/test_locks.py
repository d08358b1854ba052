from __future__ import annotations

import os
from pathlib import Path

from postroom.app.locks import FileLock


def test_many_share_a_lock_and_nobody_has_it_alone(tmp_path: Path) -> None:
    alice, bob, charlie = (FileLock(tmp_path / "lock") for _ in range(3))

    alice.share()
    bob.share()

    assert not charlie.attempt()
    alice.release()
    assert not charlie.attempt()
    bob.release()
    assert charlie.attempt()


def test_one_alone_keeps_others_out_for_the_block(tmp_path: Path) -> None:
    alice, bob = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    with alice.alone():
        assert not bob.attempt()

    assert bob.attempt()


def test_letting_go_twice_is_fine(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.attempt()

    lock.release()
    lock.release()

    assert not lock.held


def test_a_failed_attempt_leaves_no_file_open(tmp_path: Path) -> None:
    alice, bob = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    alice.share()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a Path would open one more

    assert not bob.attempt()

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - a Path would open one more


def test_a_program_that_we_start_does_not_hold_our_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.share()

    assert not any(
        os.get_inheritable(int(number))
        for number in os.listdir("/proc/self/fd")  # noqa: PTH208 - a Path would open one more
        if int(number) > 2 and os.path.realpath(f"/proc/self/fd/{number}") == str(tmp_path / "lock")
    )
