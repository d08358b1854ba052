"""How webhooks are signed, and which URLs they may have."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from postroom.contacts.errors import Refused
from postroom.notices.carrying import one_line
from postroom.notices.targets import WebhookRules, check_url
from postroom.notices.webhooks import _asked_to_wait, encoded, new_secret, signed, written

NOW = datetime(2026, 3, 4, 12, 0, 0, 999999, tzinfo=UTC)
SECRET = b"0123456789abcdef01234567"
S, HTTP = "https://", "http://"  # apart, so that the addresses are not taken for ones we send readers to
LOOPBACK = WebhookRules(networks=[ipaddress.ip_network("127.0.0.0/8")])


def test_the_signature_is_the_one_of_the_specification() -> None:
    body = encoded({"type": "drop.applied", "data": {"name": "été.csv"}})

    headers = signed("msg_1", body, SECRET, now=NOW)

    expected = hmac.new(SECRET, b"msg_1.1772625600." + body, hashlib.sha256).digest()
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1772625600",
        "webhook-signature": f"v1,{base64.b64encode(expected).decode()}",
    }


def test_the_official_library_takes_it_and_nothing_that_was_changed() -> None:
    secret, now = new_secret(), datetime.now(UTC)
    body = encoded({"type": "drop.applied", "data": {"name": "\u2028 été"}})
    headers = signed("msg_1", body, secret, now=now)
    receiver = Webhook(written(secret))

    assert receiver.verify(body, headers) == json.loads(body)
    for changed in (body.replace(b"applied", b"refused"), body + b" "):
        with pytest.raises(WebhookVerificationError):
            receiver.verify(changed, headers)
    with pytest.raises(WebhookVerificationError):
        receiver.verify(body, {**headers, "webhook-id": "msg_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(written(new_secret())).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        receiver.verify(body, signed("msg_1", body, secret, now=now - timedelta(minutes=6)))


def test_a_secret_has_256_bits_and_looks_like_one() -> None:
    first, second = written(new_secret()), written(new_secret())

    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"", 0),
        (b"120", 120),
        (b" 120 ", 120),
        (b"999999999999999999999", 8 * 3600),
        (b"-5", 0),
        (b"Wed, 04 Mar 2026 12:10:01 GMT", 600),
        (b"Wed, 04 Mar 2020 12:10:01 GMT", 0),
        (b"soon\xff", 0),
        (b"\xb2", 0),
    ],
)
def test_a_receiver_may_ask_for_a_pause_within_reason(value: bytes, seconds: int) -> None:
    assert int(_asked_to_wait(value, NOW).total_seconds()) == seconds


@pytest.mark.parametrize("url", [S + "example.com/hook", S + "example.com:8443/?a=b", S + "93.184.216.34/"])
def test_an_https_url_is_a_webhook(url: str) -> None:
    check_url(url, WebhookRules())


@pytest.mark.parametrize(
    "url",
    [
        HTTP + "example.com/hook",
        S + "alice:secret@example.com/",
        S + "example.com/#part",
        S + "127.0.0.1/",
        S + "[::1]/",
        S + "169.254.169.254/latest",
        HTTP + "127.0.0.1/",
        "ftp://example.com/",
        "example.com/hook",
        S,
        S + "example.com:99999/",
        S + "[::1",
        S + "exa mple.com/",
        S + "example.com/\r\nx-evil: 1",
        S + "été.example/",
        S + "example.com/" + "x" * 2000,
    ],
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, WebhookRules())


def test_http_is_for_loopback_or_where_the_operator_allows_it() -> None:
    check_url("http://127.0.0.1:8000/hook", LOOPBACK)
    check_url("http://localhost:8000/hook", LOOPBACK)
    check_url("http://example.com/hook", WebhookRules(http=True))
    with pytest.raises(Refused, match="needs https"):
        check_url("http://example.com/hook", LOOPBACK)


def test_what_strangers_write_becomes_one_printable_line() -> None:
    assert one_line("a\r\nBcc: x\x1b[2J\u202e  b", 100) == "a Bcc: x?[2J? b"
    assert one_line("x" * 20, 10) == "x" * 9 + "…"
