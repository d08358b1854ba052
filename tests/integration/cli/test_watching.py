"""`postroom drop show --watch` follows a drop to its end."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from rich.console import Console

from postroom.cli.watching import Far, bar, how_far, telling, watch
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, Room
from tests.integration.cli.terminal import Terminal
from tests.integration.cli.test_drop_commands import park
from tests.integration.drops.sender import Sender
from tests.integration.drops.test_progress import PEOPLE, ROWS, killed_halfway
from tests.integration.jobs.working import PATIENCE, working

GOOD, BAD = "Email\na@example.com\n", "Email\nnobody\n"
FAR: Far = {
    "lines": 120000,
    "applied": 119997,
    "refused": 3,
    "expected": 1000000,
    "percent": 12.0,
    "lines_per_second": 41000,
    "seconds_left": 21,
}


@contextmanager
def typed(terminal: Terminal, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start `postroom` as a program on the terminal's database; wait for its end."""
    environment = {
        **os.environ,
        "POSTROOM_DATA": str(terminal.data),
        "POSTROOM_DATABASE_URL": str(terminal.database_url),
    }
    command = [sys.executable, "-m", "postroom.cli", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as program:
        yield program


def process(room: Room, account_id: int) -> None:
    process_account(room, account_id)


def test_a_waiting_drop_is_followed_to_its_end(sender: Sender, capsys: pytest.CaptureFixture[str]) -> None:
    landed = sender.leave("people.csv", GOOD)
    assert landed.drop_id is not None
    drop_id = landed.drop_id
    pauses = iter([False, True])

    def pause() -> None:
        if next(pauses):
            sender.process()

    with telling(as_json=False) as tell:
        watch(lambda: (sender.drop_now(drop_id), None), tell, pause)

    assert capsys.readouterr().out == "ready: waits for its turn\n", "a line for each change"
    assert sender.drop_now(drop_id).state == "applied"


def test_a_line_for_each_change_says_how_far_it_is(
    sender: Sender, capsys: pytest.CaptureFixture[str]
) -> None:
    claimed = replace(sender.drop("people.csv", GOOD), state="claimed")
    looks = iter([(claimed, None), (claimed, FAR), (claimed, FAR), (claimed, {**FAR, "lines": 130000})])

    with telling(as_json=False) as tell:
        watch(lambda: next(looks, (replace(claimed, state="applied"), None)), tell, lambda: None)

    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "claimed: is being processed"
    assert second == (
        "claimed: 120000 of about 1000000 lines (12 %), 119997 applied, 3 refused, 41000 lines/s, 21 s left"
    )
    assert "130000" in third


def test_in_a_terminal_there_is_a_bar(sender: Sender) -> None:
    name = "[red]\x1b[2Jpeople.csv"
    claimed = replace(sender.drop("people.csv", GOOD), state="claimed", name=name)
    screen = io.StringIO()

    with bar(Console(file=screen, force_terminal=True, width=200, color_system=None)) as tell:
        tell(replace(claimed, state="ready"), None)
        tell(claimed, FAR)

    drawn = screen.getvalue()
    assert "[red]\\x1b[2Jpeople.csv" in drawn, "a name is neither obeyed nor taken for markup"
    assert "━" in drawn
    assert how_far(FAR) in drawn


def test_the_program_follows_what_a_worker_does_elsewhere(sender: Sender, terminal: Terminal) -> None:
    """A real worker holds the file in `on` until the program, a process of its own, has told of it."""
    seen = threading.Event()

    def hold(step: str) -> None:
        if step == "merged a frame":
            assert seen.wait(PATIENCE)

    limits = replace(sender.room.limits, progress_seconds=0.01, block_bytes=8000)
    room = replace(sender.room, limits=limits, between_steps=hold)
    landed = sender.leave("people.csv", PEOPLE)
    public_id = f"{sender.account_id}-{landed.drop_id}"

    with (
        working(room.database.url, {PROCESS_TASK: lambda account_id: process(room, account_id)}),
        typed(terminal, "drop", "show", public_id, "--watch", "--json") as program,
    ):
        assert program.stdout is not None
        told = []
        for line in program.stdout:
            told.append(json.loads(line))
            if (told[-1]["progress"] or {}).get("lines"):
                seen.set()

    assert program.returncode == 0
    assert seen.is_set()
    assert (told[-1]["state"], told[-1]["counts"]["lines"]) == ("applied", ROWS)


def test_a_drop_that_vanished_is_missing(terminal: Terminal, sender: Sender) -> None:
    assert terminal.error("drop", "show", f"{sender.account_id}-99", "--watch") == (3, "NO_DROP")


@pytest.mark.parametrize(("content", "state", "exit_code"), [(GOOD, "applied", 0), (BAD, "refused", 2)])
def test_the_exit_code_tells_how_it_ended(
    terminal: Terminal, sender: Sender, content: str, state: str, exit_code: int
) -> None:
    drop = sender.drop("people.csv", content)

    answer = terminal.type("drop", "show", drop.public_id, "--watch")

    assert answer.exit_code == exit_code
    assert ["state", state] in [line.split() for line in answer.output.splitlines()]


def test_a_parked_drop_is_not_waited_for(terminal: Terminal, sender: Sender) -> None:
    public_id = f"{sender.account_id}-{park(sender)}"

    assert terminal.type("drop", "show", public_id, "--watch").exit_code == 5


def test_without_watching_the_exit_code_tells_only_that_it_is_there(
    terminal: Terminal, sender: Sender
) -> None:
    drop = sender.drop("people.csv", BAD)

    assert terminal.type("drop", "show", drop.public_id).exit_code == 0


def test_programs_get_a_document_a_line_and_the_whole_drop_as_the_last(
    terminal: Terminal, sender: Sender, capsys: pytest.CaptureFixture[str]
) -> None:
    drop = sender.drop("people.csv", GOOD)
    claimed = replace(drop, state="claimed")
    looks = iter([(claimed, FAR), (drop, None)])

    with telling(as_json=True) as tell:
        watch(lambda: next(looks), tell, lambda: None)
    (line,) = capsys.readouterr().out.splitlines()
    (last,) = terminal.run("drop", "show", drop.public_id, "--watch", "--json").splitlines()

    assert json.loads(line) == {"id": drop.public_id, "state": "claimed", "progress": FAR}
    assert json.loads(last) == terminal.json("drop", "show", drop.public_id)


def test_a_drop_under_way_shows_how_far_it_is(terminal: Terminal, sender: Sender) -> None:
    public_id = f"{sender.account_id}-{killed_halfway(sender)}"

    shown = terminal.json("drop", "show", public_id)

    assert shown["progress"]["lines"] == 500
    assert shown["progress"]["applied"] == 480
    assert "500 of about 1000 lines (50 %)" in terminal.run("drop", "show", public_id)


def test_a_drop_at_rest_has_no_progress(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("people.csv", GOOD)

    assert terminal.json("drop", "show", drop.public_id)["progress"] is None
    assert "progress" not in terminal.run("drop", "show", drop.public_id)
