"""Tries, confined as a reader is, what a file that has taken it over might: `python -m … TRY [USER_ID]`.

Says `done`, or the name of the error, on standard output.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from postroom.ingest.sandbox.confinement import ReaderLimits, confine

LIBC = ctypes.CDLL(None, use_errno=True)
HERE = Path.cwd()
OPEN = os.open(os.devnull, os.O_WRONLY)
ONE, OTHER = socket.socketpair()
PARENT = os.getppid()


def call(name: str, *arguments: object) -> None:
    if getattr(LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def in_the_thread_that_was_there() -> None:
    ASKED.set()
    THREAD.join()
    if FOUND:
        raise FOUND[0]


def wait_and_try() -> None:
    ASKED.wait()
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        FOUND.append(error)


ASKED = threading.Event()
FOUND: list[OSError] = []
THREAD = threading.Thread(target=wait_and_try)


def hog() -> None:
    kept = [bytearray(16 << 20) for _ in range(1000)]
    del kept


def burn() -> None:
    while True:
        pass


TRIES: dict[str, Callable[[], object]] = {
    "compute": lambda: sum(range(10)),
    "write a file": lambda: Path(HERE, "made").write_text("x"),
    "read a file": lambda: Path("/etc/passwd").read_text(encoding="utf-8"),
    "remove a file": lambda: Path(HERE, "victim").unlink(),
    "rename a file": lambda: Path(HERE, "victim").rename(Path(HERE, "other")),
    "make a directory": lambda: Path(HERE, "directory").mkdir(),
    "link": lambda: Path(HERE, "link").symlink_to("/"),
    "change rights": lambda: Path(HERE, "victim").chmod(0o777),
    "change rights of what is open": lambda: os.fchmod(OPEN, 0o777),
    "cut what is open": lambda: os.ftruncate(OPEN, 0),
    "leave": lambda: os.chdir("/"),
    "list a directory": lambda: list(Path("/").iterdir()),
    "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "open a local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "open a socket in an older thread": in_the_thread_that_was_there,
    "pass a descriptor on": lambda: socket.send_fds(ONE, [b"x"], [0]),
    "run a program": lambda: call("execv", b"/bin/true", None),
    "start a program": lambda: subprocess.run(["/bin/true"], check=True),
    "fork": os.fork,
    "kill its parent": lambda: os.kill(PARENT, signal.SIGCONT),
    "look into another process": lambda: call("ptrace", 16, PARENT, None, None),
    "make memory that runs": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_EXEC | mmap.PROT_WRITE),
    "shared memory": lambda: call("memfd_create", b"x", 0),
    "be somebody else": lambda: os.setuid(65534),
    "raise its limits": lambda: call("setrlimit", 0, (ctypes.c_ulong * 2)(100, 100)),
    "hog memory": hog,
    "burn time": burn,
}


def main(name: str, user_id: int | None = None) -> None:
    if user_id is not None:
        os.setgroups([])
        os.setgid(user_id)
        os.setuid(user_id)
    THREAD.start()
    confine(ReaderLimits(memory_bytes=256 << 20, seconds=1))
    try:
        TRIES[name]()
    except OSError as error:
        said = errno.errorcode.get(error.errno or 0, str(error))
    except MemoryError:
        said = "no memory"
    else:
        said = "done"
    os.write(1, said.encode())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
