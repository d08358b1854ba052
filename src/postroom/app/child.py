"""One part as the supervisor sees it: a process that reports, may die, and is started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_STEADY_SECONDS = 60.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Part:
    """What to run: `name` for people, the `module` with its `run`, and the settings as plain values."""

    name: str
    module: str
    settings: Mapping[str, object]


def surroundings() -> dict[str, str]:
    """Return the environment of a part: ours, and what its libraries must know before they start.

    Each password check borrows 19 MiB; left to itself, glibc keeps such a block for every thread that ever
    made one: 650 MB after 50 logins at once. And while Polars reads on half of the cores, PostgreSQL has the
    others: on two, an import took a quarter less than with Polars on both.
    """
    libraries = {
        "MALLOC_MMAP_THRESHOLD_": str(4 * 1024 * 1024),
        "POLARS_MAX_THREADS": str(max(1, (os.cpu_count() or 1) // 2)),
    }
    return {**libraries, **os.environ}


class Child:
    """The process of a part; never more than one at a time."""

    def __init__(self, part: Part) -> None:
        """Describe it; nothing runs before `start`."""
        self.part = part
        self.endpoints: dict[str, str] = {}
        self.ready = False
        self.failure: str | None = None
        self.deaths = 0
        """Deaths in a row, each soon after its start."""
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._started_at = 0.0
        self._start_again_at = 0.0

    @property
    def pid(self) -> int | None:
        """Return the process id, None before the first start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process; a part that ran before gets the same ports again."""
        self.ready, self.failure, self._unread = False, None, b""
        self._started_at = time.monotonic()
        # A new process rather than a fork: nothing of ours (locks, threads, pools) comes along. A session
        # of its own: Ctrl-C in the terminal is for the supervisor, who tells the parts. -P: the directory we
        # were started in is no place for modules; a file `http.py` in it is not the library of that name.
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-m", "postroom.app.service", self.part.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=surroundings(),
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("both are pipes")
        os.set_blocking(stdout.fileno(), False)
        order = {"part": self.part.name, "settings": self.part.settings, "endpoints": self.endpoints}
        with suppress(BrokenPipeError):
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()

    def look(self) -> int | None:
        """Take in what the process reported; return its exit code once it has ended."""
        code = self._process.poll() if self._process else None
        self._read_reports()
        return code

    def plan_restart(self) -> float:
        """Count a death; return the seconds until the next start, longer from death to death."""
        lived = time.monotonic() - self._started_at
        self.deaths = self.deaths + 1 if lived < _STEADY_SECONDS else 1
        pause = min(_FIRST_PAUSE * 2.0 ** (self.deaths - 1), _LONGEST_PAUSE)
        self._start_again_at = time.monotonic() + pause
        self.ready = False
        self.close()
        return pause

    def due(self) -> bool:
        """Tell whether a planned start is due."""
        return self._process is None and time.monotonic() >= self._start_again_at

    def running(self) -> bool:
        """Tell whether there is a live process."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """Ask the process to drain and end."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Forget a process that has ended."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            self._process.wait()
            self._process = None

    def _read_reports(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        with suppress(BlockingIOError):
            while more := os.read(self._process.stdout.fileno(), 65536):
                self._unread += more
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, report: dict[str, Any]) -> None:
        if "ready" in report:
            self.ready = True
            self.endpoints = report["ready"]
        if "failed" in report:
            self.failure = report["failed"]
