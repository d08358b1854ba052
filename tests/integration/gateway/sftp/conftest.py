from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from postroom.gateway.hostkeys import ensure_host_keys
from postroom.gateway.sftp.server import SftpConfig, SftpServer
from tests.fakes.memory_vfs import MemoryGateway
from tests.integration.gateway.sftp.peer import Running

StartServer = Callable[..., Running]


@pytest.fixture(scope="session")
def host_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return ensure_host_keys(tmp_path_factory.mktemp("sftp") / "keys")


@pytest.fixture
def start_server(host_keys: tuple[Path, ...], tmp_path: Path) -> Iterator[StartServer]:
    with ExitStack() as stack:

        def start(**changes: Any) -> Running:
            gateway = MemoryGateway()
            alice, bob = gateway.add("alice", "wonder"), gateway.add("bob", "builder")
            key = asyncssh.generate_private_key("ssh-ed25519")
            alice_key = tmp_path / "alice_key"
            alice_key.write_bytes(key.export_private_key())
            alice_key.chmod(0o600)
            gateway.keys["alice"] = [key.public_data]
            server = SftpServer(replace(SftpConfig(host_keys=host_keys, port=0), **changes), gateway)
            server.start()
            stack.callback(server.stop, drain_seconds=0)
            return Running(server, gateway, alice, bob, alice_key)

        yield start


@pytest.fixture
def running(start_server: StartServer) -> Running:
    return start_server()
