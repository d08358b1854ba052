"""Handing mails to relays, over connections that stay: shares by weight, and back-off of those in trouble."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from postroom.sending.carrying import Fate, Handover, Letter, Told
from postroom.sending.mail.relays import Relay
from postroom.sending.mail.session import Session, SessionEndedError
from postroom.sending.mail.troubles import Troubles

if TYPE_CHECKING:
    from collections.abc import Iterator

IDLE_SECONDS: Final = 60.0
"""For how long a connection is kept for the next mails; relays hang up soon after."""
PAUSES: Final = (5.0, 15.0, 60.0, 300.0)
"""Seconds for which a relay is left alone, after the first trouble in a row and so on."""
EACH: Final = 5
"""Mails that a further connection must be worth."""

_OUT_OF_ORDER: Final = "does not work"


class RelayPost:
    """Hands mails over by several relays."""

    def __init__(
        self,
        relays: Sequence[Relay],
        *,
        hello: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send by `relays`; `hello` is what we call ourselves there."""
        self._lines = [_Line(relay, hello, monotonic) for relay in relays]
        most = sum(relay.connections for relay in relays)
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="postroom-relay")

    def carry(self, letters: Sequence[Letter], told: Told) -> None:
        """Hand over mails and tell what became of each.

        What no relay was there for is told as LATER, without a provider and with a wait.
        """
        left = deque(letters)
        while left and (lines := [line for line in self._lines if line.is_free]):
            queues = _shares(left, lines)
            jobs = [
                self._threads.submit(line.work, queue, told, first=number == 0)
                for line, queue in zip(lines, queues, strict=True)
                for number in range(min(line.relay.connections, -(-len(queue) // EACH)))
            ]
            for job in wait(jobs).done:
                job.result()
            left = deque(letter for queue in queues for letter in queue)
        if left:
            trouble = min(self._lines, key=lambda line: line.held_until)
            for letter in left:
                told(letter, trouble.later())

    def close(self) -> None:
        """Close the connections that are kept."""
        self._threads.shutdown()
        for line in self._lines:
            line.close()


def _shares(letters: deque[Letter], lines: Sequence[_Line]) -> list[deque[Letter]]:
    """Deal letters out by the weights of relays; any number of them comes out as even as it can."""
    queues: list[deque[Letter]] = [deque() for _ in lines]
    owed = [0.0] * len(lines)
    total = sum(line.relay.weight for line in lines)
    for letter in letters:
        owed = [debt + line.relay.weight for debt, line in zip(owed, lines, strict=True)]
        place = max(range(len(lines)), key=owed.__getitem__)
        owed[place] -= total
        queues[place].append(letter)
    return queues


class _Line:
    """The connections to one relay, shared by all who send."""

    def __init__(self, relay: Relay, hello: str | None, monotonic: Callable[[], float]) -> None:
        self.relay = relay
        self.held_until = 0.0
        self._hello = hello
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(relay.connections)
        self._idle: list[Session] = []
        self._working = 0
        self._failures = 0
        self._why = Handover(Fate.LATER)
        self._troubles = Troubles(relay.name)

    @property
    def is_free(self) -> bool:
        """Tell whether it is worth trying."""
        return self._monotonic() >= self.held_until

    def later(self) -> Handover:
        """Return what is told of letters while it is held."""
        seconds = max(self.held_until - self._monotonic(), 0.0)
        return Handover(
            Fate.LATER,
            code=self._why.code,
            status=self._why.status,
            answer=f"{self.relay.name}: {self._why.answer}",
            wait=timedelta(seconds=seconds),
        )

    def work(self, queue: deque[Letter], told: Told, *, first: bool) -> None:
        """Hand over what is in a queue, as long as the relay takes it.

        All but the first who work at a queue leave it to the others when all connections are taken.
        """

        def take() -> Letter | None:
            try:
                return queue.popleft()
            except IndexError:
                return None

        if not self._slots.acquire(blocking=first):
            return
        try:
            while queue and self.is_free:
                if not self._one_connection(take, queue, told):
                    return
        finally:
            self._slots.release()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _one_connection(self, take: Callable[[], Letter | None], queue: deque[Letter], told: Told) -> bool:
        """Hand over by one connection; tell whether to go on with another."""
        rested = self._rested()
        session = rested or Session(self.relay, hello=self._hello)
        sent = 0

        def count(letter: Letter, handover: Handover) -> None:
            nonlocal sent
            sent += handover.fate is Fate.SENT
            self._watch_sender(letter, handover, refused=session.refuses_sender)
            told(letter, handover)

        try:
            if rested is None:
                session.open()
            with self._at_work():
                session.carry(take, count)
        except SessionEndedError as ended:
            session.close()
            if ended.left is not None:
                queue.appendleft(ended.left)
            return self._goes_on(ended.handover, good=sent > 0 or rested is not None)
        self._keep(session)
        if rested is None or sent:
            self._troubles.over(_OUT_OF_ORDER, "works again")
        return self._goes_on(None, good=True)

    def _watch_sender(self, letter: Letter, handover: Handover, *, refused: bool) -> None:
        """Have the log tell when the relay will not have mails from a domain, and when it does again."""
        domain = letter.sender.rpartition("@")[2]
        what = f"refuses mails from {domain}"
        if refused:
            self._troubles.met(what, handover, "they are tried again later")
        elif handover.fate is Fate.SENT:
            self._troubles.over(what, f"takes mails from {domain} again")

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._lock:
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1

    def _rested(self) -> Session | None:
        """Return a connection that is kept, unless that was so long ago that the relay has hung up."""
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None or time.monotonic() - session.used_at < IDLE_SECONDS:
                return session
            session.close()

    def _keep(self, session: Session) -> None:
        if session.is_spent:
            session.close()
            return
        with self._lock:
            self._idle.append(session)

    def _goes_on(self, trouble: Handover | None, *, good: bool) -> bool:
        """Note how a connection ended; tell whether to try another.

        A relay in trouble is left alone for a while, unless it works with others of us at this moment: then
        it has enough of connections.
        """
        with self._lock:
            if good:
                self._failures = 0
                return True
            if trouble is not None:
                self._why = trouble
            # Of connections that were tried at a time only the first counts: it is one trouble.
            if not self._working and self.is_free:
                pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
                self._failures += 1
                self.held_until = self._monotonic() + pause
                self._troubles.met(_OUT_OF_ORDER, self._why, f"it is left alone for {pause:g} s")
            return False
