"""A process that uses an embedded database until its input ends: `python holder.py DATA [USER]`."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

from postroom.app.postgres import EmbeddedPostgres


def become(name: str) -> None:
    """Turn into an ordinary user, who may be unable to start this interpreter (in the home of root, say)."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        become(sys.argv[2])
    postgres = EmbeddedPostgres(Path(sys.argv[1]), overrides={"fsync": "off"})
    print(postgres.acquire(), flush=True)  # noqa: T201  # its reader waits for this line
    sys.stdin.read()
    postgres.release()
