"""The one path normaliser, held by examples and by properties."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.vpath import MAX_NAME_BYTES, MAX_PATH_BYTES, ROOT, VPath, resolve

anything = st.one_of(
    st.text(max_size=300),
    st.binary(max_size=300),
    st.text(alphabet="./ab\u0301e\\\x00\udcff", max_size=60),
    st.lists(st.sampled_from(["..", ".", "", "in", "contacts", "é", "e\u0301"]), max_size=12).map("/".join),
)
folders = st.sampled_from(["/", "/contacts", "/contacts/import/in"])


@pytest.mark.parametrize(
    ("cwd", "raw", "normal"),
    [
        ("/", "", "/"),
        ("/", "/", "/"),
        ("/contacts", "", "/contacts"),
        ("/contacts", ".", "/contacts"),
        ("/contacts/import", "in/a.csv", "/contacts/import/in/a.csv"),
        ("/contacts/import", "/reporting", "/reporting"),
        ("/contacts/import", "..", "/contacts"),
        ("/contacts", "../../../../etc/passwd", "/etc/passwd"),
        ("/", "//contacts///import/./in/", "/contacts/import/in"),
        ("/", "/contacts/import/../../reporting", "/reporting"),
        ("/", "...", "/..."),
        ("/", " a b.csv ", "/ a b.csv "),
        ("/", b"/contacts/\xc3\xa9t\xc3\xa9.csv", "/contacts/été.csv"),
        ("/", "e\u0301te\u0301.csv", "/été.csv"),
    ],
)
def test_a_path_means_one_thing(cwd: str, raw: str | bytes, normal: str) -> None:
    assert str(resolve(cwd, raw)) == normal


@pytest.mark.parametrize(
    "raw",
    [
        "a\x00.csv",
        "a\r\nDELE b.csv",
        "\x1b[31mred.csv",
        "next\x85line.csv",
        "line\u2028separator.csv",
        "..\\..\\a.csv",
        "C:\\a.csv",
        b"latin-\xe9.csv",
        "latin-\udce9.csv",
        "bad\x00/../good.csv",
        "n" * (MAX_NAME_BYTES + 1),
        "é" * 128,
        "/".join(["deep"] * 300),
    ],
)
def test_what_cannot_be_a_name_is_refused(raw: str | bytes) -> None:
    with pytest.raises(VfsError) as refusal:
        resolve("/", raw)

    assert refusal.value.kind is VfsKind.NAME
    assert refusal.value.message.isascii()


def test_the_longest_name_still_passes() -> None:
    assert resolve("/", "n" * MAX_NAME_BYTES).name == "n" * MAX_NAME_BYTES


def test_a_path_is_too_long_together_with_its_folder() -> None:
    folder = "/" + "/".join(["n" * 200] * 5)

    with pytest.raises(VfsError):
        resolve(folder, "n" * 100)


def test_a_path_knows_its_name_and_its_parent() -> None:
    path = resolve("/", "/contacts/import/in/a.csv")

    assert path.name == "a.csv"
    assert str(path.parent) == "/contacts/import/in"
    assert path.parent.child("a.csv") == path
    assert ROOT.parent == ROOT
    assert ROOT.name == ""
    assert ROOT.is_root
    assert not path.is_root


@given(cwd=folders, raw=anything)
def test_whatever_is_sent_becomes_a_normal_path_or_a_refusal(cwd: str, raw: str | bytes) -> None:
    path = _resolved(cwd, raw)

    if path is not None:
        text = str(path)
        assert text == "/" or not text.endswith("/")
        assert len(text.encode()) <= MAX_PATH_BYTES
        assert unicodedata.is_normalized("NFC", text)
        assert text.isprintable() or " " in text or not text.isascii()
        assert not {"", ".", ".."} & set(path.parts)
        assert not any(mark in part for part in path.parts for mark in "/\\\x00\r\n")


@given(cwd=folders, raw=anything)
def test_a_normal_path_stays_as_it_is(cwd: str, raw: str | bytes) -> None:
    path = _resolved(cwd, raw)

    if path is not None:
        assert resolve("/reporting", str(path)) == path
        assert resolve("/", str(path).encode()) == path


@given(raw=st.text(max_size=100))
def test_bytes_and_text_mean_the_same(raw: str) -> None:
    try:
        encoded = raw.encode()
    except UnicodeEncodeError:
        return

    assert _resolved("/", raw) == _resolved("/", encoded)


@given(name=st.text(min_size=1, max_size=40))
def test_two_spellings_of_one_name_are_one_path(name: str) -> None:
    composed = _resolved("/", unicodedata.normalize("NFC", name))
    decomposed = _resolved("/", unicodedata.normalize("NFD", name))

    assert composed == decomposed


@given(ups=st.integers(min_value=0, max_value=50))
def test_nobody_climbs_above_the_root(ups: int) -> None:
    assert resolve("/contacts/import", "../" * ups + "x").parts[-1] == "x"
    assert len(resolve("/contacts/import", "../" * ups).parts) == max(0, 2 - ups)


def _resolved(cwd: str, raw: str | bytes) -> VPath | None:
    try:
        return resolve(cwd, raw)
    except VfsError:
        return None
