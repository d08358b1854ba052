"""The machine that results were measured on: numbers mean little without it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def describe(postgresql: str | None) -> list[str]:
    """Return the facts that matter, a line each."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return [
        f"Machine: {os.cpu_count()} cores ({_processor()}), {gib:.0f} GiB of memory, Linux {_kernel()}",
        f"Python {platform.python_version()}" + (f", PostgreSQL {postgresql}" if postgresql else ""),
        f"Measured on {datetime.now(UTC):%Y-%m-%d}; load average at the start: {load}",
    ]


def _kernel() -> str:
    return ".".join(platform.release().split(".")[:2])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
