"""A server of returned mails, or a worker that applies them, that dies on order.

`python -m tests.crash.killable_returns URL DATA STEP listen|apply`; it is killed at the first STEP, if any.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from postroom.app.bootstrap import build
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.sending.returns.applying import apply_all
from postroom.sending.returns.listening import ListenerConfig, ReturnsListener
from postroom.store.database import Database

DOMAIN = "bounces.example.com"


def work(url: str, data: Path, step: str, what: str) -> None:
    def die(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with Database(url) as database:
        settings = Settings.load({"data": data, "bounce_domain": DOMAIN})
        room = build(settings, url, database, Readers()).room
        mailroom = replace(make_mailroom(settings, room), between_steps=die)
        if what == "apply":
            apply_all(mailroom)
            return
        server = ReturnsListener(ListenerConfig("127.0.0.1", 0, DOMAIN), mailroom)
        server.start()
        print(server.port, flush=True)  # noqa: T201  # whoever started this reads it
        threading.Event().wait()


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
