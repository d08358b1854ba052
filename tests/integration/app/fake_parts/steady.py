"""Works until told to stop; notes its life in the data directory."""

from __future__ import annotations

import os

from postroom.app.lifetime import Lifetime
from postroom.app.settings import Settings


def run(settings: Settings, lifetime: Lifetime) -> None:
    diary = settings.data / "steady.txt"
    with diary.open("a") as file:
        file.write(f"started {os.getpid()} at port {settings.ftp_port}\n")
    print("a library prints something")  # noqa: T201  # it must not get between the reports
    lifetime.ready({"ftp": f"127.0.0.1:{settings.ftp_port or 40021}"})
    lifetime.until_stopped()
    with diary.open("a") as file:
        file.write("drained\n")
