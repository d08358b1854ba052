"""What is wrong with a server of others, in words of our own instead of the system's."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from postroom.contacts.errors import Denied, RemoteTrouble
from postroom.outflow.remote.seam import Address, Speaks

_AUTHORITY_UNKNOWN: Final = frozenset({18, 19, 20, 21})
"""What OpenSSL says of a chain that ends at nobody whom it knows (X509_V_ERR_…)."""

_WORDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ConnectionRefusedError, "refuses connections: is it the right port?"),
    (TimeoutError, "does not answer in time."),
    (socket.gaierror, "has no address: is the host spelled right?"),
    (ConnectionError, "broke the connection off."),
    (EOFError, "broke the connection off."),
)
"""The first that fits counts."""


def where(address: Address) -> str:
    """Return the server as people know it."""
    return f"{address.host}:{address.port}"


def away(place: str, broken: BaseException, *, hint: str = "") -> RemoteTrouble:
    """Return the error of a server that could not be reached, or broke off; `hint` is what may help."""
    known = next((words for kind, words in _WORDS if isinstance(broken, kind)), None)
    said = f"{place} {known or f'fails: {line(broken)}'}"
    return RemoteTrouble(f"{said} {hint}" if hint else said, code="REMOTE_AWAY")


def hint_of(speaks: Speaks, broken: BaseException) -> str:
    """Return what may help where a server has not greeted: TLS from the start, or by command, is confused."""
    if speaks is Speaks.FTPS and isinstance(broken, TimeoutError):
        return "If it speaks TLS from the start, it is ftps-implicit://."
    if speaks is Speaks.FTPS_IMPLICIT and isinstance(broken, ssl.SSLError):
        return "If it does not speak TLS from the start, it is ftps://."
    return ""


def certificate_refused(place: str, wrong: ssl.SSLCertVerificationError) -> Denied:
    """Return the error of a certificate that is not valid; of an unknown authority, what to do about it."""
    text = f"{place} has a certificate that is not valid here: {wrong.verify_message}."
    if wrong.verify_code in _AUTHORITY_UNKNOWN:
        text += " An authority of your own is named by --authority FILE (over the API authority)."
    return Denied(text, code="BAD_CERTIFICATE")


def line(error: BaseException) -> str:
    """Return what an error says as one line that is not too long."""
    return " ".join(str(error).split())[:200] or type(error).__name__
