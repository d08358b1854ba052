from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import postroom
from tests.architecture.source_tree import BENCH, REPOSITORY, SOURCE, TESTS, name_of, python_files

# Addresses that may stand in a file: this machine, names reserved for examples, pages we send readers to, and
# what names XML in workbooks, where nobody goes.
# Where packages come from is for each machine to say, so no registry is among them.
HOSTS = re.compile(
    r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|.*\{.*"
    r"|(?:.+\.)?(?:example|test|invalid|localhost)|(?:.+\.)?example\.(?:com|org|net|fr)"
    r"|www\.apache\.org|www\.rfc-editor\.org|www\.postgresql\.org|keepachangelog\.com|semver\.org|www\.standardwebhooks\.com"
    r"|schemas\.openxmlformats\.org"
)
URL = re.compile(r"\b(?:https?|git\+https|ssh)://([^\s/:'\"<>)`]+)")
INDEX_OPTION = re.compile(r"--(?:index-url|extra-index-url|default-index|find-links|trusted-host)\b")
MACHINE_PATH = re.compile(r"(?<![\w./])/(?:root|Users|work|workspaces?|builds)/")
EXCEPTION = re.compile(
    r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]*\])?|pragma:\s*no cover)"
    r"(?P<reason>.*)$"
)
SHORTEST_REASON = 10


def test_no_file_names_a_foreign_host() -> None:
    foreign = [
        f"{name_of(path)}: {host}"
        for path, text in texts()
        for host in URL.findall(text)
        if not HOSTS.fullmatch(host)
    ]

    assert foreign == []


def test_the_locks_say_nothing_of_where_packages_come_from() -> None:
    for lock in (REPOSITORY / "requirements").iterdir():
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert INDEX_OPTION.search(text) is None


def test_no_file_holds_a_path_of_the_machine_it_was_written_on() -> None:
    assert [name_of(path) for path, text in texts() if MACHINE_PATH.search(text)] == []


def test_the_changelog_opens_with_the_version_of_the_code() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[?v?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)

    assert newest is not None
    assert newest.group(1) == postroom.__version__


def test_the_licence_is_here() -> None:
    licence = (REPOSITORY / "LICENSE").read_text(encoding="utf-8")

    assert "Apache License" in licence
    assert "Version 2.0" in licence


def test_every_exception_to_a_rule_says_why() -> None:
    silent = [
        f"{name_of(path)}:{number}"
        for path in python_files(SOURCE, TESTS, BENCH)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (exception := EXCEPTION.search(line)) and len(exception["reason"].strip(" #:–-")) < SHORTEST_REASON
    ]

    assert silent == []


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text file of the repository, committed or about to be."""
    listing = subprocess.run(
        # The clone may belong to another user than the one who tests it; git would then refuse to answer.
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listing.stdout.split("\0")):
        path = REPOSITORY / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield path, content.decode("utf-8", errors="replace")
