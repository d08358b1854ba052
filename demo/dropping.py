"""Dropping files over both protocols at once, with a bar for each until it has come to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from demo.deposits import Deposit
from demo.office import Office, OfficeError
from demo.outcomes import IMPORT, Outcome, look_up, outcome_of, place_of, settled_names
from demo.senders import FtpsSender, Sender, SftpSender

_PATIENCE_SECONDS = 300.0
_LOOK_EVERY = 0.1
_STAGES = {None: "moving", "in": "waits in in/", "on": "being imported, in on/", "ok": "ok", "ko": "ko"}


def drop_all(
    console: Console, office: Office, login: tuple[str, str], waves: Sequence[Sequence[Deposit]]
) -> list[Outcome]:
    """Drop wave after wave as `login` (name, password), and return what came of each file.

    Raises OfficeError when a file has not come to its end after five minutes.
    """
    outcomes: list[Outcome] = []
    bars = Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
        console=console,
    )
    with _senders(office, *login) as senders, bars:
        for wave in waves:
            done = _drop_wave(bars, senders, wave)
            look_up(done, office.command, login[0])
            outcomes += done
    return outcomes


@contextmanager
def _senders(office: Office, login: str, password: str) -> Iterator[dict[str, Sender]]:
    keys, certificate = office.directory / "keys", office.directory / "certificate.pem"
    with (
        SftpSender(office.address("sftp"), login, password, keys) as sftp,
        FtpsSender(office.address("ftp"), login, password, certificate) as ftps,
    ):
        yield {"SFTP": sftp, "FTPS": ftps}


def _drop_wave(bars: Progress, senders: Mapping[str, Sender], wave: Sequence[Deposit]) -> list[Outcome]:
    before = settled_names(senders["SFTP"])
    tasks = [_send(bars, senders[deposit.protocol], deposit) for deposit in wave]
    outcomes = []
    for task, deposit in zip(tasks, wave, strict=True):
        sender = senders[deposit.protocol]
        state = _wait_for_end(bars, task, sender, deposit.name, before)
        outcomes.append(outcome_of(deposit, sender, state, before))
        if deposit.marker:
            sender.remove(f"{IMPORT}/{deposit.marker}")
    return outcomes


def _send(bars: Progress, sender: Sender, deposit: Deposit) -> TaskID:
    size = len(deposit.content)
    label = f"{deposit.label} {size / 1e6:,.1f} MB"
    task = bars.add_task(label, total=size, stage="being sent")
    if deposit.marker:
        sender.put(b"", f"{IMPORT}/{deposit.marker}", lambda _sent: None)
    sender.put(deposit.content, f"{IMPORT}/in/{deposit.name}", lambda sent: bars.update(task, completed=sent))
    # Without a total the bar only says that something is going on.
    bars.update(task, total=None, stage="sent")
    return task


def _wait_for_end(bars: Progress, task: TaskID, sender: Sender, name: str, before: frozenset[str]) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = place_of(sender, name, before)
        bars.update(task, stage=_STAGES[state])
        if state in {"ok", "ko"}:
            bars.update(task, total=1, completed=1)
            return state
        time.sleep(_LOOK_EVERY)
    raise OfficeError(f"{name} has not come to its end in {_PATIENCE_SECONDS:g} s; is a worker running?")
