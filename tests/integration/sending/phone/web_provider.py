"""A provider's web server on this machine, which answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """What the provider was called with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))


@dataclass(slots=True)
class WebProvider:
    """Its answers (status, body, headers): the next for each call, the last one for ever."""

    port: int = 0
    answers: list[tuple[int, str, dict[str, str]]] = field(
        default_factory=lambda: [(200, '{"id": "x1"}', {})]
    )
    calls: list[Call] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)
    """Set while nobody hangs."""
    hangs_up: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def answer(self, status: int, body: object = "", **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers = [(status, text, {name.replace("_", "-"): value for name, value in headers.items()})]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: WebProvider

    def do_POST(self) -> None:
        provider = self.provider
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider.calls.append(Call(self.command, self.path, headers, body))
        provider.hang.wait(PATIENCE)
        if provider.hangs_up:
            self.close_connection = True
            return
        status, text, more = provider.answers.pop(0) if len(provider.answers) > 1 else provider.answers[0]
        self.send_response(status)
        for name, value in {**more, "content-length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_POST  # noqa: N815  # http.server's names for them

    def log_message(self, *_arguments: Any) -> None:
        pass


@contextmanager
def web_provider() -> Iterator[WebProvider]:
    """Yield a provider that listens on a port of its own."""
    provider = WebProvider()
    provider.hang.set()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # broken connections are what we test
    provider.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield provider
    finally:
        provider.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()
