"""What is said with the reader of one file, and what its end or its silence means for that file."""

from __future__ import annotations

import json
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from postroom.contacts.batches import FileRefused
from postroom.contacts.errors import Unavailable
from postroom.contacts.reasons import Reason
from postroom.ingest.sandbox.channel import Channel, Message, NonsenseError
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.server import OUT_OF_MEMORY

_LOG = logging.getLogger("postroom.ingest")

_EXHAUSTED = frozenset({OUT_OF_MEMORY, -signal.SIGXCPU, -signal.SIGABRT})
"""How a reader ends at a limit; libraries that get no memory abort."""


class Asks(Protocol):
    """What a reader is asked to do; its message has the kind of reading and, among its facts, `limits`."""

    @property
    def filename(self) -> str:
        """The file's name, for the log."""
        ...

    @property
    def limits(self) -> ReaderLimits:
        """What reading it may take."""
        ...

    def as_message(self) -> Message:
        """Write it as a message."""
        ...


class ReaderFailedError(Exception):
    """A reader met a mistake of ours; the text is its trace."""


class Talk:
    """What is said with the reader of one file, and what its silence means."""

    def __init__(self, channel: Channel, watch: socket.socket, order: Asks) -> None:
        self._channel = channel
        self._watch = watch
        self._order = order
        with self.verdicts():
            channel.send(order.as_message())

    def close(self) -> None:
        """End the reader, wherever it is."""
        self._channel.close()
        self._watch.close()

    def send(self, message: Message) -> None:
        """Say something to the reader; use within `verdicts`."""
        self._channel.send(message)

    def receive(self, *kinds: str) -> Message:
        """Return what the reader says next, which must be of one of these kinds; use within `verdicts`.

        Raises FileRefused when it refuses its file, ReaderFailedError, and what `verdicts` turns into others.
        """
        message = self._channel.receive()
        if self._channel.received_bytes > self._order.limits.output_bytes:
            raise TimeoutError
        if message.kind == "refused":
            raise _refusal(message)
        if message.kind == "failed":
            raise ReaderFailedError(str(message.facts.get("trace")))
        if message.kind not in kinds:
            raise NonsenseError(f"{message.kind} instead of {' or '.join(kinds)}")
        return message

    @contextmanager
    def verdicts(self) -> Iterator[None]:
        """Close when anything goes wrong, and say what that means for the file."""
        try:
            yield
        except TimeoutError:
            self.close()
            _LOG.warning("reading %s took too long, or too much came of it", self._order.filename)
            raise FileRefused(Reason.TOO_COMPLEX) from None
        except NonsenseError as nonsense:
            self.close()
            _LOG.warning("the reader of %s talked nonsense: %s", self._order.filename, nonsense)
            raise FileRefused(Reason.UNREADABLE) from nonsense
        except (EOFError, ConnectionError):
            ended = _last_words(self._watch)
            self.close()
            raise self._verdict(ended) from None
        except BaseException:
            self.close()
            raise

    def _verdict(self, ended: dict[str, Any]) -> Exception:
        code = ended.get("exit")
        _LOG.warning("the reader of %s ended: %s", self._order.filename, ended or "with its server")
        # None of our limits sends SIGKILL: it came from outside, and the file may be innocent.
        if code is None or code == -signal.SIGKILL:
            return Unavailable(f"The process that reads files ended ({ended or 'with its server'}).")
        return FileRefused(Reason.TOO_COMPLEX if code in _EXHAUSTED else Reason.UNREADABLE)


def _last_words(watch: socket.socket) -> dict[str, Any]:
    """Return what the server says of a reader's end; nothing when it ended first."""
    said = b""
    with suppress(OSError):
        while piece := watch.recv(1024):
            said += piece
    words: dict[str, Any] = json.loads(said) if said else {}
    return words


def _refusal(message: Message) -> Exception:
    try:
        return FileRefused(Reason(message.facts["reason"]), str(message.facts["value"]))
    except (KeyError, ValueError) as error:
        return NonsenseError(f"no refusal: {error!r}")
