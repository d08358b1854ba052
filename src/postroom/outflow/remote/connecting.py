"""Connecting to a server, whatever it speaks."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from postroom.contacts.errors import RemoteTrouble
from postroom.outflow.remote.ftps import FtpsRemote
from postroom.outflow.remote.seam import Address, Remote, Speaks
from postroom.outflow.remote.sftp import SftpRemote


@contextmanager
def connected(address: Address) -> Iterator[Remote]:
    """Yield the folder of a server; raise as Remote does."""
    remote: Remote = SftpRemote(address) if address.protocol is Speaks.SFTP else FtpsRemote(address)
    try:
        yield remote
    finally:
        remote.close()


def probe(address: Address, connect: Callable[[Address], AbstractContextManager[Remote]] = connected) -> None:
    """Write, rename and remove a small file; raise as Remote does where any of that does not work.

    By both its names it looks like an upload that is under way, which whoever watches the folder lets be.
    """
    name = f"postroom-probe-{secrets.token_hex(4)}.part"
    new_name = f"{name}.part"
    content = secrets.token_hex(16).encode()
    with connect(address) as remote:
        try:
            remote.put(name, io.BytesIO(content))
            remote.rename(name, new_name)
            if remote.size(new_name) != len(content):
                raise RemoteTrouble(
                    f"{address.host} does not have the file that was written.", code="PROBE_FAILED"
                )
        finally:
            for left in (name, new_name):
                remote.remove(left)
