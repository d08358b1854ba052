"""Webhooks after the Standard Webhooks specification (1.0.0): signed, posted, answered with a status."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from standardwebhooks import Webhook

from postroom.notices.calling import CallConfig, UnansweredError, UnsentError, call
from postroom.notices.carrying import Answer, Parcel, Verdict
from postroom.notices.guard import Network, Resolve, resolve

_SECRET_BYTES: Final = 32
_LONGEST_WAIT: Final = timedelta(hours=8)
"""As long as the longest pause of our own: who asks for more is asked again all the same."""


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """How webhooks are sent; `networks` are allowed besides what is everybody's, durations in seconds.

    The specification recommends to give a receiver 15 to 30 seconds.
    """

    agent: str
    networks: Sequence[Network] = ()
    connect_seconds: float = 10.0
    deadline_seconds: float = 20.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


class WebhookPost:
    """Brings messages to webhooks."""

    def __init__(
        self, config: WebhookConfig, *, clock: Callable[[], datetime], resolve: Resolve = resolve
    ) -> None:
        """Sign with the time of `clock`; `resolve` finds the addresses of a host."""
        self._config = config
        self._clock = clock
        self._resolve = resolve

    def carry(self, parcel: Parcel) -> Answer:
        """Post a message once; redirects are not followed, and of the answer only its head is read."""
        body = encoded(parcel.content)
        headers = {
            "content-type": "application/json",
            "user-agent": self._config.agent,
            **signed(parcel.message_id, body, parcel.secret or b"", now=self._clock()),
        }
        config = CallConfig(
            self._config.networks,
            self._config.connect_seconds,
            self._config.deadline_seconds,
            self._config.trust,
        )
        try:
            reply = call("POST", parcel.address, headers, body, config=config, resolve=self._resolve)
        except (UnsentError, UnansweredError) as failed:
            return Answer(Verdict.LATER, failed.message)
        return _answer(reply.status, reply.headers, self._clock())


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return the body of a webhook: compact JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signed(message_id: str, body: bytes, secret: bytes, *, now: datetime) -> dict[str, str]:
    """Return the three headers that say which message this is, when it was sent, and that we sent it."""
    at = now.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


def new_secret() -> bytes:
    """Return a random signing secret."""
    return secrets.token_bytes(_SECRET_BYTES)


def written(secret: bytes) -> str:
    """Return a secret as its receiver is given it."""
    return "whsec_" + base64.b64encode(secret).decode()


def _answer(status: int, headers: Mapping[bytes, bytes], now: datetime) -> Answer:
    text = f"{status} {_phrase(status)}".strip()
    if 200 <= status < 300:
        return Answer(Verdict.DELIVERED, text)
    if status == HTTPStatus.GONE:
        return Answer(Verdict.GONE, text)
    if 300 <= status < 400:
        text += " (redirects are not followed: set the new URL)"
    return Answer(Verdict.LATER, text, _asked_to_wait(headers.get(b"retry-after", b""), now))


def _phrase(status: int) -> str:
    # Ours rather than the receiver's: what strangers write stays out of the log.
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _asked_to_wait(value: bytes, now: datetime) -> timedelta:
    """Read `Retry-After`, in seconds or as a date (RFC 9110 section 10.2.3); nothing when it is neither."""
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), _LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta()
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), _LONGEST_WAIT)
