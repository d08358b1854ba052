"""The life of one part in a process of its own: ready, running, told to stop."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import TextIO


class Lifetime:
    """What a part is given to say that it is ready and to learn when to end."""

    def __init__(self, reports: TextIO, *, drain_seconds: float) -> None:
        """Report on `reports`, one JSON object a line; `drain_seconds` is how long ending may take."""
        self._reports = reports
        self._stopping = threading.Event()
        self.drain_seconds = drain_seconds

    def ready(self, endpoints: Mapping[str, str] | None = None) -> None:
        """Say that the part works; `endpoints` are its addresses, such as ftp: 127.0.0.1:2121."""
        self._report({"ready": dict(endpoints or {})})

    def failed(self, message: str, exit_code: int) -> None:
        """Say in one message for people why the part cannot go on."""
        self._report({"failed": message, "exit_code": exit_code})

    def stop(self) -> None:
        """Tell the part to end; callable from signal handlers, any thread, more than once."""
        self._stopping.set()

    def until_stopped(self) -> None:
        """Wait until the part is to end."""
        self._stopping.wait()

    def when_stopped(self, action: Callable[[], None]) -> None:
        """Call `action` once, from another thread, when the part is to end: for who blocks this one."""

        def wait_and_act() -> None:
            self._stopping.wait()
            action()

        threading.Thread(target=wait_and_act, name="postroom-stop", daemon=True).start()

    def _report(self, message: Mapping[str, object]) -> None:
        try:
            print(json.dumps(message), file=self._reports, flush=True)
        except BrokenPipeError:
            self.stop()  # who started us is gone


def endpoint(host: str, port: int) -> str:
    """Return host:port, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
