from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.seam import GatewayAuth
from tests.fakes.memory_vfs import MemoryGateway, MemoryTree
from tests.integration.gateway.ftp.real import served_by
from tests.integration.gateway.ftp.served import SECRET, ServedVfs

StartServer = Callable[..., FtpServer]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for the loopback address, with its key in one file."""
    now = datetime.now(UTC)
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    return self_signed(path, now - timedelta(days=1), now + timedelta(days=1))


def self_signed(path: Path, first: datetime, last: datetime) -> Path:
    """Write a certificate for the loopback address, valid between two moments, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def memory() -> MemoryGateway:
    """Alice's and Charlie's trees in memory, for tests that make the tree fail."""
    gateway = MemoryGateway()
    gateway.add("alice", SECRET)
    gateway.add("charlie", SECRET)
    return gateway


@pytest.fixture
def tree(memory: MemoryGateway) -> MemoryTree:
    return memory.trees["alice"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test over the fake and over the real thing, unless it makes the fake misbehave."""
    if "served_vfs" in metafunc.fixturenames:
        needs_fake = bool({"memory", "tree"} & set(metafunc.fixturenames))
        kinds = ["memory"] if needs_fake else ["memory", "real"]
        metafunc.parametrize("served_vfs", kinds, indirect=True)


@pytest.fixture
def served_vfs(request: pytest.FixtureRequest) -> ServedVfs:
    """What the server stands on."""
    if request.param == "real":
        return served_by(request.getfixturevalue("room"))
    memory: MemoryGateway = request.getfixturevalue("memory")
    return ServedVfs(auth=memory, inbox=memory.trees["alice"])


@pytest.fixture
def start_server(certificate: Path, served_vfs: ServedVfs) -> Iterator[StartServer]:
    """Start servers over `served_vfs` on free ports; stopped at the end of the test."""
    servers: list[FtpServer] = []

    def start(auth: GatewayAuth | None = None, **settings: object) -> FtpServer:
        config = FtpConfig(port=0, certificate=certificate, failed_login_seconds=0.0, confirm_seconds=60.0)
        server = FtpServer(replace(config, **settings), auth or served_vfs.auth)  # type: ignore[arg-type]  # replace() has no types
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop(drain_seconds=0)


@pytest.fixture
def server(start_server: StartServer) -> FtpServer:
    return start_server()
