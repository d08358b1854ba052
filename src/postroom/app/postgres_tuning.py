"""How the embedded PostgreSQL is set: durable, and sized to the machine for bulk loading."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to share: bytes of memory, of free disk at the data directory, and of /dev/shm."""

    memory: int
    free_disk: int
    shared_memory: int


def this_machine(data_directory: Path) -> Machine:
    """Measure the machine, or the container where that is smaller."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        memory=min(memory, _container_limit() or memory),
        free_disk=shutil.disk_usage(data_directory).free,
        shared_memory=_size_of(Path("/dev/shm")),  # noqa: S108  # its size only; PostgreSQL makes the files
    )


def tuned(machine: Machine) -> dict[str, str]:
    """Return PostgreSQL settings for `machine`, by name, as the configuration file spells them."""
    wal = _between(512 * MIB, machine.free_disk // 8, 8 * GIB)
    return {
        # Imports and web pages share the machine with Python and the page cache, so a quarter, and no
        # more than 2 GiB: the tables of a million contacts fit.
        "shared_buffers": _size(_between(32 * MIB, machine.memory // 4, 2 * GIB)),
        "effective_cache_size": _size(machine.memory // 2),
        "work_mem": _size(_between(8 * MIB, machine.memory // 256, 64 * MIB)),
        "maintenance_work_mem": _size(_between(64 * MIB, machine.memory // 16, 512 * MIB)),
        # Few checkpoints: each makes the next change of every page log the whole page.
        "max_wal_size": _size(wal),
        "min_wal_size": _size(wal // 8),
        # The wheel has no lz4. pglz wrote a third less, but an update of 30,000 of 300,000 rows after a
        # checkpoint took three times as long (1.8 s against 0.6 s; measured).
        "wal_compression": "off",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        "huge_pages": "try",
        "max_connections": "100",
        # Containers often give 64 MiB of /dev/shm; parallel queries want more.
        "dynamic_shared_memory_type": "posix" if machine.shared_memory >= GIB else "sysv",
        **_DURABLE,
        **_LOGGED,
    }


_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "on"}

_LOGGED = {
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",  # seven files, each overwritten after a week
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def configuration(settings: Mapping[str, str]) -> str:
    """Return `settings` as the text of a configuration file."""
    lines = ["# Written by Postroom at every start; put your own settings in local.conf beside this file."]
    lines += [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


def _size(size: int) -> str:
    return f"{size // MIB}MB"


def _container_limit() -> int | None:
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text(encoding="utf-8").strip()
        except OSError:
            continue
        if text.isdigit():
            return int(text)
    return None


def _size_of(mount: Path) -> int:
    try:
        return shutil.disk_usage(mount).total
    except OSError:
        return 0
