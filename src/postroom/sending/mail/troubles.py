"""What is wrong with a relay: in the words of who set it, and in the log when it changes."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from postroom.sending.carrying import Handover
    from postroom.sending.mail.relays import Relay

_LOG = logging.getLogger("postroom.sending")

_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})
"""How OpenSSL calls it when the other side answers in plain text."""


class Troubles:
    """Tells the log of a relay's troubles: when one begins, when its answer is another, when it is over.

    Not at each attempt, as there are many, and one that stays says nothing new. Used from any thread.
    """

    def __init__(self, relay: str) -> None:
        """Begin without any; `relay` is its name."""
        self._relay = relay
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}

    def met(self, what: str, handover: Handover, consequence: str) -> None:
        """Tell that `what` is so, such as "does not work", with the answer and what comes of it."""
        # Texts have ids and addresses in them; codes are the same each time.
        said = f"{handover.code} {handover.status}" if handover.code else handover.answer
        with self._lock:
            if self._known.get(what) == said:
                return
            self._known[what] = said
        _LOG.warning("relay %s %s: %s; %s", self._relay, what, handover.answer, consequence)

    def over(self, what: str, instead: str) -> None:
        """Tell that `what` is so no longer, if it was; `instead` is how it is now."""
        with self._lock:
            if self._known.pop(what, None) is None:
                return
        _LOG.info("relay %s %s", self._relay, instead)


def in_words(failed: Exception, relay: Relay) -> str:
    """Say why there was no connection to a relay, and which of its options to look at."""
    match failed:
        case ssl.SSLCertVerificationError():
            words = (
                f"its certificate does not hold: {failed.verify_message}; "
                "set ca=FILE to certificates that vouch for it, and the host to the name in it"
            )
        case ssl.SSLError(reason=str(reason)) if reason in _NO_TLS:
            words = "it does not begin with TLS; set tls=starttls"
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(failed):
            words = "it offers no STARTTLS; set tls=tls where it begins with TLS, tls=none to go unencrypted"
        case smtplib.SMTPNotSupportedError():
            words = f"it takes no login: {failed}; leave user and password out"
        case ConnectionRefusedError():
            words = f"connection refused: nothing listens at {relay.name}; are host and port right?"
        case socket.gaierror():
            words = f"the name {relay.host} is not known: {failed.strerror}; is the host right?"
        case TimeoutError():
            words = (
                f"no answer for {relay.timeout_seconds:g} seconds; are host, port and tls={relay.tls} right, "
                "and does the network let us through?"
            )
        case _:
            words = str(failed) or type(failed).__name__
    return words
