"""A mailbox on an IMAP server (RFC 9051) in which what comes back is left, read over TLS.

Unread mails are fetched, kept, and then marked as read, or moved. Killed between the two, a mail is fetched
again, and applied once all the same.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from postroom.contacts.errors import Unavailable
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.receiving import receive_left

_MOST: Final = 500
"""Mails of one run; the rest waits for the next."""

_UNSAFE: Final = re.compile(r'[\x00-\x1f"\\]')


@dataclass(frozen=True, slots=True)
class MailboxConfig:
    """Where a mailbox is, and whose; `done` is the folder for mails that were read, else they stay."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    starttls: bool = False
    folder: str = "INBOX"
    done: str | None = None
    complaint_addresses: frozenset[str] = frozenset()
    most_bytes: int = 10 * 1024 * 1024
    seconds: float = 30.0
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Whom to believe; without it whom this machine believes."""


class Mailbox:
    """What is in one mailbox."""

    def __init__(self, config: MailboxConfig) -> None:
        """Prepare; nothing connects here."""
        self._config = config

    def collect(self, mailroom: Mailroom) -> int:
        """Keep what its unread mails tell and put them aside; return how many there were.

        Raises:
            Unavailable: the server or the database is away, or lets nobody in; what is not kept stays unread.
        """
        try:
            with self._opened() as imap:
                numbers = self._unseen(imap)
                for number in numbers:
                    self._take(mailroom, imap, number)
                return len(numbers)
        except (OSError, imaplib.IMAP4.error) as failed:
            where = f"{self._config.host}:{self._config.port}"
            # What a server says may hold what it was told, a password among it.
            raise Unavailable(
                f"The mailbox at {where} cannot be read: {type(failed).__name__}.", code="NO_MAILBOX"
            ) from failed

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        config = self._config
        context = config.tls or ssl.create_default_context()
        if config.starttls:
            imap = imaplib.IMAP4(config.host, config.port, timeout=config.seconds)
        else:
            imap = imaplib.IMAP4_SSL(config.host, config.port, ssl_context=context, timeout=config.seconds)
        try:
            if config.starttls:
                imap.starttls(context)
            imap.login(config.username, config.password)
            _done(imap.select(_quoted(config.folder)))
            yield imap
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                imap.logout()

    def _unseen(self, imap: imaplib.IMAP4) -> list[str]:
        _, found = _done(imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
        words = found[0].decode("ascii", "replace").split() if found and isinstance(found[0], bytes) else []
        return [word for word in words if word.isdigit()][:_MOST]

    def _take(self, mailroom: Mailroom, imap: imaplib.IMAP4, number: str) -> None:
        _, told = _done(imap.uid("FETCH", number, f"(BODY.PEEK[]<0.{self._config.most_bytes}>)"))
        raw = next((each[1] for each in told if isinstance(each, tuple)), b"")
        understood = receive_left(mailroom, raw, self._config.complaint_addresses)
        mailroom.between_steps("mailbox mail kept")
        flags = r"(\Seen)" if understood else r"(\Seen \Flagged)"
        _done(imap.uid("STORE", number, "+FLAGS.SILENT", flags))
        if self._config.done:
            self._move(imap, number, self._config.done)

    def _move(self, imap: imaplib.IMAP4, number: str, folder: str) -> None:
        if "MOVE" in imap.capabilities:
            _done(imap.uid("MOVE", number, _quoted(folder)))
            return
        _done(imap.uid("COPY", number, _quoted(folder)))
        _done(imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)"))
        _done(imap.expunge())


def _done(answer: tuple[str, list[Any]]) -> tuple[str, list[Any]]:
    """Return an answer that says OK; raise what the library raises for others."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("the server refused a command")
    return answer


def _quoted(folder: str) -> str:
    return '"' + _UNSAFE.sub("", folder) + '"'
