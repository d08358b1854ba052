"""IPv4, IPv6 and both on one port."""

from __future__ import annotations

import ftplib
import io

import pytest

from tests.fakes.memory_vfs import MemoryGateway
from tests.integration.gateway.ftp.conftest import StartServer
from tests.integration.gateway.ftp.served import DEADLINE_SECONDS, INBOX, SECRET


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
@pytest.mark.parametrize(
    ("host", "peer"),
    [("127.0.0.1", "127.0.0.1"), ("", "127.0.0.1"), ("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1")],
)
def test_clients_come_in_by_either_protocol(
    start_server: StartServer, memory: MemoryGateway, host: str, peer: str, *, passive: bool
) -> None:
    server = start_server(host=host)
    with ftplib.FTP(timeout=DEADLINE_SECONDS) as ftp:
        ftp.connect(peer, server.port)
        ftp.login("alice", SECRET)
        ftp.set_pasv(val=passive)
        ftp.storbinary(f"STOR {INBOX}/a.csv", io.BytesIO(b"x" * 100_000))

    assert memory.trees["alice"].published() == ["a.csv"]
    assert memory.attempts == [("alice", peer, "ftp")]
