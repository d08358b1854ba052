# ruff: noqa: ARG002, N802 - pyftpdlib finds a command by its name, and calls it with one argument
"""The control connection's life: greeting, TLS, login, time-outs, doubt about plain uploads, end."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from OpenSSL import SSL

from postroom.contacts.errors import Denied, PostroomError
from postroom.gateway.ftp.codes import INTERNAL_ERROR, reply_for
from postroom.gateway.ftp.door import Door
from postroom.gateway.ftp.doubt import Doubt
from postroom.gateway.ftp.events import SessionLog
from postroom.gateway.ftp.library import FTPHandler, TLS_FTPHandler
from postroom.gateway.ftp.peer import address_of, is_gone, password_from
from postroom.gateway.ftp.ports import ActivePort, PassivePort
from postroom.gateway.ftp.streams import Inflow
from postroom.gateway.ftp.transfer import Transfer
from postroom.gateway.seam import CommittedFile, How, Vfs

_LOGIN_WRONG: Final = "530 Login or password is wrong, or this login is closed for now."
_TLS_FIRST: Final = "530 This server takes logins over TLS only: send AUTH TLS first."
_TLS_DATA_FIRST: Final = "522 This server takes data over TLS only: send PBSZ 0 and PROT P first."
STOPPING: Final = "421 The server is stopping; connect again in a moment."
_TLS_COMMANDS: Final = frozenset({"AUTH", "PBSZ", "PROT"})
_FACTS: Final = ("type", "size", "modify", "perm", "unix.mode")


def _commands() -> dict[str, dict[str, Any]]:
    # "perm" makes pyftpdlib ask its own file system about paths; here the commands ask ours.
    return {name: {**command, "perm": None} for name, command in TLS_FTPHandler.proto_cmds.items()}


_COMMANDS: Final[Mapping[str, Any]] = _commands()


class FtpSession(TLS_FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """One client's control connection, on a thread and an event loop of its own."""

    dtp_handler = Transfer
    passive_dtp = PassivePort
    active_dtp = ActivePort
    use_sendfile = False
    unicode_errors = "surrogateescape"  # so that the path normaliser sees, and refuses, what is not UTF-8
    proto_cmds = _COMMANDS
    _extra_feats: list[str]
    _dtp_connector: ActivePort | None
    # pyftpdlib deletes these from a closed session.
    data_channel: Transfer | None = None
    _in_dtp_queue: tuple[Inflow, str] | None = None
    _out_dtp_queue: tuple[Any, ...] | None = None

    def __init__(self, conn: socket.socket, server: Door, ioloop: Any) -> None:  # noqa: ANN401 - the signature of the library
        """Take over an accepted connection; the caller then calls `handle()` and runs `ioloop`."""
        config = server.config
        self.config = config
        self.timeout = config.idle_seconds
        self.banner = config.banner
        self.passive_ports = config.passive_ports
        self.masquerade_address = config.masquerade_address
        self.max_login_attempts = config.max_login_attempts
        self.vfs: Vfs
        self.cwd = "/"
        self.recall = server.recall
        self.session_log = SessionLog(address_of(conn))
        self._doubt = Doubt(self.session_log)
        self._is_leaving = False
        self._is_draining = False
        self._is_our_end = False
        super().__init__(conn, server, ioloop)
        if not self.connected:
            return
        self._current_type = "i"
        self._current_facts = list(_FACTS)
        self._available_facts = list(_FACTS)
        if server.tls is None:
            self.proto_cmds = {k: v for k, v in _COMMANDS.items() if k not in _TLS_COMMANDS}
            self._extra_feats = []
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        self._start_login_clock()

    @property
    def is_over(self) -> bool:
        """Tell whether the session has ended."""
        return bool(self._closed)

    @property
    def peer(self) -> str:
        """Return the client's address, IPv4 in its own form."""
        return str(self.remote_ip).removeprefix("::ffff:")

    def get_ssl_context(self) -> SSL.Context | None:
        """Return the door's context (pyftpdlib keeps one for the whole class)."""
        return self.server.tls  # type: ignore[no-any-return]  # the library has no types

    # ---------------------------------------------------------------------------- beginning

    def handle(self) -> None:
        """Greet; on an implicit port after the handshake."""
        if self.server.implicit:
            self.secure_connection(self.ssl_context)
        else:
            super().handle()

    def handle_ssl_established(self) -> None:
        """Greet on an implicit port."""
        if self.server.implicit:
            self._pbsz = self._prot = True
            super().handle()

    def ftp_AUTH(self, line: str) -> None:
        """Start TLS on the control connection."""
        super().ftp_AUTH(line)
        if self._ssl_requested:
            # What was sent along in clear must not be taken for something said inside TLS.
            self.ac_in_buffer = b""
            self.flush_account()

    def ftp_PROT(self, line: str) -> None:
        """Choose the protection of data connections."""
        if line.upper() == "C" and not self.config.allow_plain:
            self.respond("534 This server takes data over TLS only.")
        else:
            super().ftp_PROT(line.upper())

    def ftp_PASS(self, line: str) -> None:
        """Log in. Blocks this session's thread alone while the password is hashed."""
        if self.authenticated:
            self.respond("503 You are logged in already.")
        elif not self.username:
            self.respond("503 Send USER first.")
        else:
            self._log_in(self.username, password_from(line))

    def _log_in(self, login: str, secret: str) -> None:
        proto = "ftps" if self._ssl_established else "ftp"
        self.session_log.login = login
        if not login.isprintable():  # nor could it be stored
            self._refuse_login()
            return
        try:
            principal = self.server.auth.password(login, secret, self.peer, proto)
        except Denied:
            self._refuse_login()
            return
        self.vfs = self.server.auth.open_vfs(principal)
        self.authenticated = True
        self.attempted_logins = 0
        self.session_log.event("login ok", proto=proto)
        self.respond("230 Welcome.")

    def _refuse_login(self) -> None:
        self.session_log.event("login failed")
        self.username = ""
        self.attempted_logins += 1
        # Holds up this client only; a stopping server does not wait for it.
        self.server.stopping.wait(self.config.failed_login_seconds)
        self.respond(_LOGIN_WRONG)
        if self.attempted_logins >= self.max_login_attempts:
            self.close_when_done()

    def flush_account(self) -> None:
        """Forget who is logged in (USER again, REIN, AUTH)."""
        self.drop_queued("the login ended")
        super().flush_account()
        self.cwd = "/"
        self._current_type = "i"
        if self.server.implicit:
            self._pbsz = self._prot = True
        self.session_log.login = "-"
        self._start_login_clock()

    def _start_login_clock(self) -> None:
        self.call_later(self.config.login_seconds, self._check_login)

    def _check_login(self) -> None:
        if not self.authenticated:
            self._is_our_end = True
            if self._ssl_accepting:
                self.close()
                return
            self.respond("421 Nobody logged in in time.")
            self.close_when_done()

    # ----------------------------------------------------------------------------- commands

    def found_terminator(self) -> None:
        """Run a command. It also shows that the client of the last plain upload lives: confirm that."""
        doubted = self._doubt.about
        super().found_terminator()
        # After the command, so that MFMT still finds the file. A command that was sent before the client died
        # may be read after its data; then the end of the connection is already here.
        if doubted is not None and not self.is_over:
            self._stop_doubting(doubted)

    def process_command(self, cmd: str, *args: str, **kwargs: str) -> None:
        """Run a command and translate what it raises: a client is never left without a reply."""
        refusal = self._tls_refusal(cmd)
        if refusal is not None:
            self.respond(refusal)
            self.session_log.event("refused", command=cmd, reply=refusal)
            return
        try:
            FTPHandler.process_command(self, cmd, *args, **kwargs)
        except UnicodeEncodeError:
            raise  # pyftpdlib answers 501
        except PostroomError as error:
            self.respond(reply_for(error))
            about = "-" if cmd == "PASS" else args[0]
            self.session_log.event("refused", command=cmd, about=about, reply=reply_for(error))
        except Exception:  # noqa: BLE001  # logged, and answered
            self.session_log.exception(f"command {cmd} failed")
            self.respond(INTERNAL_ERROR)

    def _tls_refusal(self, cmd: str) -> str | None:
        if self.config.allow_plain:
            return None
        if cmd in {"USER", "PASS"} and not self._ssl_established:
            return _TLS_FIRST
        if cmd in {"PASV", "EPSV", "PORT", "EPRT"} and not self._prot:
            return _TLS_DATA_FIRST
        return None

    def ftp_QUIT(self, line: str) -> None:
        """Say goodbye, after a running transfer."""
        self._doubt.confirm()
        self._is_our_end = True
        self.respond("221 Goodbye.")
        if self.data_channel is not None and self.data_channel.is_running:
            self._quit_pending = True
            self.del_channel()
        else:
            self.close_when_done()

    # ------------------------------------------------------------------- the end of uploads

    def upload_ended(self, inflow: Inflow, how: How) -> str:
        """Publish a complete upload; return the reply."""
        try:
            committed = inflow.commit(how)
        except PostroomError as error:
            return self.upload_failed(inflow, error.message, reply_for(error))
        except Exception:  # noqa: BLE001  # logged, and answered
            self.session_log.exception("commit failed")
            return self.upload_failed(inflow, "an internal error", INTERNAL_ERROR)
        self.session_log.event("upload committed", path=inflow.name, bytes=inflow.size, how=how)
        self.recall.note(self.vfs.principal.login, inflow.path, inflow.size)
        if how == "ftp-eof":
            self._doubt.begin(committed, inflow.name)
            self.call_later(self.config.confirm_seconds, self._stop_doubting, committed)
        return "226 Transfer complete."

    def upload_failed(self, inflow: Inflow, why: str, reply: str) -> str:
        """Abort an upload; return the reply."""
        inflow.abort(why)
        self.session_log.event("upload aborted", path=inflow.name, bytes=inflow.size, reason=why)
        return reply or f"426 Transfer aborted: {why}. Nothing was kept; send the file again."

    def _stop_doubting(self, doubted: CommittedFile) -> None:
        if doubted is not self._doubt.about or is_gone(self.socket):
            return
        self._doubt.confirm()
        if self._is_draining:
            self.call_later(0, self._leave_if_idle)

    def drop_queued(self, why: str) -> None:
        """Abort an upload and forget a download that still wait for their data connection."""
        if self._in_dtp_queue is not None:
            self.upload_failed(self._in_dtp_queue[0], why, "")
            self._in_dtp_queue = None
        if self._out_dtp_queue is not None:
            outflow = self._out_dtp_queue[2]
            if outflow is not None:
                outflow.close()
            self._out_dtp_queue = None

    # ---------------------------------------------------------------------------------- end

    def drain(self, deadline: float) -> None:
        """End soon: at once when idle, else after the running transfer, at `deadline` (monotonic) at last."""
        self._is_draining = True
        self.call_later(max(0.0, deadline - time.monotonic()), self._leave)
        self._leave_if_idle()

    def is_busy(self) -> bool:
        """Tell whether a transfer runs, is about to, or waits for its confirmation."""
        running = self.data_channel is not None and self.data_channel.is_running
        queued = self._in_dtp_queue is not None or self._out_dtp_queue is not None
        return running or queued or self._doubt.about is not None

    def _leave_if_idle(self) -> None:
        if not self.is_busy():
            self._leave()

    def _leave(self) -> None:
        self._is_our_end = True
        if self._ssl_accepting:
            self.close()
            return
        if self.data_channel is not None:
            self.data_channel.fail("the server is stopping")
        self.respond(STOPPING)
        self.close_when_done()

    def _on_dtp_connection(self) -> None:
        connector, self._dtp_connector = self._dtp_connector, None  # its socket is the data channel's now
        if connector is not None and self.data_channel is not None and not self.data_channel.connected:
            self.data_channel = None  # reset before we looked
            if self.is_busy():
                self.drop_queued("the data connection was lost")
                self.respond("426 The data connection was lost; nothing was kept.")
            return
        super()._on_dtp_connection()

    def _on_dtp_close(self) -> None:
        super()._on_dtp_close()
        if self._is_draining and not self.is_over:
            self.call_later(0, self._leave_if_idle)

    def handle_timeout(self) -> None:
        """Send an idle client away."""
        self._is_our_end = True
        super().handle_timeout()

    def handle_error(self) -> None:
        """End the session on an exception; a broken connection is nothing to report."""
        if not isinstance(sys.exc_info()[1], (OSError, SSL.Error)):
            self.session_log.exception("session failed")
        self._error = True
        self.close()

    def close(self) -> None:
        """End the session: abort what is incomplete, decide about what is in doubt."""
        if not self._is_leaving:
            self._is_leaving = True
            if self._is_our_end and not is_gone(self.socket):
                self._doubt.confirm()
            self._doubt.quarantine()
            self.drop_queued("the control connection was lost")
            if self.data_channel is not None:
                self.data_channel.fail("the control connection was lost")
            self.session_log.event("session closed")
        super().close()

    # -------------------------------------------------------- pyftpdlib's own logs, not used

    def log(self, msg: str, logfun: object = None) -> None:
        """Ignore: what matters is logged as events."""

    def logline(self, msg: str, logfun: object = None) -> None:
        """Ignore: command lines may hold secrets."""

    def log_cmd(self, cmd: str, arg: str, respcode: int, respstr: str) -> None:
        """Ignore."""

    def log_transfer(self, **facts: object) -> None:
        """Ignore."""

    def log_exception(self, instance: object) -> None:
        """Log with the session's id."""
        self.session_log.exception("unhandled exception")
