"""What the senders' guide has typed to encrypt a file does what it says, with the real program."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from postroom.ingest.pgp import MAX_PLAINTEXT_BYTES
from tests.acceptance.test_docs import section
from tests.conftest import Person
from tests.gnupg import keyring
from tests.integration.cli.conftest import as_url
from tests.integration.cli.terminal import Terminal

TYPED = re.compile(r"^    (gpg .+)$", re.MULTILINE)


@pytest.mark.clients
def test_what_the_senders_guide_has_typed_makes_a_file_that_is_applied(
    database_url: str, alice: Person, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path / "data", as_url(database_url))
    terminal.run("account", "create", "acme")
    terminal.run("account", "pgp", "generate", "acme")
    (tmp_path / "postroom-acme.asc").write_text(terminal.run("account", "pgp", "export", "acme"))
    (tmp_path / "clients.csv").write_text("Email;Nom\nalice@example.com;Liddell\n")
    commands = TYPED.findall(section("Encrypting a file"))

    with keyring() as gpg:
        for command in commands:
            told = subprocess.run(
                shlex.split(command),
                cwd=tmp_path,
                env={**os.environ, "GNUPGHOME": str(gpg.home)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            assert told.returncode == 0, told.stderr.decode()
    tried = terminal.json("check", str(tmp_path / "clients.csv.pgp"), "--account", "acme")

    assert len(commands) == 3
    assert (tried["would_go_to"], tried["counts"]["created"]) == ("ok", 1)
    assert tried["list"] == {"name": "clients"}


def test_the_senders_guide_names_how_much_a_message_may_hold() -> None:
    assert f"{MAX_PLAINTEXT_BYTES:,} bytes" in section("Limits")
    assert f"{MAX_PLAINTEXT_BYTES >> 20} MiB" in section("Encrypting a file")
