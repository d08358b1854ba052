"""A program that calls /rest, and the requests of the lists document byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.integration.web.site import Site, bearer
from tests.integration.web.wire import Wire


@dataclass(frozen=True, slots=True)
class Program:
    """Calls with a token; `get`, `post`, `put` and `delete` send a form and return the answer's JSON."""

    site: Site
    token: str

    def call(self, verb: str, path: str, **request: Any) -> httpx.Response:
        headers = {**bearer(self.token), **request.pop("headers", {})}
        return self.site.calls.request(verb, f"/rest/{path}", headers=headers, **request)

    def get(self, path: str, **form: Any) -> Any:
        return self.done(self.call("GET", path, params=form))

    def post(self, path: str, **form: Any) -> Any:
        return self.done(self.call("POST", path, data=form))

    def put(self, path: str, **form: Any) -> Any:
        return self.done(self.call("PUT", path, data=form))

    def delete(self, path: str, **form: Any) -> Any:
        return self.done(self.call("DELETE", path, data=form))

    def done(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, status: int, verb: str, path: str, **request: Any) -> dict[str, Any]:
        """Call, expect an error, and return it: it repeats its status and says what is wrong."""
        answer = self.call(verb, path, **request)
        error: dict[str, Any] = answer.json()
        assert answer.status_code == status, answer.text
        assert error["status"] == status
        assert error["message"]
        return error

    def new_list(self, name: str = "Ma liste de diffusion", **form: Any) -> str:
        """Create a list and return its id."""
        return str(self.post("lists", name=name, **form)["list"][0]["id"])

    def names(self, **form: Any) -> dict[str, str]:
        """Return the names of lists by their ids."""
        return {each["id"]: each["name"] for each in self.get("lists", **form)["list"]}

    @contextmanager
    def wire(self) -> Iterator[Wire]:
        with Wire(self.site) as wire:
            yield wire

    def raw(self, request: str) -> tuple[int, str]:
        """Send a request as the document prints it, TOKEN replaced, and return status and body."""
        head, _, body = request.replace("TOKEN", self.token).partition("\n\n")
        content = body.rstrip("\n").encode()
        lines = [*head.strip().splitlines(), f"Content-Length: {len(content)}", "Connection: close"]
        with self.wire() as wire:
            wire.send("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
            answer = wire.rest().decode()
        status_line, _, text = answer.partition("\r\n")
        return int(status_line.split()[1]), text.partition("\r\n\r\n")[2]
