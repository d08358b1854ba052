"""Each measurement in a process of its own: its memory is that measurement's alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from postroom.app.child import surroundings

Step = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What is measured: takes plain values, returns plain values; `seconds` among them is what it took."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step took: seconds, and its process's memory in MiB, at its most and before it began."""

    seconds: float
    peak_mib: float
    baseline_mib: float
    details: Mapping[str, Any] = field(default_factory=dict)


def measured(step: Step, **order: object) -> Measured:
    """Run `step`, a function of some module, in a new process."""
    ended = subprocess.run(
        [sys.executable, "-m", "bench.child", step.__module__, step.__name__],
        env=surroundings(),
        input=json.dumps(order, default=str),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    details = json.loads(ended.stdout)
    return Measured(details.pop("seconds"), details.pop("peak_mib"), details.pop("baseline_mib"), details)


def memory_mib(name: str) -> float:
    """Return VmHWM (most ever) or VmRSS (now) of this process.

    Not ru_maxrss: that begins with what the parent had when it started us.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def _main(module: str, name: str) -> None:
    step: Step = getattr(import_module(module), name)
    order = json.load(sys.stdin)
    baseline = memory_mib("VmRSS")
    result = step(order)
    json.dump({**result, "baseline_mib": baseline, "peak_mib": memory_mib("VmHWM")}, sys.stdout)


if __name__ == "__main__":
    _main(*sys.argv[1:])
