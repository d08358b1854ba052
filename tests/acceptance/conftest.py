from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from postroom.app.certificates import Certificate, ensure_certificate
from postroom.drops.room import Room, utc_now
from postroom.gateway.auth import Auth
from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.hostkeys import ensure_host_keys
from postroom.gateway.recent import Recent
from postroom.gateway.sftp.server import SftpConfig, SftpServer
from postroom.gateway.vfs import DropVfs
from postroom.store.credentials import key_fingerprint
from postroom.store.lockout import Lockout
from postroom.store.logins import add_key
from tests.acceptance.live import CONTACTS, Haste, Live
from tests.conftest import Person
from tests.tidiness import assert_tidy


@pytest.fixture(scope="session")
def host_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return ensure_host_keys(tmp_path_factory.mktemp("sftp") / "keys")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return ensure_certificate(tmp_path_factory.mktemp("tls"), now=datetime.now(UTC))


@pytest.fixture
def live(
    room: Room,
    database_url: str,
    alice: Person,
    charlie: Person,
    host_keys: tuple[Path, ...],
    certificate: Certificate,
    tmp_path: Path,
) -> Iterator[Live]:
    """Both servers over one room; nothing is processed before a test says so, and nothing may lie about."""
    haste = Haste(room, alice)
    room = replace(room, between_steps=haste)
    recent = Recent()
    auth = Auth(room.database, utc_now, lambda who: DropVfs(room, who, recent), Lockout())
    # Wrong passwords are answered at once here; the wait is tested where the FTP sessions are.
    config = FtpConfig(port=0, certificate=certificate.chain, key=certificate.key, failed_login_seconds=0.0)
    ftp, sftp = FtpServer(config, auth), SftpServer(SftpConfig(host_keys, port=0), auth)
    ftp.start()
    sftp.start()
    home = tmp_path / "home"
    home.mkdir()
    yield Live(room, database_url, ftp, sftp, alice, charlie, _key_of(room, alice, home), home, haste)
    ftp.stop(drain_seconds=5)
    sftp.stop(drain_seconds=5)
    assert_tidy(room)


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    """A file of two contacts."""
    path = tmp_path / "contacts.csv"
    path.write_bytes(CONTACTS)
    return path


def _key_of(room: Room, person: Person, home: Path) -> Path:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = home / "key"
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    public = key.export_public_key().decode()
    with room.database.transaction() as connection:
        add_key(connection, person.login, fingerprint=key_fingerprint(key.public_data), public_key=public)
    return path
