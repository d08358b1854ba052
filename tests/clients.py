"""Client programs from Debian that acceptance-like tests drive."""

from __future__ import annotations

import os
import shutil

import pytest


def require_program(name: str) -> str:
    """Return the path of `name`; without it skip the test, or fail when POSTROOM_TEST_ALL=1."""
    path = shutil.which(name)
    if path is not None:
        return path
    reason = f"The program {name} is not installed."
    if os.environ.get("POSTROOM_TEST_ALL") == "1":
        pytest.fail(f"{reason} POSTROOM_TEST_ALL=1 wants every client.")
    pytest.skip(reason)
