"""A running Postroom of the demonstration's own, and its command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_START_SECONDS = 120.0
_STOP_SECONDS = 90.0
_LOOK_EVERY = 0.05
_LAST_LINES = 20


class OfficeError(Exception):
    """Postroom did not start, or a command failed; the message has what it said."""


class Office:
    """`postroom serve` on its embedded database in `directory`, on free ports, while the block runs."""

    def __init__(
        self, directory: Path, *, only: str | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; `only` is for the option of that name, `settings` are POSTROOM_ variables.

        They are named without the prefix, such as UPLOAD_LIMIT_BYTES.
        """
        self.directory = directory
        self.log = directory / "serve.log"
        self.endpoints: dict[str, str] = {}
        self._only = ("--only", only) if only else ()
        self._environment = _environment(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it, and wait until it takes connections."""
        self.directory.mkdir(parents=True, exist_ok=True)
        ports = ("--ftp-port", "0", "--sftp-port", "0", "--http-port", "0")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [*_PROGRAM, "serve", "--data", str(self.directory), *ports, *self._only],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                # Ctrl-C is for the demonstration, which then ends this in peace.
                start_new_session=True,
            )
        try:
            self.endpoints = self._wait_for_endpoints()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Let it finish what it does, and end it."""
        self._end()

    def address(self, protocol: str) -> tuple[str, int]:
        """Return host and port of ftp, sftp or http."""
        host, _, port = self.endpoints[protocol].rpartition(":")
        return host, int(port)

    def wait(self) -> None:
        """Wait until it ends by itself, which it only does when something is wrong."""
        if self._process is not None:
            self._process.wait()

    def command(self, *arguments: str, secret: str | None = None) -> Any:  # noqa: ANN401  # JSON, as it comes
        """Run a `postroom` command with --json; return its answer. `secret` goes to its standard input."""
        ended = subprocess.run(  # noqa: S603  # our own program
            [*_PROGRAM, *arguments, "--data", str(self.directory), "--json"],
            input=None if secret is None else f"{secret}\n",
            capture_output=True,
            check=False,
            env=self._environment,
            text=True,
        )
        if ended.returncode:
            raise OfficeError(f"postroom {' '.join(arguments)}: {ended.stderr.strip()}")
        return json.loads(ended.stdout)

    def _wait_for_endpoints(self) -> dict[str, str]:
        file = self.directory / "run" / "endpoints.json"
        deadline = time.monotonic() + _START_SECONDS
        while not file.exists():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise OfficeError(f"Postroom does not start:\n{self._last_lines()}")
            time.sleep(_LOOK_EVERY)
        return {name: str(at) for name, at in json.loads(file.read_text(encoding="utf-8")).items()}

    def _last_lines(self) -> str:
        lines: Sequence[str] = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


_PROGRAM = (sys.executable, "-m", "postroom.cli")


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return ours without the settings of whoever runs this: it is about the defaults."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    passive = {"POSTROOM_PASSIVE_PORTS": "any"}  # another Postroom may run here
    return {**kept, **passive, **{f"POSTROOM_{name}": value for name, value in settings.items()}}
