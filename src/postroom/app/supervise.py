"""The supervisor: starts the parts, says when all are ready, revives dead ones, and drains at the end."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from postroom.app.child import Child, Part
from postroom.contacts.errors import Unavailable

_log = logging.getLogger("postroom.app.supervise")

_TICK = 0.1
_CHECK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the supervisor waits for its parts, in seconds, and how many deaths in a row it bears."""

    start_seconds: float = 120.0
    drain_seconds: float = 60.0
    deaths: int = 8


class Supervisor:
    """Keeps a set of parts running until told to stop."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        endpoints_file: Path,
        announce: Callable[[str], None],
        check: Callable[[], object] = bool,
        patience: Patience | None = None,
    ) -> None:
        """Prepare; `announce` gets the one line that says all is ready, `check` is called every second."""
        self._children = [Child(part) for part in parts]
        self._endpoints_file = endpoints_file
        self._announce = announce
        self._check = check
        self._patience = patience or Patience()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._check_again_at = 0.0

    def run(self) -> None:
        """Run until `stop`; then the parts have ended.

        Raises Unavailable when a part cannot start or dies again and again; all others are drained then too.
        """
        try:
            self._start()
            if not self._stopping.is_set():
                self._say_ready()
            while not self._stopping.wait(_TICK):
                self._tend()
        finally:
            self._endpoints_file.unlink(missing_ok=True)
            self._drain()

    def stop(self) -> None:
        """Drain and end; the second call ends at once. Fit for signal handlers."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    def _start(self) -> None:
        for child in self._children:
            child.start()
        deadline = time.monotonic() + self._patience.start_seconds
        while not self._all_ready() and not self._stopping.wait(_TICK / 4):
            for child in self._children:
                code = child.look()
                if code is not None:
                    raise Unavailable(f"{child.part.name} cannot start: {_why(child, code)}")
            if time.monotonic() > deadline:
                late = ", ".join(child.part.name for child in self._children if not child.ready)
                raise Unavailable(f"Not ready after {self._patience.start_seconds:g} s: {late}")

    def _all_ready(self) -> bool:
        return all(child.ready for child in self._children)

    def _say_ready(self) -> None:
        endpoints = self._write_endpoints()
        where = ", ".join(f"{name} {address}" for name, address in endpoints.items())
        self._announce(f"Postroom is ready: {where or 'working'}")

    def _write_endpoints(self) -> dict[str, str]:
        endpoints = {name: at for child in self._children for name, at in child.endpoints.items()}
        fresh = self._endpoints_file.with_suffix(".new")
        fresh.write_text(json.dumps({**endpoints, "pid": os.getpid()}) + "\n", encoding="utf-8")
        fresh.replace(self._endpoints_file)
        return endpoints

    def _tend(self) -> None:
        for child in self._children:
            was_ready = child.ready
            code = child.look()
            if code is not None:
                self._mourn(child, code)
            elif child.due():
                child.start()
            elif child.ready and not was_ready:
                _log.info("%s is back", child.part.name)
                self._write_endpoints()
        if time.monotonic() >= self._check_again_at:
            self._check()
            self._check_again_at = time.monotonic() + _CHECK_EVERY

    def _mourn(self, child: Child, code: int) -> None:
        why = _why(child, code)
        pause = child.plan_restart()
        if child.deaths > self._patience.deaths:
            raise Unavailable(f"{child.part.name} died {child.deaths} times in a row, giving up: {why}")
        _log.error("%s died: %s; starting it again in %g s", child.part.name, why, pause)

    def _drain(self) -> None:
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + self._patience.drain_seconds
        # Waited for by polling: a part may take its whole time, and a second signal must be heard.
        while any(child.running() for child in self._children):
            if time.monotonic() > deadline or self._hurry.wait(_TICK / 4):
                self._kill_the_rest()
        for child in self._children:
            child.close()

    def _kill_the_rest(self) -> None:
        for child in self._children:
            if child.running():
                _log.warning("%s has not ended in time and is killed", child.part.name)
                child.kill()


def _why(child: Child, code: int) -> str:
    return child.failure or (f"killed by signal {-code}" if code < 0 else f"exit code {code}")
