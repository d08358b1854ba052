from __future__ import annotations

import pytest

from postroom.contacts.batches import Action, Mode
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.dialects.folders.tree import Right


def test_every_action_has_its_four_folders_below_its_parents() -> None:
    found = tree.directories()

    assert found[0] == ""
    assert len(found) == 3 + 10 * 5
    assert found.index("contacts") < found.index("contacts/delete") < found.index("contacts/delete/ko")


@pytest.mark.parametrize(
    ("directory", "right"),
    [
        ("", Right.LIST),
        ("contacts", Right.LIST),
        ("contacts/import", Right.LIST),
        ("contacts/import/in", Right.WRITE),
        ("contacts/optinVOICEMAIL/in", Right.WRITE),
        ("contacts/import/on", Right.READ),
        ("contacts/delete/ok", Right.READ),
        ("contacts/optoutSMS/ko", Right.READ),
        ("reporting", Right.READ),
        ("reporting/2015-04-27", Right.READ),
        ("contacts/Import/in", None),
        ("contacts/import/in/deeper", None),
        ("reporting2", None),
    ],
)
def test_only_in_may_be_written(directory: str, right: Right | None) -> None:
    assert tree.rights(directory) is right


@pytest.mark.parametrize(
    ("directory", "action"),
    [
        ("contacts/import/in", Action.IMPORT),
        ("contacts/optoutVOICEMAIL/ok", Action.OPTOUT_VOICEMAIL),
        ("contacts/delete", Action.DELETE),
        ("contacts", None),
        ("", None),
        ("reporting", None),
        ("contacts/import/elsewhere", None),
    ],
)
def test_a_folder_tells_the_action(directory: str, action: Action | None) -> None:
    assert tree.action_of(directory) is action


def test_markers_are_three_names_in_one_directory() -> None:
    assert tree.is_marker("contacts/import", ".syncExistingList")
    assert not tree.is_marker("contacts/import", ".syncexistinglist")
    assert not tree.is_marker("contacts/import/in", ".syncExistingList")
    assert not tree.is_marker("contacts/delete", ".createNewList")


def test_without_a_marker_lists_are_created() -> None:
    assert tree.mode_of([]) is Mode.CREATE
    assert tree.marker_notes([], "en") == []


def test_one_marker_is_obeyed_without_a_word() -> None:
    assert tree.mode_of([".syncExistingList"]) is Mode.SYNC
    assert tree.marker_notes([".syncExistingList"], "en") == []


def test_of_several_markers_the_least_destructive_wins_and_the_report_says_so() -> None:
    markers = [".syncExistingList", ".addToExistingList"]

    assert tree.mode_of(markers) is Mode.ADD
    assert tree.mode_of(tree.MARKERS) is Mode.CREATE
    told = ".addToExistingList, .syncExistingList"
    assert tree.marker_notes(markers, "fr") == [f"plusieurs marqueurs, le moins destructif compte : {told}"]
    assert tree.marker_notes(markers, "en") == [f"several markers, the least destructive counts: {told}"]


@pytest.mark.parametrize(
    "name", ["a.csv.tmp", "a.PART", "a.filepart", "a.partial", "a.crdownload", "a.csv~", ".a.csv", "."]
)
def test_temporary_names_wait_for_their_rename(name: str) -> None:
    assert tree.postponed(name)


@pytest.mark.parametrize("name", ["a.csv", "temp.csv", "a.tmp.csv", "part", "a~b.csv", "a.b"])
def test_final_names_do_not_wait(name: str) -> None:
    assert not tree.postponed(name)


@pytest.mark.parametrize(
    ("filename", "names"),
    [
        ("clients.csv", ("clients.csv", "clients")),
        ("clients.CSV", ("clients.CSV", "clients")),
        ("clients.csv.zip", ("clients.csv.zip", "clients")),
        ("clients.txt.gz", ("clients.txt.gz", "clients")),
        ("clients.zip", ("clients.zip", "clients")),
        ("clients.2024.csv", ("clients.2024.csv", "clients.2024")),
        ("clients", ("clients",)),
        ("clients.csv.pgp", ("clients.csv.pgp", "clients")),
        ("clients.csv.zip.GPG", ("clients.csv.zip.GPG", "clients")),
        ("clients.asc", ("clients.asc", "clients")),
        ("clients.csv.csv", ("clients.csv.csv", "clients.csv")),
        ("csv.zip", ("csv.zip", "csv")),
        (".csv.zip", (".csv.zip",)),
    ],
)
def test_a_list_is_named_after_its_file_without_extensions(filename: str, names: tuple[str, ...]) -> None:
    assert tree.list_names(filename, AccountSettings()) == names


def test_an_account_may_keep_the_extension_in_list_names() -> None:
    assert tree.list_names("clients.csv.zip", AccountSettings(list_name="filename")) == ("clients.csv.zip",)


def test_names_given_by_us_follow_the_documents() -> None:
    name = tree.on_name(1447797847, "mylist.csv")

    assert name == "1447797847_mylist.csv"
    assert tree.errors_name(name) == "1447797847_mylist.csv.errors.csv"
    assert tree.warnings_name(name) == "1447797847_mylist.csv.warnings.csv"
    assert tree.refusal_name(name) == "1447797847_mylist.csv.error.txt"
