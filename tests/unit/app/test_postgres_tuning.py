from __future__ import annotations

from pathlib import Path

import pytest

from postroom.app.postgres_cluster import socket_directory
from postroom.app.postgres_tuning import GIB, MIB, Machine, configuration, this_machine, tuned

BIG = Machine(memory=24 * GIB, free_disk=100 * GIB, shared_memory=12 * GIB)
SMALL = Machine(memory=512 * MIB, free_disk=2 * GIB, shared_memory=64 * MIB)


@pytest.mark.parametrize("machine", [BIG, SMALL, Machine(0, 0, 0)])
def test_it_is_durable_on_every_machine(machine: Machine) -> None:
    settings = tuned(machine)

    assert {settings[name] for name in ("fsync", "full_page_writes", "synchronous_commit")} == {"on"}


def test_a_big_machine_gives_much_but_not_everything() -> None:
    settings = tuned(BIG)

    assert settings["shared_buffers"] == "2048MB"
    assert settings["max_wal_size"] == "8192MB"
    assert settings["work_mem"] == "64MB"
    assert settings["dynamic_shared_memory_type"] == "posix"


def test_a_small_container_is_not_overrun() -> None:
    settings = tuned(SMALL)

    assert settings["shared_buffers"] == "128MB"
    assert settings["max_wal_size"] == "512MB"
    assert settings["work_mem"] == "8MB"
    assert settings["dynamic_shared_memory_type"] == "sysv", "64 MiB of /dev/shm are too few"


def test_this_machine_has_something(tmp_path: Path) -> None:
    machine = this_machine(tmp_path)

    assert machine.memory > 64 * MIB
    assert machine.free_disk > 0


def test_values_are_quoted() -> None:
    assert "path = '/it''s here'\n" in configuration({"path": "/it's here"})


def test_the_socket_stands_in_the_data_directory_where_its_name_is_short() -> None:
    assert socket_directory(Path("/srv/postroom"), 999) == Path("/srv/postroom/run/postgres")


@pytest.mark.parametrize(
    "data", [Path("/srv", "d" * 90), Path("/srv/it's here"), Path("/srv/a,b"), Path("/é")]
)
def test_the_socket_goes_elsewhere_where_a_name_is_long_or_odd(data: Path) -> None:
    elsewhere = socket_directory(data, 999)

    assert elsewhere.parent == Path("/tmp")
    assert elsewhere == socket_directory(data, 999), "every process finds the same one"
    assert elsewhere != socket_directory(data / "other", 999)
    assert len(str(elsewhere)) < 60
