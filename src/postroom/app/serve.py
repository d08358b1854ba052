"""`postroom serve`: one installation on one machine, every part in a process of its own."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from postroom.app.bootstrap import ensure_schema
from postroom.app.child import Part
from postroom.app.locks import FileLock
from postroom.app.postgres import EmbeddedPostgres
from postroom.app.settings import Settings
from postroom.app.supervise import Patience, Supervisor
from postroom.contacts.errors import Conflict, PostroomError, Refused
from postroom.store.database import Database

_log = logging.getLogger("postroom.app.serve")

GROUPS = ("gateway", "web", "worker", "sender", "returns")
"""What `--only` chooses from."""


def serve(
    settings: Settings, *, only: Sequence[str] = GROUPS, announce: Callable[[str], None] = print
) -> None:
    """Run until SIGTERM or SIGINT, then drain; `announce` gets the one line that says all is ready.

    Raises Conflict when the data directory is served already, Unavailable when a part cannot start, Refused
    when `only` names something else than GROUPS.
    """
    parts = parts_of(settings, only)
    run = settings.data / "run"
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    run.mkdir(exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        stack.enter_context(_alone(run))
        check = _prepare_database(settings, stack)
        patience = Patience(drain_seconds=settings.drain_seconds + 5)
        supervisor = Supervisor(
            parts, endpoints_file=run / "endpoints.json", announce=announce, check=check, patience=patience
        )
        stack.enter_context(_signals_stop(supervisor))
        supervisor.run()


def parts_of(settings: Settings, only: Sequence[str]) -> list[Part]:
    """Return the parts that the groups in `only` stand for."""
    unknown = set(only) - set(GROUPS)
    if unknown or not only:
        raise Refused(f"--only takes {', '.join(GROUPS)}; not '{', '.join(sorted(unknown))}'.")
    names: list[tuple[str, str]] = []
    if "gateway" in only:
        names += [("ftp", "ftp"), ("sftp", "sftp")]
    if "web" in only:
        names += [("web", "web")]
    if "worker" in only:
        names += [(f"worker-{number}", "worker") for number in range(1, settings.workers + 1)]
    if "sender" in only:
        names += [(f"sender-{number}", "sender") for number in range(1, settings.senders + 1)]
    if "returns" in only and settings.bounce_port is not None:
        names.append(("returns", "returns"))
    if not names:
        raise Refused("Nothing would run: --only returns needs POSTROOM_BOUNCE_PORT.", code="BAD_SETTING")
    plain = settings.model_dump(mode="json")
    return [Part(name, f"postroom.app.parts.{module}", plain) for name, module in names]


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    lock = FileLock(run / "serve.lock")
    if not lock.attempt():
        raise Conflict(
            f"Postroom already serves {run.parent}{_by_whom(run)}. Stop it first, or choose another --data.",
            code="ALREADY_SERVED",
        )
    try:
        yield
    finally:
        lock.release()


def _by_whom(run: Path) -> str:
    try:
        return f" (process {json.loads((run / 'endpoints.json').read_text(encoding='utf-8'))['pid']})"
    except (OSError, ValueError, KeyError):
        return ""


def _prepare_database(settings: Settings, stack: ExitStack) -> Callable[[], None]:
    """Start the embedded server, see to the schema; return what to call every second."""
    url = settings.database_url
    check: Callable[[], None] = _nothing
    if url is None:
        postgres = EmbeddedPostgres(settings.data)
        url = stack.enter_context(postgres)
        check = _revival(postgres)
    with Database(url) as database:
        ensure_schema(database, embedded=settings.database_url is None)
    return check


def _nothing() -> None:
    """Leave an external server to those who run it."""


def _revival(postgres: EmbeddedPostgres) -> Callable[[], None]:
    def check() -> None:
        if postgres.alive():
            return
        _log.error("the embedded database has died; starting it again")
        try:
            postgres.ensure_running()
        except PostroomError:
            _log.exception("the embedded database does not come back; trying again")

    return check


@contextmanager
def _signals_stop(supervisor: Supervisor) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
