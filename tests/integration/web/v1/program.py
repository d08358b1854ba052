"""A program that calls /v1 for somebody."""

from __future__ import annotations

from typing import Any

import httpx

from tests.integration.web.site import Credentials, Site, bearer


class Program:
    """Calls with its client's token."""

    def __init__(self, site: Site, credentials: Credentials) -> None:
        self.site = site
        self._headers = bearer(site.token(credentials))

    def call(self, method: str, path: str, *, json: Any = None, **more: Any) -> httpx.Response:
        headers = {**self._headers, **more.pop("headers", {})}
        return self.site.calls.request(method, f"/v1{path}", json=json, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return self.call("POST", path, json=json, **more)

    def patch(self, path: str, json: Any, **more: Any) -> httpx.Response:
        return self.call("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.call("DELETE", path, **more)

    def make_list(self, name: str = "Spring") -> int:
        answer = self.post("/lists", {"name": name})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def names(self) -> list[str]:
        return [each["name"] for each in self.get("/lists").json()["items"]]


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a problem, having looked at its shape."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said = answer.json()
    assert said["status"] == answer.status_code
    assert (
        {"title", "status", "detail", "code"} <= set(said) <= {"title", "status", "detail", "code", "details"}
    )
    return answer.status_code, said["code"]
