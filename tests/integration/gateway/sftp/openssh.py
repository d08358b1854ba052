"""How tests start sftp(1)."""

from __future__ import annotations

import subprocess

from tests.integration.gateway.sftp.peer import Running


def sftp_command(running: Running) -> list[str]:
    """Return the beginning of a command that logs in with Alice's key; options and the target follow."""
    options = [
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "LogLevel=ERROR",
        "IdentitiesOnly=yes",
        f"IdentityFile={running.alice_key}",
    ]
    return ["sftp", "-q", "-F", "none", *[f"-o{option}" for option in options], "-P", str(running.port)]


def sftp(running: Running, *lines: str) -> subprocess.CompletedProcess[str]:
    """Run the lines as a batch, which ends at the first failure of a line without a leading "-"."""
    return subprocess.run(
        [*sftp_command(running), "-b", "-", "alice@127.0.0.1"],
        input="\n".join(["cd /contacts/import/in", *lines, ""]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
