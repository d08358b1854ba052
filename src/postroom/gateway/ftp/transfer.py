"""The data connection: when is an upload whole, and what is the client told.

pyftpdlib answers 226 to a reset, to a TLS stream cut short and to a lost control connection, and it answers
before anything is published. Here an upload is committed only after a clean end, then answered; anything
else aborts it. The private names used are those of pyftpdlib 2.2.0, which is pinned.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import Any, Final

from OpenSSL import SSL

from postroom.contacts.errors import PostroomError
from postroom.gateway.ftp.codes import INTERNAL_ERROR, reply_for
from postroom.gateway.ftp.library import TLS_DTPHandler
from postroom.gateway.ftp.receipt import has_all
from postroom.gateway.ftp.streams import End, Inflow, Outflow, received
from postroom.gateway.seam import How

# 64 KB -> 256 KB: about 10 % less time for 20 MB (measured).
_BUFFER_BYTES: Final = 256 * 1024


class Transfer(TLS_DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """One data connection, in either direction, plain or TLS."""

    ac_in_buffer_size = _BUFFER_BYTES
    ac_out_buffer_size = _BUFFER_BYTES

    _lastdata: int

    def __init__(self, sock: socket.socket, cmd_channel: Any) -> None:  # noqa: ANN401  # a pyftpdlib handler
        """Take over a connected socket for the session `cmd_channel`."""
        self.timeout = cmd_channel.config.stall_seconds
        self._how: How | None = None
        self._why = "the data connection was lost"
        self._reply = ""
        self._is_settled = False
        super().__init__(sock, cmd_channel)
        if self.connected:
            self.call_later(cmd_channel.config.transfer_seconds, self._take_too_long)

    @property
    def is_running(self) -> bool:
        """Tell whether a command uses this connection already."""
        return bool(self._initialized)

    @property
    def is_receiving(self) -> bool:
        """Tell whether an upload runs."""
        return bool(self.receive)

    def fail(self, why: str, reply: str = "") -> None:
        """End the connection because of `why`, and a transfer over it with `reply` or 426."""
        self._why = why
        self._reply = reply
        if self._initialized and not self.receive:
            self._resp = (reply or f"426 Transfer aborted: {why}.", None)
        self._error = True  # no TLS farewell on a connection that is given up
        self.close()

    # ------------------------------------------------------------ what the event loop calls

    def readable(self) -> bool:
        """Say whether to read. A client may send, or close, before we have seen its STOR: that waits."""
        if self._ssl_accepting or self._ssl_want_read or self.receive:
            return True
        if not self._initialized:
            self.modify_ioloop_events(0)
        return False

    def handle_read_event(self) -> None:
        """Take what has come: a step of the TLS handshake or bytes of an upload."""
        if self._ssl_accepting or self._ssl_closing:
            super().handle_read_event()
        elif self.receive:
            self._take()
        else:
            self.handle_write_event()

    def handle_close(self) -> None:
        """Hear that the connection is gone, or that a download is through."""
        if self._closed:
            return
        if self.receive or not self._initialized:
            self.fail("the data connection was reset")
            return
        # Without this a dead TLS connection would wait for its own farewell.
        self._error = self._error or len(self.producer_fifo) > 0
        super().handle_close()

    def handle_timeout(self) -> None:
        """Look whether anything moved since the last look; give up otherwise."""
        if self.get_transmitted_bytes() > self._lastdata:
            self._lastdata = self.get_transmitted_bytes()
            return
        self._stop("the data connection stalled")

    def handle_error(self) -> None:
        """Turn the exception being handled into a reply. pyftpdlib's version sends none over TLS."""
        error = sys.exc_info()[1]
        if isinstance(error, PostroomError):
            self.fail(error.message, reply_for(error))
        elif isinstance(error, (OSError, SSL.Error)):
            self.fail("the data connection failed")
        else:
            self.cmd_channel.session_log.exception("transfer failed")
            self.fail("an internal error", INTERNAL_ERROR)

    def handle_failed_ssl_handshake(self) -> None:
        """Hear that the client does not speak our TLS; RFC 4217 section 10.2 wants 522."""
        self.fail("the TLS handshake failed", "522 TLS handshake failed; this server speaks TLS 1.2.")

    def close(self) -> None:
        """Publish or abort first, then close and answer: the base class sends the reply."""
        if not self._is_settled:
            self._is_settled = True
            if self.receive and isinstance(self.file_obj, Inflow):
                self._settle(self.file_obj)
            elif isinstance(self.file_obj, Outflow) and self.transfer_finished and not self._error:
                self._see_off(self.file_obj)
        super().close()

    # ------------------------------------------------------------------------------- inside

    def _take(self) -> None:
        data, end = received(self.socket, self.ac_in_buffer_size)
        if data:
            self.tot_bytes_received += len(data)
            self.file_obj.write(data)
        if end is not None:
            self._ended(end)
        elif self._ssl_established:
            # Otherwise the client's close_notify waits 40 ms for our delayed ACK (measured).
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _ended(self, end: End) -> None:
        if end == "broken":
            self.fail("the data connection broke off")
            return
        self._how = end
        self.close()

    def _settle(self, inflow: Inflow) -> None:
        if self._how is None:
            reply = self.cmd_channel.upload_failed(inflow, self._why, self._reply)
        else:
            reply = self.cmd_channel.upload_ended(inflow, self._how)
        self._resp = (reply, None)
        if self._ssl_established and not self._error:
            # Once is enough: the client has said farewell. Waiting for more could cost the reply.
            with contextlib.suppress(SSL.Error, OSError):
                self.socket.shutdown()
            self._error = True

    def _see_off(self, outflow: Outflow) -> None:
        """Find out whether a download that is to be recorded has arrived; the client is told after that."""
        if not outflow.wants_receipt:
            return
        if self._ssl_established:
            with contextlib.suppress(SSL.Error, OSError):
                self.socket.shutdown()
            self._error = True  # said farewell already
        if not has_all(self.socket.fileno(), self.timeout):
            self.transfer_finished = False
            self._resp = (f"426 Transfer aborted: {self._why}.", None)
            return
        try:
            outflow.delivered()
        except PostroomError as error:
            self._resp = (reply_for(error), None)
        self.cmd_channel.session_log.event("download complete", path=outflow.name)

    def _take_too_long(self) -> None:
        self._stop("the transfer took too long")

    def _stop(self, why: str) -> None:
        was_running = self.is_running  # otherwise nobody waits for an answer
        self.fail(why, f"421 Transfer aborted: {why}.")
        if was_running:
            self.cmd_channel.close_when_done()
