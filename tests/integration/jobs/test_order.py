"""Jobs of one account run one by one and in order; accounts run side by side."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace

from postroom.store.database import Database
from tests.integration.app.waiting import until
from tests.integration.jobs.working import PATIENCE, QUICK, Diary, enqueue, jobs_left, listening, working

FOUR_AT_ONCE = replace(QUICK, concurrency=4)


def test_jobs_of_one_account_keep_their_order_while_two_workers_race(database: Database) -> None:
    diary = Diary()

    def work(account: str, number: int) -> None:
        diary.note(("begin", account, number))
        diary.note(("end", account, number))

    for number in range(15):
        for account in ("alice", "bob"):
            enqueue(database, "work", lock=account, account=account, number=number)
    with ExitStack() as both:
        for _ in range(2):
            both.enter_context(working(database.url, {"work": work}, FOUR_AT_ONCE))
        diary.wait_for(lambda entries: len(entries) == 60)

    for account in ("alice", "bob"):
        own = [(what, number) for what, whose, number in _triples(diary) if whose == account]
        assert own == [(what, number) for number in range(15) for what in ("begin", "end")]


def test_two_accounts_run_side_by_side(database: Database) -> None:
    both_run = threading.Barrier(2)
    diary = Diary()

    def work(account: str) -> None:
        both_run.wait(PATIENCE)
        diary.note(account)

    with working(database.url, {"work": work}):
        enqueue(database, "work", lock="alice", account="alice")
        enqueue(database, "work", lock="bob", account="bob")

        assert set(diary.wait_for(lambda entries: len(entries) == 2)) == {"alice", "bob"}


def test_the_next_job_of_an_account_does_not_wait_for_a_poll(database: Database) -> None:
    diary = Diary()
    looked_in_vain = threading.Event()

    def work(name: str) -> None:
        diary.note(name)
        if name == "first":
            looked_in_vain.wait(PATIENCE)

    with working(database.url, {"work": work}, replace(QUICK, concurrency=3, polling_seconds=600.0)):
        until(lambda: listening(database))
        enqueue(database, "work", lock="alice", name="first")
        enqueue(database, "work", lock="alice", name="next")
        # When this one has run and gone, the worker has passed by the one that has to wait.
        enqueue(database, "work", lock="bob", name="other")
        until(lambda: jobs_left(database) == ["doing", "todo"])
        looked_in_vain.set()

        diary.wait_for(lambda entries: "next" in entries)


def _triples(diary: Diary) -> list[tuple[str, str, int]]:
    return [entry for entry in diary.entries if isinstance(entry, tuple)]
