"""`postroom serve` on free ports: `python server.py DATA`."""

from __future__ import annotations

import sys
from pathlib import Path

from postroom.app.logs import configure_logs
from postroom.app.serve import serve
from postroom.app.settings import Settings
from postroom.contacts.errors import PostroomError

OPTIONS: dict[str, object] = {"ftp_port": 0, "sftp_port": 0, "http_port": 0, "passive_ports": "any"}


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is a program  # its reader waits for this line


if __name__ == "__main__":
    configure_logs("info", "text")
    groups = sys.argv[3:]
    port = {"http_port": int(sys.argv[2])} if groups else {}
    try:
        settings = Settings.load({**OPTIONS, "data": Path(sys.argv[1]), **port})
        serve(settings, announce=say, **({"only": groups} if groups else {}))
    except PostroomError as failure:
        print(failure.message, file=sys.stderr)  # noqa: T201 - this is a program
        sys.exit(failure.exit_code)
