from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from postroom.app.postgres import EmbeddedPostgres
from postroom.contacts.errors import Denied, Unavailable

FAST = {"fsync": "off", "shared_buffers": "32MB", "min_wal_size": "32MB", "max_wal_size": "64MB"}
HOLDER = Path(__file__).with_name("holder.py")


@pytest.fixture
def data() -> Iterator[Path]:
    # Not pytest's own directory: root's database user must be let through every directory above it.
    directory = Path(tempfile.mkdtemp(prefix="postroom-"))
    yield directory
    if (directory / "postgres").exists():
        with EmbeddedPostgres(directory, overrides=FAST):
            pass
    shutil.rmtree(directory)


def ask(url: str, statement: LiteralString) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def run(url: str, statement: LiteralString) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def hold(data: Path, user: str | None = None) -> tuple[subprocess.Popen[str], str]:
    """Start a process that uses the database, and wait until it does; return it and the URL."""
    holder = subprocess.Popen(
        [sys.executable, str(HOLDER), str(data), *([user] if user else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(data), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    return holder, holder.stdout.readline().strip()


def test_it_runs_only_while_somebody_uses_it(data: Path) -> None:
    alice, bob = EmbeddedPostgres(data, overrides=FAST), EmbeddedPostgres(data, overrides=FAST)

    url = alice.acquire()
    assert bob.acquire() == url
    alice.release()

    assert ask(url, "select current_user || ' in ' || current_database()") == "postroom in postroom"
    bob.release()
    assert not bob.alive()
    with pytest.raises(psycopg.OperationalError):
        ask(url, "select 1")


def test_it_is_durable_checked_tuned_utf8_and_off_the_network(data: Path) -> None:
    with EmbeddedPostgres(data) as url:
        for name, value in {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "jit": "off",
            "TimeZone": "UTC",
        }.items():
            assert ask(url, "select current_setting('" + name + "')") == value
        # PostgreSQL lower-cases beyond ASCII: the built-in C.UTF-8 knows letters, plain C does not.
        assert ask(url, "select lower('ÉLODIE')") == "élodie"
        assert ask(url, "select pg_size_bytes(current_setting('max_wal_size')) > 500000000")


def test_we_are_no_superuser_in_it(data: Path) -> None:
    with EmbeddedPostgres(data, overrides=FAST) as url:
        assert not ask(url, "select rolsuper from pg_roles where rolname = current_user")
        run(url, "create table notes (note text)")
        run(url, "checkpoint")


def test_its_files_and_its_socket_are_private(data: Path) -> None:
    with EmbeddedPostgres(data, overrides=FAST):
        assert (data / "postgres").stat().st_mode & 0o077 == 0
        assert (data / "run" / "postgres").stat().st_mode & 0o077 == 0


def test_a_path_too_long_for_a_socket_still_works(data: Path) -> None:
    deep = data / ("Élodie's, data " * 6) / ("d" * 80)

    with EmbeddedPostgres(deep, overrides=FAST) as url:
        assert "host=/tmp/postroom-" in url
        assert ask(url, "select 1") == 1


def test_a_killed_user_does_not_keep_it_running(data: Path) -> None:
    holder, url = hold(data)
    ours = EmbeddedPostgres(data, overrides=FAST)
    assert ours.acquire() == url

    holder.kill()
    holder.communicate()
    assert ask(url, "select 1") == 1, "it outlives the process that started it"
    ours.release()

    assert not ours.alive()


def test_a_user_elsewhere_keeps_it_running(data: Path) -> None:
    holder, url = hold(data)

    with EmbeddedPostgres(data, overrides=FAST):
        pass

    assert ask(url, "select 1") == 1
    holder.communicate()
    assert not EmbeddedPostgres(data).alive(), "the last one stopped it"


def test_ctrl_c_in_the_terminal_does_not_reach_it(data: Path) -> None:
    with EmbeddedPostgres(data, overrides=FAST):
        pid = EmbeddedPostgres(data).postmaster_pid()
        assert pid is not None
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgrp()


def test_a_killed_server_comes_back_with_all_that_was_committed(data: Path) -> None:
    postgres = EmbeddedPostgres(data, overrides=FAST)
    url = postgres.acquire()
    run(url, "create table notes as select 'kept' as note")
    pid = postgres.postmaster_pid()
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    assert postgres.ensure_running() == url

    assert ask(url, "select note from notes") == "kept"
    assert postgres.postmaster_pid() != pid
    postgres.release()


def test_leaving_after_the_server_was_killed_is_quiet(data: Path) -> None:
    postgres = EmbeddedPostgres(data, overrides=FAST)
    postgres.acquire()
    os.kill(postgres.postmaster_pid() or 0, signal.SIGKILL)

    postgres.release()

    assert not postgres.alive()


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    with pytest.raises(Unavailable, match="shared_bufers"):
        EmbeddedPostgres(data, overrides={"shared_bufers": "1GB"}).acquire()
    with EmbeddedPostgres(data, overrides=FAST) as url:
        assert ask(url, "select 1") == 1


def test_an_operators_own_settings_win(data: Path) -> None:
    with EmbeddedPostgres(data, overrides=FAST):
        (data / "postgres" / "local.conf").write_text("work_mem = '7MB'\n")
        (data / "postgres" / "local.conf").chmod(0o644)
    with EmbeddedPostgres(data, overrides=FAST) as url:
        assert ask(url, "select current_setting('work_mem')") == "7MB"


def test_a_database_of_another_version_is_left_alone(data: Path) -> None:
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(Denied, match="made by PostgreSQL 17"):
        EmbeddedPostgres(data).acquire()

    shutil.rmtree(data / "postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_it_as_itself_and_root_can_join(data: Path) -> None:
    charlie = pwd.getpwnam("nobody")
    os.chown(data, charlie.pw_uid, charlie.pw_gid)

    holder, url = hold(data, user="nobody")

    assert (data / "postgres").stat().st_uid == charlie.pw_uid
    with EmbeddedPostgres(data, overrides=FAST) as ours:
        assert ours == url
        assert ask(url, "select 1") == 1
    holder.communicate()
    assert holder.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_root_made_is_not_taken_by_an_ordinary_user(data: Path) -> None:
    with EmbeddedPostgres(data, overrides=FAST):
        pass
    (data / "run").chmod(0o777)
    for lock in (data / "run").glob("*.lock"):
        lock.chmod(0o666)

    holder, url = hold(data, user="nobody")

    assert not url
    holder.communicate()
    assert holder.returncode == 1
