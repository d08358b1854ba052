"""The documents keep their word: samples import as written, every setting, code, alias and limit is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import typer

from postroom.app.settings import PREFIX, Settings, is_secret
from postroom.cli.main import app
from postroom.contacts import errors
from postroom.contacts.addresses import MAX_EMAIL_CHARACTERS, MAX_PHONE_CHARACTERS
from postroom.contacts.addresses import email as read_email
from postroom.contacts.addresses import phone as read_phone
from postroom.contacts.criteria import Criterion
from postroom.contacts.dates import birth_date
from postroom.contacts.field_words import ALIASES, DOCUMENTED_WORDS
from postroom.contacts.fields import CUSTOM_FIELDS, DOCUMENTED_FIELDS, MAX_VALUE_CHARACTERS
from postroom.contacts.reasons import LANGUAGES, Reason, reason_text
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import headers, tree
from postroom.drops.room import Limits, Room
from postroom.gateway.vpath import MAX_NAME_BYTES
from postroom.ingest.archives import DEFAULT_LIMITS
from postroom.ingest.inspect import MAX_LINE_BYTES
from postroom.store import lists
from postroom.store.drops import STATES, Drop
from tests.architecture.source_tree import REPOSITORY, SOURCE
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.drops.sender import Sender

PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
NUMBERS = ("lines", "created", "updated", "unchanged", "duplicates", "refused", "warnings", "on the list")

FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
TYPED = re.compile(r"^(?:.*[ /'])?postroom (?P<words>[a-z][a-z -]*)", re.MULTILINE)
MADE = re.compile(r"^ *make (?P<target>[a-z]+)", re.MULTILINE)


def page(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return a section of the senders' guide."""
    return page("docs/senders.md").split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def cells(line: str) -> list[str]:
    """Return the cells of one line of a table; a bar after a backslash is no border."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of every table, headings too."""
    for line in text.splitlines():
        if line.startswith("|") and set(line) - set("|-: "):
            yield cells(line)


def row_of(text: str, first: str) -> list[str]:
    """Return the one row whose first cell names `first` in code type."""
    (found,) = (row for row in rows(text) if row[0].startswith(f"`{first}`"))
    return found


# ---------------------------------------------------------------------------------- the samples of the page


@dataclass(frozen=True)
class Sample:
    """A file of the senders' guide: its name, what else its fence says, its text, the numbers below it."""

    name: str
    hints: list[str]
    text: str
    numbers: dict[str, int]


def samples() -> list[Sample]:
    text = page("docs/senders.md")
    found = []
    for fence in FENCE.finditer(text):
        words = str(fence["info"]).split()[1:]
        if words:
            found.append(Sample(words[0], words[1:], fence["body"], _numbers_after(text[fence.end() :])))
    return found


def _numbers_after(text: str) -> dict[str, int]:
    paragraph = text.lstrip("\n").split("\n\n", 1)[0]
    table = list(rows(paragraph))
    return dict(zip(table[0], map(int, table[1]), strict=True)) if paragraph.startswith("|") else {}


def drop_as_written(sender: Sender, sample: Sample) -> Drop:
    """Leave a sample with the marker that its fence names, and no other."""
    for marker in sender.names(tree.MARKER_DIRECTORY):
        sender.unmark(marker)
    for marker in set(sample.hints) & set(tree.MARKERS):
        sender.mark(marker)
    return sender.drop(sample.name, sample.text)


def numbers_of(room: Room, drop: Drop) -> dict[str, int]:
    assert drop.outcome is not None
    with room.database.transaction() as connection:
        target = lists.list_named(connection, drop.account_id, str(drop.outcome["list"]["id"]))
    return {**drop.outcome["counts"], "on the list": target.members}


def test_the_samples_of_the_senders_guide_do_what_the_page_says(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    files = [sample for sample in samples() if sample.name == "clients.csv"]

    for sample in files:
        drop = drop_as_written(sender, sample)

        assert drop.state == ("refused" if "ko" in sample.hints else "applied")
        if sample.numbers:
            found = numbers_of(room, drop)
            assert {name: found[name] for name in NUMBERS} == sample.numbers

    assert len(files) == 4


def test_the_report_about_a_whole_file_is_what_a_file_left_twice_gets(room: Room, alice: Person) -> None:
    clock = Clock()
    sender = Sender(replace(room, clock=clock), alice)
    first = next(sample for sample in samples() if sample.name == "clients.csv")
    (report,) = (sample.text for sample in samples() if sample.name == "report.txt")

    sender.drop(first.name, first.text)
    clock.pass_by(24 * 60 * 60)
    sender.leave(first.name, first.text)
    clock.pass_by(1)
    again = sender.process()

    assert again is not None
    assert sender.read("contacts/import/ok", f"{again.prefix}_clients.csv.report.txt") == report


def test_the_reports_of_the_senders_guide_are_what_comes_back(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    written = {sample.name: sample.text for sample in samples()}
    first, *_, last = (sample for sample in samples() if sample.name == "clients.csv")

    taken = drop_as_written(sender, first)
    refused = drop_as_written(sender, last)

    for state, drop, report in (
        ("ok", taken, "errors.csv"),
        ("ok", taken, "warnings.csv"),
        ("ko", refused, "error.txt"),
    ):
        name = f"{tree.on_name(drop.prefix or 0, drop.name)}.{report}"
        assert sender.read(f"contacts/import/{state}", name) == written[report]


def test_the_first_drop_of_the_readme_does_what_the_readme_says(room: Room, alice: Person) -> None:
    content = re.search(r"<<'END'\n(.*?)^ *END$", page("README.md"), re.MULTILINE | re.DOTALL)
    assert content is not None
    sender = Sender(room, alice)

    drop = sender.drop("newsletter.csv", re.sub(r"^ +", "", content[1], flags=re.MULTILINE).encode())

    assert drop.outcome is not None
    assert drop.outcome["list"]["name"] == "newsletter"
    assert (drop.outcome["counts"]["created"], drop.outcome["counts"]["refused"]) == (2, 1)
    assert [n for n in sender.names("contacts/import/ok") if n.endswith("newsletter.csv.errors.csv")]


# ------------------------------------------------------------------ what cells may hold, as the page has it


def examples(heading: list[str]) -> list[tuple[str, list[str]]]:
    """Return each value in the first column of the table with this heading, and the row's other cells."""
    table = page("docs/senders.md").split(f"| {' | '.join(heading)} |", 1)[1].split("\n\n", 1)[0]
    return [
        (value, [cell.strip("`") for cell in others])
        for first, *others in rows(table)
        for value in re.findall(r"`([^`]+)`", first)
    ]


@pytest.mark.parametrize(("sent", "expected"), examples(["sent", "as fixed phone", "as mobile"]))
def test_a_phone_of_the_page_is_stored_as_it_says(sent: str, expected: list[str]) -> None:
    assert [read_phone(sent, "FR", kind) or "invalid" for kind in ("phone", "mobile")] == expected


def test_e_mails_and_dates_of_the_page_are_stored_as_it_says() -> None:
    email, date = (
        text.split("\n\n**", 1)[0] for text in page("docs/senders.md").split("| sent | stored |\n")[1:]
    )

    for row in rows(email):
        for sent in re.findall(r"`([^`]+)`", row[0]):
            assert (read_email(sent) or "invalid") == row[1].strip("`")
    for row in rows(date):
        for sent in re.findall(r"`([^`]+)`", row[0]):
            assert str(birth_date(sent) or "unreadable") == row[1].strip("`")


# --------------------------------------------------------------------------------------- nothing is missing


def test_every_setting_of_the_environment_is_in_the_operators_guide_with_its_default() -> None:
    guide = page("docs/operators.md")

    for name, field in Settings.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert row_of(guide, PREFIX + name.upper())[1].strip("`") == default.replace("None", "none"), name


def test_no_document_names_a_setting_that_does_not_exist() -> None:
    fields = Settings.model_fields
    secret = {f"{PREFIX}{name.upper()}_FILE" for name, field in fields.items() if is_secret(field)}
    known = {PREFIX + name.upper() for name in fields} | secret
    named = {name for path in PAGES for name in re.findall(r"POSTROOM_[A-Z_]+[A-Z]", path.read_text("utf-8"))}

    assert {name for name in named if not name.startswith(("POSTROOM_TEST_", "POSTROOM_BENCH_"))} <= known


def test_every_setting_of_an_account_is_in_the_senders_guide() -> None:
    guide = page("docs/senders.md")

    for setting in AccountSettings().as_json():
        row_of(section("Settings of an account"), setting.replace("labels", "field01"))
    for criterion in Criterion:
        assert f"| `{criterion.value}` |" in guide


def test_every_reason_is_in_the_senders_guide_in_both_languages() -> None:
    guide = section("Every reason")

    for reason in Reason:
        _, *texts, advice = row_of(guide, reason.value)
        assert texts == [reason_text(reason, language, "…") for language in LANGUAGES]
        assert advice


def test_every_header_is_in_the_senders_guide_in_its_column() -> None:
    guide = section("Headers")

    for field in set(DOCUMENTED_FIELDS) - set(CUSTOM_FIELDS):
        row = row_of(guide, field)
        for column, known in ((1, DOCUMENTED_WORDS), (2, ALIASES)):
            assert row[column].split(", ") == list(known.get(field, ("",)))


def test_every_limit_is_in_the_senders_guide() -> None:
    guide = section("Limits")
    limits = (
        Limits().upload_bytes,
        DEFAULT_LIMITS.inflated_bytes,
        DEFAULT_LIMITS.ratio,
        DEFAULT_LIMITS.ratio_free_bytes,
        MAX_LINE_BYTES,
        headers.MAX_HEADERS,
        MAX_VALUE_CHARACTERS,
        MAX_EMAIL_CHARACTERS,
        MAX_PHONE_CHARACTERS,
        MAX_NAME_BYTES,
    )

    assert [limit for limit in limits if not re.search(rf"\b{limit:,}\b", guide)] == []


def test_every_folder_marker_and_state_is_explained() -> None:
    senders, commands = page("docs/senders.md"), page("docs/commands.md")

    for directory in tree.directories():
        assert f"{directory.rpartition('/')[2]}/" in senders
    for marker in tree.MARKERS:
        assert f"`{marker}`" in senders
    for state in STATES:
        assert f"| `{state}` |" in commands


def test_the_architecture_page_has_every_package_and_every_kind_of_error() -> None:
    text = page("ARCHITECTURE.md")

    for package in SOURCE.glob("*/__init__.py"):
        assert re.search(rf"^  {package.parent.name}/ +\w", text, re.MULTILINE)
    for kind in errors.PostroomError.__subclasses__():
        if kind.__module__ == errors.__name__:
            assert row_of(text, kind.__name__)[-1] == str(kind.exit_code)


# ------------------------------------------------------------------------------------ nothing leads nowhere


def anchors(text: str) -> set[str]:
    """Return what the headings of a page are called in links."""
    titles = (match["title"].lower() for match in HEADING.finditer(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in titles}


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = []
    for path in PAGES:
        for match in LINK.finditer(FENCE.sub("", path.read_text(encoding="utf-8"))):
            target, _, anchor = match["target"].partition("#")
            if "://" in target:
                continue
            file = (path.parent / target) if target else path
            if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
                dead.append(f"{path.name}: {match['target']}")

    assert dead == []


def test_every_file_that_a_document_names_exists() -> None:
    named = {
        name
        for path in PAGES
        for name in re.findall(
            r"`((?:src|tests|docs|bench|demo|requirements)/[\w/.]+\.\w+)`", path.read_text("utf-8")
        )
    }

    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []


def test_every_command_that_a_document_has_typed_exists() -> None:
    known = set(command_lines(typer.main.get_command(app), ""))
    unknown = [
        f"{path.name}: postroom {words}"
        for path in PAGES
        for words in typed(path.read_text(encoding="utf-8"))
        if not any(f"{words} ".startswith(f"{line} ") for line in known)
    ]

    assert unknown == []


def test_every_target_that_a_document_has_made_exists() -> None:
    makefile = page("Makefile")
    made = {match["target"] for path in PAGES for match in MADE.finditer(blocks(path.read_text("utf-8")))}

    assert {"demo", "test"} <= made
    assert [name for name in sorted(made) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def blocks(text: str) -> str:
    """Return the lines of a page that are to be typed: indented, or in a fence."""
    fenced = "".join(match["body"] for match in FENCE.finditer(text))
    return fenced + "\n".join(re.findall(r"^ {4}\S.*$", text, re.MULTILINE))


def typed(text: str) -> Iterator[str]:
    """Yield the words after `postroom` in lines that are to be typed and in code within sentences."""
    inline = "\n".join(code for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))
    for match in TYPED.finditer(f"{blocks(text)}\n{inline}"):
        yield match["words"].strip()


def command_lines(command: Any, line: str) -> Iterator[str]:
    """Yield what is typed after `postroom` for each command."""
    children = getattr(command, "commands", None)
    if children is None:
        yield line.strip()
        return
    for name, child in children.items():
        yield from command_lines(child, f"{line} {name}")
