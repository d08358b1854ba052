"""Who gets in: the lock-out and switched-off logins over both protocols, counted in one database."""

from __future__ import annotations

import ftplib
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import paramiko
import pytest

from postroom.store.logins import set_enabled
from tests.acceptance.clients import LOOPBACK, ftp_session, sftp_session
from tests.acceptance.live import Live

ELSEWHERE = "127.0.0.2"
REFUSALS = (ftplib.error_perm, paramiko.AuthenticationException)

Session = Callable[..., AbstractContextManager[object]]

over_ftp_and_sftp = pytest.mark.parametrize("session", [ftp_session, sftp_session], ids=["ftp", "sftp"])


def _gets_in(live: Live, session: Session, *, password: str | None = None, source: str = LOOPBACK) -> bool:
    with ExitStack() as stack:
        try:
            stack.enter_context(session(live, live.alice, password=password, source=source))
        except REFUSALS:
            return False
        return True


@over_ftp_and_sftp
def test_the_right_password_opens_and_a_wrong_one_does_not(live: Live, session: Session) -> None:
    assert _gets_in(live, session)
    assert not _gets_in(live, session, password="wrong")


def test_ten_failures_over_both_protocols_lock_the_login_at_that_address(live: Live) -> None:
    both: list[Session] = [ftp_session, sftp_session]
    for session in both * 5:
        assert not _gets_in(live, session, password="wrong")

    assert not _gets_in(live, ftp_session)
    assert not _gets_in(live, sftp_session)
    assert _gets_in(live, ftp_session, source=ELSEWHERE)
    assert _gets_in(live, sftp_session, source=ELSEWHERE)
    with ftp_session(live, live.charlie):
        pass


def test_nine_failures_do_not(live: Live) -> None:
    some: list[Session] = [ftp_session, sftp_session, ftp_session]
    for session in some * 3:
        assert not _gets_in(live, session, password="wrong")

    assert _gets_in(live, sftp_session)


@over_ftp_and_sftp
def test_a_login_that_is_switched_off_is_refused(live: Live, session: Session) -> None:
    with live.room.database.transaction() as connection:
        set_enabled(connection, "alice", enabled=False)

    assert not _gets_in(live, session)
