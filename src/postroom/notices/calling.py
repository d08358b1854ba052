"""One call of a server by HTTP: to allowed addresses alone, bounded in time and size, without redirects."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpcore

from postroom.contacts.errors import PostroomError
from postroom.notices.carrying import one_line
from postroom.notices.guard import ForbiddenAddressError, GuardedBackend, Network, Resolve, resolve

_SHOWN: Final = 200
_BEFORE: Final = (
    OSError,
    UnicodeError,  # a name that cannot be looked up, such as one with a label of 64 letters
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
)
"""What goes wrong before anything of a call is sent."""
_AFTER: Final = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


class UnsentError(PostroomError):
    """A call never began: the server surely knows nothing of it."""


class UnansweredError(PostroomError):
    """A call was sent, wholly or in part, and no answer came."""


@dataclass(frozen=True, slots=True)
class CallConfig:
    """How calls are made; `networks` are allowed besides what is everybody's, durations in seconds."""

    networks: Sequence[Network] = ()
    connect_seconds: float = 10.0
    deadline_seconds: float = 20.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; names of headers are in lower case, of the body no more than was asked for."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


def call(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    config: CallConfig,
    most_bytes: int = 0,
    resolve: Resolve = resolve,
) -> Reply:
    """Make a call and return the answer with at most `most_bytes` of its body.

    Raises UnsentError and UnansweredError, with a line for people.
    """
    backend = GuardedBackend(config.networks, deadline_seconds=config.deadline_seconds, resolve=resolve)
    try:
        return _called(method, url, headers, body, config, backend, most_bytes)
    except ForbiddenAddressError as forbidden:
        raise UnsentError(one_line(f"not sent: {forbidden}", _SHOWN)) from None
    except _BEFORE as error:
        raise UnsentError(_failure(error, config, backend)) from None
    except _AFTER as error:
        raise UnansweredError(_failure(error, config, backend)) from None
    finally:
        backend.release()


def _called(  # the rest of `call`
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    config: CallConfig,
    backend: GuardedBackend,
    most_bytes: int,
) -> Reply:
    patience = {
        "connect": config.connect_seconds,
        "read": config.deadline_seconds,
        "write": config.deadline_seconds,
    }
    named = [("host", urlsplit(url).netloc), *headers.items()]
    with (
        httpcore.ConnectionPool(
            ssl_context=config.trust, network_backend=backend, max_keepalive_connections=0
        ) as pool,
        pool.stream(method, url, headers=named, content=body, extensions={"timeout": patience}) as response,
    ):
        taken = b""
        for piece in response.iter_stream() if most_bytes else ():
            taken += piece[: most_bytes - len(taken)]
            if len(taken) == most_bytes:
                break
        return Reply(response.status, {name.lower(): value for name, value in response.headers}, taken)


def _failure(error: Exception, config: CallConfig, backend: GuardedBackend) -> str:
    if backend.expired or isinstance(error, httpcore.ReadTimeout | httpcore.WriteTimeout):
        return f"no answer within {config.deadline_seconds:g} seconds"
    if isinstance(error, httpcore.ConnectTimeout):
        return f"no connection within {config.connect_seconds:g} seconds"
    return one_line(str(error) or type(error).__name__, _SHOWN)
