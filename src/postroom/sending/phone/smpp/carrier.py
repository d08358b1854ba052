"""Carrying SMS over SMPP: a connection that is kept, made again when it breaks, and not overfed."""

from __future__ import annotations

import itertools
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Final

from postroom.contacts.errors import Refused, Unavailable
from postroom.notices.carrying import one_line
from postroom.sending.carrying import Fate, Handover, Letter, Told
from postroom.sending.phone.counting import size_of
from postroom.sending.phone.pacing import Pace
from postroom.sending.phone.providers.described import Provider, Smpp
from postroom.sending.phone.receipts import NAME_CHARACTERS
from postroom.sending.phone.senders import sender_id
from postroom.sending.phone.smpp import names, pdus
from postroom.sending.phone.smpp.pdus import Pdu
from postroom.sending.phone.smpp.session import Delivered, LostError, Session
from postroom.sending.phone.smpp.submitting import Part, parts_of

_LOG = logging.getLogger("postroom.sending")

_TRIES_OF_A_PART: Final = 4
"""How often a later part of a text is handed over whose first ones were taken."""
_FIRST_REST: Final = 1.0
_LONGEST_REST: Final = 60.0


def nobody_listens(pdu: Pdu) -> int:
    """Leave what phones send with the provider, which will bring it to somebody who records it."""
    del pdu
    return pdus.TEMPORARY


class SmppCarrier:
    """Hands SMS over to one provider; any thread may."""

    def __init__(
        self,
        provider: Provider,
        way: Smpp,
        delivered: Delivered = nobody_listens,
        *,
        first_rest_seconds: float = _FIRST_REST,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Speak as `way` says; nothing connects before there is something to carry, or `listen` is called.

        What phones send goes to `delivered`. After a failure to connect, or when it is overfed, the provider
        is left alone for `first_rest_seconds`, and for twice as long each time, up to a minute.
        """
        self._provider = provider
        self._way = way
        self._delivered = delivered
        self._references = itertools.count(random.randrange(256))
        self._pace = Pace(way.per_second, first_pause=first_rest_seconds)
        self._connecting = threading.Lock()
        self._session: Session | None = None
        self._closed = threading.Event()
        self._first_rest = first_rest_seconds
        self._chance = chance
        self._failures = 0
        self._rests_until = 0.0

    def carry(self, letters: Sequence[Letter], told: Told) -> None:
        """Hand letters over, as many at a time as the window has room for, and tell what became of each."""
        if len(letters) == 1:
            told(letters[0], self._handed(letters[0]))
            return
        with ThreadPoolExecutor(min(self._way.window, max(1, len(letters)))) as pool:
            for done in [pool.submit(lambda each: told(each, self._handed(each)), one) for one in letters]:
                done.result()

    @property
    def resting(self) -> bool:
        """Tell whether the provider could not be reached a moment ago, or is overfed."""
        return time.monotonic() < self._rests_until or self._pace.resting

    def listen(self) -> None:
        """Stay connected until closed, so that receipts and answers of people come in: work of a thread."""
        while not self._closed.is_set():
            try:
                session = self._connected()
            except Unavailable as away:
                _LOG.warning("%s: %s", self._provider.name, away.message)
                self._closed.wait(max(0.05, self._rests_until - time.monotonic()))
                continue
            while not (self._closed.is_set() or session.ended.wait(0.2)):
                pass

    def check(self) -> str:
        """Bind and ask for a sign of life; return a line for people. Raises Unavailable when that fails."""
        session = self._connected()
        try:
            return f"bound as {self._way.system_id}, answered in {session.ping() * 1000:.0f} ms"
        except LostError as lost:
            raise Unavailable(lost.message) from None

    def close(self) -> None:
        """Unbind, and stop listening."""
        self._closed.set()
        with self._connecting:
            if self._session is not None:
                self._session.close()

    def _handed(self, letter: Letter) -> Handover:
        try:
            parts = self._parts(letter)
            session = self._connected()
        except (Refused, UnicodeError) as refused:
            return self._ended(Fate.REFUSED, answer=str(refused))
        except Unavailable as away:
            rest = max(self._rests_until - time.monotonic(), self._first_rest)
            return self._ended(Fate.LATER, answer=away.message, wait=timedelta(seconds=rest))
        if self._pace.resting:
            wait = timedelta(seconds=self._pace.paused_for)
            return self._ended(Fate.LATER, answer="overfed a moment ago", wait=wait)
        handover = self._all_handed(session, parts)
        if handover.fate is not Fate.SENT:
            return handover
        by_provider = "" if letter.sender else self._provider.sender
        return replace(handover, parts=size_of(letter.body.decode()).parts, sender=by_provider)

    def _parts(self, letter: Letter) -> list[Part]:
        return parts_of(
            letter.body.decode(),
            sender=sender_id(letter.sender or self._provider.sender),
            to=letter.address,
            long=self._way.long,
            reference=next(self._references) & 0xFF,
            validity=self._way.validity,
        )

    def _all_handed(self, session: Session, parts: Sequence[Part]) -> Handover:
        """Hand part after part over: the next only once the last was taken, so that none is left over."""
        answer = Pdu("submit_sm_resp", pdus.OK, 0)
        for number, part in enumerate(parts, start=1):
            try:
                answer = self._part_handed(session, part, tries=_TRIES_OF_A_PART if number > 1 else 1)
            except LostError as lost:
                return self._ended(Fate.IN_DOUBT, answer=f"part {number} of {len(parts)}: {lost.message}")
            except Unavailable as away:
                fate = Fate.LATER if number == 1 else Fate.IN_DOUBT
                return self._ended(fate, answer=away.message, wait=timedelta(seconds=self._first_rest))
            if answer.status != pdus.OK:
                return self._refused(answer.status, number, len(parts))
        return self._ended(Fate.SENT, provider_id=self._name(answer))

    def _name(self, answer: Pdu) -> str | None:
        """Return what the provider calls a part, as one printable line."""
        name = one_line(answer.text("message_id"), NAME_CHARACTERS)
        return names.answered(name, self._way.receipt_names) or None

    def _part_handed(self, session: Session, part: Part, *, tries: int) -> Pdu:
        answer = Pdu("submit_sm_resp", pdus.OK, 0)
        for _ in range(tries):
            self._pace.wait()
            answer = session.submit(part)
            if answer.status not in self._way.later:
                self._pace.went_well()
                break
            self._pace.slow_down()
        return answer

    def _refused(self, status: int, number: int, count: int) -> Handover:
        said = f"0x{status:08x} {pdus.described(status)}"
        wait = None
        if status in self._way.later:
            # Parts that were taken cannot be called back: handing the text over again would send them twice.
            fate = Fate.LATER if number == 1 else Fate.IN_DOUBT
            wait = timedelta(seconds=self._pace.paused_for)
        else:
            fate = Fate.REFUSED
        shown = said if count == 1 else f"part {number} of {count}: {said}"
        code = f"0x{status:08x}"
        return self._ended(fate, code=code, status=pdus.described(status), answer=shown, wait=wait)

    def _ended(self, fate: Fate, **more: object) -> Handover:
        return Handover(fate, self._provider.name, **more)  # type: ignore[arg-type]  # fields of Handover

    def _connected(self) -> Session:
        """Return the connection, made now where there is none; raise Unavailable while it cannot be had."""
        with self._connecting:
            if self._session is not None and not self._session.ended.is_set():
                return self._session
            if self._closed.is_set():
                raise Unavailable(f"{self._provider.name} is closed")
            if time.monotonic() < self._rests_until:
                raise Unavailable(f"{self._provider.name} could not be reached a moment ago")
            session = Session(self._way, self._delivered)
            try:
                session.open()
            except Unavailable:
                self._rest()
                raise
            self._failures = 0
            self._session = session
            return session

    def _rest(self) -> None:
        seconds = min(self._first_rest * 2**self._failures, _LONGEST_REST)
        self._failures = min(self._failures + 1, 30)
        self._rests_until = time.monotonic() + seconds * (0.75 + 0.5 * self._chance())
