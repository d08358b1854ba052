"""The process of one part: `python -m postroom.app.service MODULE`, started by the supervisor.

The module's `run(settings, lifetime)` is the part. Its order comes as one JSON line on standard input, which
then stays open: its end means that the supervisor is gone, and the part drains and ends as if it was told
to. Reports go to standard output, one JSON object a line; logs to standard error.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any, TextIO

from postroom.app.lifetime import Lifetime
from postroom.app.logs import configure_logs
from postroom.app.settings import Settings
from postroom.contacts.errors import PostroomError

_INPUT, _OUTPUT, _ERRORS = 0, 1, 2

# A restarted part must come back where its clients look for it, also when its port was 0.
_PORTS = {
    "ftp": "ftp_port",
    "ftps": "ftps_implicit_port",
    "sftp": "sftp_port",
    "http": "http_port",
    "returns": "bounce_port",
}


def main(module: str) -> int:
    """Run the part in `module` until told to stop; return the exit code."""
    reports = _own_output()
    order = json.loads(_first_line())
    settings = _settings(order)
    configure_logs(settings.log_level, settings.log_format, part=order["part"])
    lifetime = Lifetime(reports, drain_seconds=settings.drain_seconds)
    signal.signal(signal.SIGTERM, lambda *_: lifetime.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_stop_at_end_of_input, args=(lifetime,), daemon=True).start()
    try:
        import_module(module).run(settings, lifetime)
    except PostroomError as failure:
        lifetime.failed(failure.message, failure.exit_code)
        return failure.exit_code
    except Exception as bug:
        logging.getLogger("postroom.app").exception("%s ended by a bug", order["part"])
        lifetime.failed(f"{type(bug).__name__}: {bug}", PostroomError.exit_code)
        return PostroomError.exit_code
    return 0


def _own_output() -> TextIO:
    # Whatever a library prints must not get between the reports.
    reports = os.fdopen(os.dup(_OUTPUT), "w", encoding="utf-8")
    os.dup2(_ERRORS, _OUTPUT)
    return reports


def _settings(order: Mapping[str, dict[str, Any]]) -> Settings:
    settings = Settings(**order["settings"])
    ports = {
        _PORTS[name]: int(address.rpartition(":")[2])
        for name, address in order.get("endpoints", {}).items()
        if name in _PORTS
    }
    return settings.model_copy(update=ports)


def _first_line() -> bytes:
    # Not by sys.stdin: a thread that waits inside its buffer would abort the interpreter's end.
    line = b""
    while not line.endswith(b"\n") and (more := os.read(_INPUT, 65536)):
        line += more
    return line


def _stop_at_end_of_input(lifetime: Lifetime) -> None:
    while os.read(_INPUT, 1024):
        pass
    lifetime.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
