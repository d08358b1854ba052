"""What an answer that is no success says."""

from __future__ import annotations

from typing import Any

import httpx

from postroom.client.errors import KINDS, Invalid, Problem, ServerFailed, Unauthorized


def problem_of(answer: httpx.Response) -> Problem:
    """Return the error of an answer, whoever gave it: the API, its token endpoint, or a proxy before it."""
    said = _json_of(answer)
    status = answer.status_code
    kind = KINDS.get(status, ServerFailed if status >= 500 else Invalid)
    if said.get("error") == "invalid_client" and status == 400:
        kind = Unauthorized
    message = said.get("detail") or said.get("error_description") or answer.reason_phrase
    wait = answer.headers.get("Retry-After", "")
    return kind(
        str(message),
        status=status,
        code=str(said.get("code") or said.get("error") or f"HTTP_{status}").upper(),
        details=said.get("details"),
        request_id=answer.headers.get("X-Request-ID"),
        retry_after=float(wait) if wait.isascii() and wait.isdigit() else None,
    )


def _json_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
