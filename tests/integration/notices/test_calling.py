"""One call of a server: what surely never began is told apart from what nobody knows the end of."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.notices.calling import CallConfig, UnansweredError, UnsentError, call
from tests.integration.notices.receivers import LOOPBACK, Hook, make_certificate, web_server
from tests.integration.sending.phone.web_provider import WebProvider, web_provider

QUICK = CallConfig(networks=LOOPBACK, connect_seconds=2.0, deadline_seconds=0.5)


@pytest.fixture
def web() -> Iterator[WebProvider]:
    with web_provider() as running:
        yield running


def test_an_answer_has_its_status_its_headers_and_as_much_of_its_body_as_was_asked_for(
    web: WebProvider,
) -> None:
    web.answer(201, "0123456789", X_Request="abc")

    whole = call("POST", web.url, {"x-a": "b"}, b"body", config=QUICK, most_bytes=100)
    some = call("POST", web.url, {}, b"", config=QUICK, most_bytes=4)
    none = call("GET", web.url, {}, b"", config=QUICK)

    assert (whole.status, whole.headers[b"x-request"], whole.body) == (201, b"abc", b"0123456789")
    assert (some.body, none.body) == (b"0123", b"")
    assert [each.method for each in web.calls] == ["POST", "POST", "GET"]
    assert (web.calls[0].headers["x-a"], web.calls[0].body) == ("b", b"body")


def test_a_redirect_is_an_answer_and_is_not_followed(web: WebProvider) -> None:
    web.answer(307, "", location=web.url)

    assert call("POST", web.url, {}, b"x", config=QUICK).status == 307
    assert len(web.calls) == 1


def test_what_never_began_is_told_as_such(web: WebProvider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    with pytest.raises(UnsentError):
        call("POST", f"http://127.0.0.1:{port}/", {}, b"", config=QUICK)
    with pytest.raises(UnsentError, match="no public address"):
        call("POST", web.url, {}, b"", config=CallConfig())
    with pytest.raises(UnsentError):
        call("POST", f"http://{'a' * 64}.test/", {}, b"", config=QUICK)
    assert web.calls == []


def test_an_untrusted_certificate_ends_a_call_before_it_begins(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    with web_server(certificate) as hook:
        url = hook.url.replace("http", "https")
        with pytest.raises(UnsentError, match="certificate"):
            call("POST", url, {}, b"", config=QUICK)

        trusting = CallConfig(LOOPBACK, 2.0, 2.0, trust)
        assert call("POST", url, {}, b"", config=trusting).status == 204


def test_a_server_that_hangs_or_drips_is_left_after_the_deadline(web: WebProvider) -> None:
    web.hang.clear()
    with pytest.raises(UnansweredError, match=r"no answer within 0\.5 seconds"):
        call("POST", web.url, {}, b"", config=QUICK)

    with web_server() as dripping:
        dripping.drips = b"HTTP/1.1 200 OK\r\n"
        with pytest.raises(UnansweredError):
            call("POST", dripping.url, {}, b"", config=QUICK)


def test_a_server_that_hangs_up_leaves_a_call_without_an_answer(web: WebProvider) -> None:
    web.hangs_up = True

    with pytest.raises(UnansweredError):
        call("POST", web.url, {}, b"", config=QUICK)


def test_calls_from_several_threads_do_not_meet() -> None:
    with web_server() as hook:
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(_status(hook))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert statuses == [204] * 8


def _status(hook: Hook) -> int:
    return call("POST", hook.url, {}, b"x", config=CallConfig(LOOPBACK, 5.0, 5.0)).status
