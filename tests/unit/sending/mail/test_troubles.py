"""Why there is no connection to a relay is said to who set it, with the option to look at."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest

from postroom.sending.mail.relays import Relay
from postroom.sending.mail.troubles import in_words

RELAY = Relay("relay.example.com", 587, timeout_seconds=30.0)


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] (_ssl.c:1006)")
    error.reason = reason
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1006)")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (untrusted(), ("self-signed certificate", "set ca=FILE")),
        (ssl_error("WRONG_VERSION_NUMBER"), ("does not begin with TLS", "tls=starttls")),
        (
            smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
            ("offers no STARTTLS", "tls=tls", "tls=none"),
        ),
        (
            smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."),
            ("takes no login", "leave user and password out"),
        ),
        (ConnectionRefusedError(111, "Connection refused"), ("nothing listens at relay.example.com:587",)),
        (
            socket.gaierror(-2, "Name or service not known"),
            ("relay.example.com is not known", "is the host right?"),
        ),
        (TimeoutError("timed out"), ("no answer for 30 seconds", "tls=starttls")),
    ],
)
def test_what_keeps_us_from_a_relay_is_said_with_what_to_look_at(
    failed: Exception, words: tuple[str, ...]
) -> None:
    said = in_words(failed, RELAY)

    assert all(word in said for word in words), said
    assert "_ssl.c" not in said
    assert "Errno" not in said


def test_what_nobody_foresaw_is_said_as_it_is() -> None:
    assert in_words(OSError("the wire is cut"), RELAY) == "the wire is cut"
    assert in_words(ConnectionResetError(), RELAY) == "ConnectionResetError"
