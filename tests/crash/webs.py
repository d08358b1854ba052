"""Web servers that can be killed."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from postroom.store.sealing import KEY_BYTES, Sealer
from tests.crash.killing import ROOT
from tests.integration.web.site import GRANT, Credentials, bearer


class Web:
    """Starts web servers over one database."""

    def __init__(self, url: str, blobs: Path) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        self.sealer = Sealer([key])
        self._arguments = [url, str(blobs), key.hex()]

    @contextmanager
    def served(self, deadly: str = "") -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.killable_web", *self._arguments, deadly],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as calls:
                yield calls, process
        finally:
            process.kill()
            process.communicate()


def token(calls: httpx.Client, credentials: Credentials) -> dict[str, str]:
    answer = calls.post("/token", data={"grant_type": GRANT, **credentials.form})
    return bearer(answer.json()["access_token"])
