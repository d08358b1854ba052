"""Which files are of command batches, and which of them belong together."""

from __future__ import annotations

import pytest

from postroom.dialects.batches import tree


@pytest.mark.parametrize("name", ["a.dat", "a.DAT", "a.Xml", "été.csv", "a.b.dat", "a b.dat", "...dat"])
def test_a_data_file_is_known_by_its_extension_in_whatever_case(name: str) -> None:
    assert tree.is_data(name)
    assert not tree.is_signal(name)


@pytest.mark.parametrize("name", ["a.sig", "a.SIG", "a.dat.sig"])
def test_so_is_a_signal(name: str) -> None:
    assert tree.is_signal(name)
    assert not tree.is_data(name)


@pytest.mark.parametrize("name", ["dat", ".dat", ".sig", "a.txt", "a.dat.tmp", "a.dat ", "", "a."])
def test_other_names_are_neither(name: str) -> None:
    assert not tree.is_data(name)
    assert not tree.is_signal(name)


def test_a_data_file_and_its_signal_have_the_same_stem_to_the_letter() -> None:
    assert tree.stem("alice_20120501.dat") == tree.stem("alice_20120501.SIG") == "alice_20120501"
    assert tree.stem("Alice.dat") != tree.stem("alice.sig")
    assert tree.stem("a.dat.sig") == "a.dat", "it is not the signal of a.dat"


def test_data_files_of_one_stem_are_taken_in_a_fixed_order() -> None:
    names = ["a.csv", "a.xml", "a.dat", "a.DAT"]

    assert sorted(names, key=tree.place) == ["a.DAT", "a.dat", "a.xml", "a.csv"]
    assert tree.candidates("a") == ("a.dat", "a.xml", "a.csv")


@pytest.mark.parametrize(
    ("name", "avoid"),
    [("a.dat", ""), ("a b.dat", " "), ("100%~a|b*c%.dat", "%~|*"), ("a\u00a0b.dat", "\u00a0")],
)
def test_some_characters_are_better_avoided(name: str, avoid: str) -> None:
    assert tree.to_avoid(name) == avoid
