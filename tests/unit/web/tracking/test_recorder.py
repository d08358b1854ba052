"""How hits that come together are recorded together, and nobody is answered before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from postroom.contacts.errors import Unavailable
from postroom.sending.tracking.visits import Hit, visit
from postroom.web.tracking.recorder import Recorder

SEEN = visit(datetime(2026, 11, 1, tzinfo=UTC), "", "", unasked=False)


def hit(message: int, account: int = 1) -> Hit:
    return Hit(account, message, SEEN)


@dataclass
class Book:
    """Records by writing down; a closed gate keeps it from coming to an end."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    lots: list[tuple[int, list[int]]] = field(default_factory=list)
    bad: frozenset[int] = frozenset()
    failure: type[Exception] = ZeroDivisionError

    def record(self, account_id: int, hits: Sequence[Hit]) -> list[str | None]:
        self.begun.set()
        assert self.gate.wait(10)
        messages = [each.message_id for each in hits]
        if self.bad & set(messages):
            raise self.failure(f"{len(hits)} hits")
        self.lots.append((account_id, messages))
        return [f"/{each}" for each in messages]


async def begun(book: Book) -> None:
    await asyncio.get_running_loop().run_in_executor(None, book.begun.wait, 10)


def test_who_comes_while_a_transaction_runs_shares_the_next_one() -> None:
    book = Book()

    async def visit_all() -> list[str | None]:
        recorder = Recorder(book.record)
        first = asyncio.create_task(recorder.record(hit(1)))
        await begun(book)
        others = [asyncio.create_task(recorder.record(hit(each))) for each in range(2, 30)]
        await asyncio.sleep(0)
        assert not first.done()
        book.gate.set()
        return await asyncio.gather(first, *others)

    assert asyncio.run(visit_all()) == [f"/{each}" for each in range(1, 30)]
    assert book.lots == [(1, [1]), (1, list(range(2, 30)))]


def test_accounts_do_not_wait_for_one_another() -> None:
    slow, quick = Book(), Book()
    quick.gate.set()

    def record(account_id: int, hits: Sequence[Hit]) -> list[str | None]:
        return (slow if account_id == 1 else quick).record(account_id, hits)

    async def visit_both() -> str | None:
        recorder = Recorder(record)
        waits = asyncio.create_task(recorder.record(hit(1, account=1)))
        await begun(slow)
        found = await recorder.record(hit(2, account=2))
        assert not waits.done()
        slow.gate.set()
        await waits
        return found

    assert asyncio.run(visit_both()) == "/2"


def test_a_bug_that_one_hit_meets_spares_the_others() -> None:
    book = Book(bad=frozenset({3}))

    async def visit_all() -> list[str | BaseException | None]:
        recorder = Recorder(book.record)
        tasks = [asyncio.create_task(recorder.record(hit(each))) for each in range(1, 6)]
        await asyncio.sleep(0)
        book.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(visit_all())
    assert [each for each in found if isinstance(each, str)] == ["/1", "/2", "/4", "/5"]
    assert isinstance(found[2], ZeroDivisionError)


def test_when_the_database_is_away_everybody_is_told_and_it_is_asked_once() -> None:
    asked: list[int] = []

    def record(_account: int, hits: Sequence[Hit]) -> list[str | None]:
        asked.append(len(hits))
        raise Unavailable

    async def visit_all() -> list[str | BaseException | None]:
        recorder = Recorder(record)
        return await asyncio.gather(
            *[recorder.record(hit(each)) for each in range(4)], return_exceptions=True
        )

    assert all(isinstance(each, Unavailable) for each in asyncio.run(visit_all()))
    assert asked == [4]


def test_too_many_who_wait_are_sent_away() -> None:
    book = Book()

    async def visit_all() -> None:
        recorder = Recorder(book.record, most_waiting=2)
        waiting = [asyncio.create_task(recorder.record(hit(each))) for each in range(2)]
        await begun(book)
        with pytest.raises(Unavailable):
            await recorder.record(hit(3))
        book.gate.set()
        await asyncio.gather(*waiting)
        assert await recorder.record(hit(4)) == "/4"

    asyncio.run(visit_all())


def test_who_goes_away_is_recorded_all_the_same_and_so_are_the_others() -> None:
    book = Book()

    async def visit_all() -> str | None:
        recorder = Recorder(book.record)
        impatient = asyncio.create_task(recorder.record(hit(1)))
        await begun(book)
        patient = asyncio.create_task(recorder.record(hit(2)))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        book.gate.set()
        return await patient

    assert asyncio.run(visit_all()) == "/2"
    assert [messages for _, messages in book.lots] == [[1], [2]]
