"""Several workers in one process, each with a queue of its own: they start, end and fail together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from postroom.jobs.worker import Worker


def run_together(workers: Sequence[Worker], on_ready: Callable[[], None]) -> None:
    """Work until `stop_together` is called or one of them fails; all have ended then. Blocks.

    `on_ready` is called once all of them work. Raises what the first one raised.
    """
    lock, ready = threading.Lock(), []

    def note_ready() -> None:
        with lock:
            ready.append(True)
            complete = len(ready) == len(workers)
        if complete:
            on_ready()

    def run(worker: Worker) -> None:
        try:
            worker.run(on_ready=note_ready)
        finally:
            stop_together(workers)

    with ThreadPoolExecutor(len(workers), thread_name_prefix="postroom-worker") as pool:
        running = [pool.submit(run, worker) for worker in workers]
    for each in running:
        each.result()


def stop_together(workers: Sequence[Worker]) -> None:
    """Let running jobs end, then all workers; callable from any thread, repeatedly."""
    for worker in workers:
        worker.stop()
