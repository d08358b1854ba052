"""Senders that are killed from outside: `python -m tests.crash.killable_sender URL BLOBS PORT KEY`.

For each line on standard input, a number of steps and of seconds, a sender is forked that hands over what is
due, by two lanes to the relay on PORT. It is killed so many seconds after it came to the last of these steps;
the answer is whether it had come to its end.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from postroom.contacts.channels import Channel
from postroom.jobs.queue import Queue
from postroom.sending.delivering import deliver
from postroom.sending.mail.posting import RelayPost
from postroom.sending.mail.relays import Relay
from postroom.sending.mailroom import Mailroom
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer

ACCOUNT_ID = 1
AT_ONCE = 10


def send(url: str, blobs: Path, port: int, key: bytes, told: int) -> None:
    """Hand over all that is due; write a byte for each step."""

    def tell(_step: str) -> None:
        os.write(told, b".")

    relay = RelayPost([Relay("127.0.0.1", port, "none", connections=4)], hello="sender.test")
    with Database(url, for_bulk=True) as database:
        mailroom = Mailroom(
            database,
            LocalBlobs(blobs),
            Queue(url),
            Sealer([key]),
            lambda: datetime.now(UTC),
            carriers={Channel.EMAIL: relay},
            bounce_domain="bounces.example.com",
            at_once=AT_ONCE,
            between_steps=tell,
        )

        def work(lane: int) -> None:
            while deliver(mailroom, ACCOUNT_ID, Channel.EMAIL, lane):
                pass

        lanes = [threading.Thread(target=work, args=(lane,)) for lane in range(2)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
    relay.close()


def serve(url: str, blobs: Path, port: int, key: bytes) -> None:
    """Fork a sender for each line, and kill it."""
    for line in sys.stdin:
        steps, seconds = line.split()
        heard, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(heard)
            send(url, blobs, port, key, told)
            os._exit(0)
        os.close(told)
        if came_to(heard, int(steps)):
            ending = os.pidfd_open(child)
            select.select([ending], [], [], float(seconds))
            os.close(ending)
            os.kill(child, signal.SIGKILL)
        os.close(heard)
        _, status = os.waitpid(child, 0)
        print(int(os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0), flush=True)  # noqa: T201  # its reader waits for it


def came_to(heard: int, steps: int) -> bool:
    """Wait until a sender has come to so many steps; tell whether it did before its end."""
    while steps > 0:
        some = os.read(heard, steps)
        if not some:
            return False
        steps -= len(some)
    return True


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4]))
