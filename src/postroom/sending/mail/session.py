"""One connection to a relay, over which mails go one after another.

Connecting, TLS, logging in and reading answers are smtplib's, which does them well; what it cannot do is to
speak before the last answer came. Where the relay offers PIPELINING (RFC 2920), sender, receiver and DATA go
out at once, and those of the next mail right behind the end of the last one: one round trip a mail instead of
four.

What became of a mail turns on its last dot. Before that went out it was certainly not taken; after it, no
answer means that nobody knows.
"""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Callable
from typing import Final

from postroom.sending.carrying import Fate, Handover, Letter, Told
from postroom.sending.mail.envelopes import Envelope, content_of, unfit
from postroom.sending.mail.relays import Relay
from postroom.sending.mail.replies import CLOSING, GO_ON, Reply, from_error, lost, refusal_of

Take = Callable[[], Letter | None]

_PARTING_SECONDS: Final = 1.0
_TROUBLE: Final = (OSError, smtplib.SMTPException)


class SessionEndedError(Exception):
    """The relay is gone, or wants nothing more on this connection."""

    def __init__(self, handover: Handover, left: Letter | None = None) -> None:
        """Keep why; `left` was taken and certainly not tried, so another connection may have it."""
        self.handover = handover
        self.left = left
        super().__init__(handover.answer)


class Session:
    """A connection to one relay; used by one thread at a time."""

    def __init__(self, relay: Relay, *, hello: str | None = None) -> None:
        """Prepare; nothing connects here. `hello` is what we call ourselves, else the machine's name."""
        self.relay = relay
        self.used_at = 0.0
        """When it last did something (monotonic seconds)."""
        self.refuses_sender = False
        """While a mail is told of: whether it is its sender that the relay will not have."""
        self._hello = hello
        self._taken = 0
        self._unclean = False
        self._owes_a_dot = False
        self._server: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, encrypt, log in.

        Raises SessionEndedError when that does not work, which is the operator's or the relay's to mend.
        """
        try:
            self._server = self._connected()
        except _TROUBLE as failed:
            raise SessionEndedError(from_error(failed, self.relay)) from None
        self.used_at = time.monotonic()

    @property
    def offers(self) -> dict[str, str]:
        """The extensions that the relay offers, in small letters, with what it says of each."""
        return dict(self._there.esmtp_features)

    @property
    def is_spent(self) -> bool:
        """Tell whether the connection has taken its share of mails."""
        return self._taken >= self.relay.messages

    def carry(self, take: Take, told: Told) -> int:
        """Hand over mails until `take` has none or the connection had its share; return how many were sent.

        Raises SessionEndedError when the connection is of no use any more; all that was taken is told of by
        then, but for what the error says is left.
        """
        sent, rested = 0, self._taken > 0
        ahead: Letter | None = None
        while letter := ahead or self._next(take, told):
            refusal = self._envelope(letter, told, is_out=ahead is not None, rested=rested)
            rested, ahead = False, None
            if refusal is not None:
                told(letter, refusal)
                self.refuses_sender = False
                self._recover(refusal)
                continue
            handover, ahead = self._content(letter, take, told)
            told(letter, handover)
            sent += handover.fate is Fate.SENT
            if handover.code == str(CLOSING):
                raise SessionEndedError(handover, left=ahead)
        self.used_at = time.monotonic()
        return sent

    def close(self) -> None:
        """Say good-bye, if there is anybody."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            if server.sock is not None:
                server.sock.settimeout(_PARTING_SECONDS)
            server.quit()
        except _TROUBLE:
            server.close()

    @property
    def _there(self) -> smtplib.SMTP:
        assert self._server is not None  # noqa: S101  # it was opened
        return self._server

    def _connected(self) -> smtplib.SMTP:
        relay = self.relay
        server: smtplib.SMTP
        where = (relay.host, relay.port, self._hello)
        if relay.tls == "tls":
            server = smtplib.SMTP_SSL(*where, timeout=relay.timeout_seconds, context=relay.trust)
        else:
            server = smtplib.SMTP(*where, timeout=relay.timeout_seconds)
        try:
            # Else the end of a mail waits until its beginning has arrived.
            assert server.sock is not None  # noqa: S101  # it is connected
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.ehlo_or_helo_if_needed()
            if relay.tls == "starttls":
                server.starttls(context=relay.trust)
                server.ehlo_or_helo_if_needed()
            if relay.username is not None and relay.password is not None:
                server.login(relay.username, relay.password)
        except BaseException:
            server.close()
            raise
        return server

    def _next(self, take: Take, told: Told) -> Letter | None:
        """Take the next letter that this relay can have."""
        while not self.is_spent:
            letter = take()
            if letter is None:
                return None
            obstacle = unfit(letter, self._there.esmtp_features, self.relay.name)
            if obstacle is None:
                self._taken += 1
                return letter
            told(letter, obstacle)
        return None

    def _envelope(self, letter: Letter, told: Told, *, is_out: bool, rested: bool) -> Handover | None:
        """Say whose mail it is and whom it is for; return why that is no use, None when the mail may follow.

        `is_out` says that all of it was sent behind the mail before. A connection that had `rested` may be
        dead without our knowing: then the letter is nobody's yet.
        """
        try:
            replies = self._replies(letter, is_out=is_out)
        except _TROUBLE as failed:
            handover = lost(failed, Fate.LATER, self.relay.name)
            if rested:
                raise SessionEndedError(handover, left=letter) from None
            told(letter, handover)
            raise SessionEndedError(handover) from None
        self._owes_a_dot = replies[-1].code == GO_ON
        refusal = refusal_of(replies, self.relay.name)
        answered = not replies[0].is_good and replies[0].code != CLOSING
        self.refuses_sender = answered and refusal is not None and refusal.fate is Fate.LATER
        return refusal

    def _replies(self, letter: Letter, *, is_out: bool) -> list[Reply]:
        """Return what the relay says to sender, receiver and DATA, as far as it came to each."""
        resets, self._unclean = self._unclean and not is_out, False
        envelope = Envelope.of(letter, self._there.esmtp_features)
        commands = [b"RSET\r\n", *envelope.commands] if resets else envelope.commands
        replies: list[Reply] = []
        if self._pipelines and not is_out:
            self._send(b"".join(commands))
        for command in commands:
            if not self._pipelines:
                self._send(command)
            replies.append(self._reply())
            if not self._pipelines and not replies[-1].is_good:
                break
        return replies[1:] if resets else replies

    def _recover(self, refusal: Handover) -> None:
        """Leave the relay ready for the next mail, after one that it will not have."""
        if refusal.code == str(CLOSING):
            raise SessionEndedError(refusal)
        self._unclean = True
        if not self._owes_a_dot:
            return
        try:
            self._send(b".\r\n")  # it goes on without a receiver, and waits for a mail
            self._reply()
        except _TROUBLE as failed:
            raise SessionEndedError(lost(failed, Fate.LATER, self.relay.name)) from None

    def _content(self, letter: Letter, take: Take, told: Told) -> tuple[Handover, Letter | None]:
        """Send the mail itself; return what became of it, and the next letter when that is on its way too."""
        try:
            self._send(content_of(letter))
        except _TROUBLE as failed:
            handover = lost(failed, Fate.LATER, self.relay.name)
            told(letter, handover)
            raise SessionEndedError(handover) from None
        ahead = self._next(take, told) if self._pipelines else None
        following = Envelope.of(ahead, self._there.esmtp_features).commands if ahead else ()
        try:
            self._wait_for(self.relay.final_seconds)
            self._send(b"".join([b".\r\n", *following]))
            reply = self._reply()
            self._wait_for(self.relay.timeout_seconds)
        except _TROUBLE as failed:
            handover = lost(failed, Fate.IN_DOUBT, self.relay.name)
            told(letter, handover)
            raise SessionEndedError(handover, left=ahead) from None
        return reply.handover(Fate.SENT if reply.is_good else reply.fate, self.relay.name), ahead

    @property
    def _pipelines(self) -> bool:
        return "pipelining" in self._there.esmtp_features

    def _send(self, data: bytes) -> None:
        sock = self._there.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        sock.sendall(data)

    def _wait_for(self, seconds: float) -> None:
        """Wait so long for each answer from now on."""
        if (sock := self._there.sock) is not None:
            sock.settimeout(seconds)

    def _reply(self) -> Reply:
        code, text = self._there.getreply()
        if not 200 <= code <= 599:
            raise smtplib.SMTPServerDisconnected("the relay does not speak SMTP")
        return Reply(code, text.decode("utf-8", "replace"))
