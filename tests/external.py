"""Run tests on an external PostgreSQL 16, the oldest one served: `python -m tests.external ARGUMENTS`.

It comes from the same wheel as the embedded one, but is reached as any other: by TCP, with a password.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postroom.app.postgres_cluster import binaries
from postroom.app.postgres_owner import Owner, owner_of
from tests.conftest import EXTERNAL_URL, NOT_DURABLE

VERSION = "16"


def main() -> int:
    """Start the server, run pytest against it, stop the server; return pytest's exit code."""
    with external_server() as url:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, EXTERNAL_URL: url}, check=False).returncode


@contextmanager
def external_server() -> Iterator[str]:
    """Run PostgreSQL on a free port of the loopback; yield its URL."""
    data = Path(tempfile.mkdtemp(prefix="postroom-external-")) / "data"
    owner = owner_of(data)
    programs = binaries().parents[1] / "pginstall" / "bin"
    password, port = secrets.token_hex(12), free_port()
    try:
        make_cluster(owner, programs, data, password)
        options = [f"-c {name}={value}" for name, value in NOT_DURABLE.items()]
        options += ["-c listen_addresses=127.0.0.1", f"-c port={port}", f"-c unix_socket_directories={data}"]
        run(owner, data, programs / "pg_ctl", "start", "-w", "-l", "server.log", "-o", " ".join(options))
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        run(owner, data, programs / "pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(data.parent, ignore_errors=True)


def make_cluster(owner: Owner, programs: Path, data: Path, password: str) -> None:
    """Make the server's files; everybody needs the password."""
    owner.own(data.parent)
    owner.let_through(data)
    owner.let_through(programs / "postgres")
    owner.own(data)
    word = data.parent / "password"
    owner.write(word, password)
    options = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--username=postgres", "--no-sync"]
    run(owner, data, programs / "initdb", *options, f"--pwfile={word}")


def run(owner: Owner, data: Path, program: Path, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on `data`; what it says is shown when it fails."""
    result = owner.run([str(program), *arguments], environment={"PGDATA": str(data)}, cwd=data)
    if result.returncode:
        raise SystemExit(f"{program.name} failed:\n{result.stdout}{result.stderr}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
