"""What a reader gives up before it looks at its file: the world outside, and more than its limits."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from postroom.ingest.sandbox import syscalls

_PR_SET_PDEATHSIG = 1
_MAX_DESCRIPTORS = 64
_ADDRESSES_PER_BYTE = 4
"""Addresses are taken in advance, for the stacks and arenas of threads; memory is what is written to."""


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """What reading one file may take.

    `seconds` is how long the reader may keep its worker waiting, all in all, and how long its threads may
    compute, all together. `output_bytes` is what may come of the file.
    """

    memory_bytes: int = 1 << 30
    seconds: float = 300.0
    output_bytes: int = 4 << 30

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(**values)


def can_forbid() -> bool:
    """Tell whether this system can take files, network and programs away from a process."""
    return syscalls.available()


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it ends; nothing outside of Linux."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def keep_only(descriptor: int) -> None:
    """Close every other file; standard input, output and errors lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, _open_descriptors())


def confine(limits: ReaderLimits) -> None:
    """Set the limits, and take away files, network and programs where the system can."""
    seconds = max(1, round(limits.seconds))
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _MAX_DESCRIPTORS)
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)
    _limit(resource.RLIMIT_AS, _ADDRESSES_PER_BYTE * limits.memory_bytes)
    if can_forbid():
        syscalls.forbid_all_but_computing()


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))


def _open_descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if soft == resource.RLIM_INFINITY else min(soft, 65536)
